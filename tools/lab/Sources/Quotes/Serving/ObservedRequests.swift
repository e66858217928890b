// Tells Pollscope of every request: its name is the method and the route, such as `GET /order/{id}`.

import Hummingbird
import Pollscope

struct ObservedRequests<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let name = "\(request.method) \(context.endpointPath ?? "of no route")"
        return try await Pollscope.request(
            name, arrived: request.arrival, isError: { $0.status.code >= 400 }
        ) {
            try await next(request, context)
        }
    }
}
