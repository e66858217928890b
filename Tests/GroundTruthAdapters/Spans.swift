// Spans as middleware and clients make them: each becomes a request, a call or a part.

import Glibc
import Pollscope
import PollscopeTracing
import Tracing

struct Planned: Error {}

/// The tracer is the only one: the service traces nothing.
@Sendable func spans() async {
    let tracer = PollscopeTracer()
    let count = 20
    for number in 0..<count {
        await handle(number, with: tracer)
        await failing(number, with: tracer)
        await odd(number, with: tracer)
    }
    expectRequests("GET /quotes/{id}", "endpoint", count: count)
    expectRequests("score", "part", count: count)
    expectRequests("score in a group", "part", count: 2 * count)
    expectRequests("started elsewhere", "part", count: count)
    expectRequests("GET rates.example.com", "call", count: count)
    expectRequests("queue.publish", "call", count: count)
    expectRequests("records an error", "endpoint", count: count, errors: count)
    expectRequests("throws", "endpoint", count: count, errors: count)
    expectRequests("has an error's status", "endpoint", count: count, errors: count)
    expectRequests("answers 503", "endpoint", count: 2 * count, errors: count)
    expectRequests("is cancelled", "endpoint", count: count, cancelled: count)
    expectRequests("is fine after all", "endpoint", count: count)
    expectRequests("ends twice", "endpoint", count: count)
    expectRequests("ends elsewhere", "endpoint", count: count)
    expectCount("open", count)
    expectCount("endedTwice", 0)
    expectCount("endedElsewhere", count)
}

/// As a server's middleware and a client do it: what a span is called turns out at the end.
private func handle(_ number: Int, with tracer: PollscopeTracer) async {
    await tracer.withSpan("HTTP GET route not found", ofKind: .server) { span in
        span.attributes["http.request.method"] = "GET"
        await tracer.withSpan("score") { _ in await Task.yield() }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask { await tracer.withSpan("score in a group") { _ in await Task.yield() } }
            }
        }
        await tracer.withSpan("GET", ofKind: .client) { span in
            span.attributes["http.request.method"] = "GET"
            span.attributes["server.address"] = "rates.example.com"
            span.attributes["url.path"] = "/rates/\(number)"
            await Task.yield()
            span.attributes["http.status_code"] = 200
        }
        tracer.startSpan("queue.publish", ofKind: .producer).end()
        // A thread that no task runs on knows the request by the span's context only.
        let context = span.context
        await withUnsafeContinuation { continuation in
            Task.detached {
                tracer.startSpan("started elsewhere", context: context).end()
                continuation.resume()
            }
        }
        span.operationName = "/quotes/\(number)"
        span.attributes["http.response.status_code"] = 200
    }
}

private func failing(_ number: Int, with tracer: PollscopeTracer) async {
    tracer.withSpan("records an error", ofKind: .server) { $0.recordError(Planned()) }
    try? await tracer.withSpan("throws", ofKind: .server) { _ in
        await Task.yield()
        throw Planned()
    }
    tracer.withSpan("has an error's status", ofKind: .consumer) { $0.setStatus(SpanStatus(code: .error)) }
    tracer.withSpan("answers 503", ofKind: .server) { $0.attributes["http.response.status_code"] = 503 }
    tracer.withSpan("answers 503", ofKind: .server) { $0.attributes["http.response.status_code"] = 499 }
    try? tracer.withSpan("is cancelled", ofKind: .server) { _ in throw CancellationError() }
    tracer.withSpan("is fine after all", ofKind: .server) { span in
        span.recordError(Planned())
        span.setStatus(SpanStatus(code: .ok))
    }
}

private func odd(_ number: Int, with tracer: PollscopeTracer) async {
    let twice = tracer.startSpan("ends twice", ofKind: .server)
    twice.end()
    twice.recordError(Planned())
    twice.end()
    let elsewhere = tracer.startSpan("ends elsewhere", ofKind: .server)
    await Task.detached { elsewhere.end() }.value
    await Task.detached { _ = tracer.startSpan("is never ended", ofKind: .server) }.value
}
