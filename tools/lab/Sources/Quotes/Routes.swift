// What the service answers to: its paths, their parameters, their JSON.

import Hummingbird

extension Quote: ResponseEncodable {}
extension Risk: ResponseEncodable {}

struct Health: ResponseEncodable {
    var status = "ok"
}

func routes(quotes: QuoteBook, risk: RiskModel, items: Int) -> Router<BasicRequestContext> {
    let router = Router()

    router.get("health") { _, _ in
        Health()
    }

    router.get("quote") { request, _ in
        try await quotes.quote(request.uri.queryParameters["symbol"].map(String.init) ?? "ACME")
    }

    let score: @Sendable (Request, BasicRequestContext) async throws -> Risk = { request, _ in
        let size = try request.uri.queryParameters.get("items").map(portfolioSize) ?? items
        return try await risk.score(Portfolio(size: size))
    }
    router.post("risk", use: score)
    router.get("risk", use: score)

    return router
}

/// The parameter `items`, or a 400 that says what would do.
private func portfolioSize(_ text: String) throws -> Int {
    guard let size = Int(text), Portfolio.sizes.contains(size) else {
        throw HTTPError(.badRequest, message: "items is \(text); give \(Portfolio.sizesInWords)")
    }
    return size
}
