// What a service's tracer gets to see, with Pollscope's around it and without.

import InMemoryTracing
import PollscopeTracing
import Tracing

/// Prints what differs, line by line, and how often the tracer was asked besides for what it would inject.
@Sendable func transparent() async {
    let alone = InMemoryTracer()
    let wrapped = InMemoryTracer()
    let said = await service(tracedBy: alone)
    let saidWrapped = await service(tracedBy: PollscopeTracer(wrapping: wrapped))
    let expected = alone.seen(asksBesides: 0)
    let besides = wrapped.performedContextInjections.count - alone.performedContextInjections.count
    let found = wrapped.seen(asksBesides: besides)
    print("lines \(expected.count + said.count)")
    for (line, other) in zip(said + expected, saidWrapped + found) where line != other {
        print("differs: \(line)\n     is: \(other)")
    }
    if found.count != expected.count { print("differs: \(expected.count) lines, \(found.count) wrapped") }
    print("asked besides: \(besides)")
}

private enum Tenant: ServiceContextKey {
    typealias Value = String
}

private struct Headers: Injector, Extractor {
    typealias Carrier = [String: String]
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

/// Everything that can be said to a tracer, and what it answers.
private func service(tracedBy tracer: some Tracer) async -> [String] {
    var said: [String] = []
    var context = ServiceContext.topLevel
    context[Tenant.self] = "tenant 7"
    tracer.extract(
        [InMemoryTracer.traceIDKey: "trace of another", InMemoryTracer.spanIDKey: "span of another"], into: &context,
        using: Headers())
    try? await tracer.withSpan("request", context: context, ofKind: .server) { span in
        said.append("\(span.isRecording) \(span.operationName) \(span.context[Tenant.self] ?? "-")")
        span.attributes["http.request.method"] = "GET"
        span.updateAttributes { $0["tenant"] = "7" }
        said.append("\(span.attributes.count) attributes, \(span.attributes.get("tenant") as Any)")
        span.addEvent(SpanEvent(name: "event", attributes: ["number": 7]))
        var carrier: [String: String] = ["kept": "yes"]
        tracer.inject(span.context, into: &carrier, using: Headers())
        said.append(carrier.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                tracer.withSpan("child in a task") { $0.attributes["http.status_code"] = 500 }
            }
        }
        let other = tracer.startSpan("linked", ofKind: .producer)
        span.addLink(other)
        other.setStatus(SpanStatus(code: .error, message: "not well"))
        let active = tracer.activeSpan(identifiedBy: span.context)
        said.append(active?.operationName ?? "-")
        active?.attributes["by the active span"] = true
        other.end()
        other.end()
        other.attributes["late"] = true
        span.operationName = "/renamed"
        try tracer.withSpan("fails", ofKind: .client) { _ in throw Planned() }
    }
    _ = tracer.startSpan("is never ended", ofKind: .internal)
    let nothing = tracer.activeSpan(identifiedBy: .topLevel)
    said.append(nothing?.operationName ?? "-")
    return said
}

extension InMemoryTracer {
    /// All that there is to see, in order. Of what it was asked to inject, the first `asksBesides` are left out.
    fileprivate func seen(asksBesides: Int) -> [String] {
        let finished = finishedSpans.map { span in
            let attributes = span.attributes.sorted.joined(separator: " ")
            let events = span.events.map { "\($0.name) \($0.attributes.sorted)" }.joined(separator: " ")
            let links = span.links.map { "\($0.context.inMemorySpanContext?.spanID ?? "-") \($0.context.count)" }
            let errors = span.errors.map { "\($0.error)" }
            let status = span.status.map { "\($0.code) \($0.message ?? "-")" } ?? "-"
            return "\(span.operationName) \(span.kind) \(span.traceID) \(span.spanID) \(span.parentSpanID ?? "-") "
                + "\(span.context.count) \(span.context[Tenant.self] ?? "-") | \(attributes) | \(events) | \(links) | "
                + "\(errors) | \(status)"
        }
        let active = activeSpans.map { "active \($0.operationName) \($0.context.count)" }.sorted()
        let injections = performedContextInjections.dropFirst(asksBesides).map { injection in
            "injected \(injection.context.count) \(injection.values.sorted { $0.key < $1.key })"
        }
        let extractions = performedContextExtractions.map { "extracted \($0.context.count) \($0.carrier)".count }
        return finished + active + injections + extractions.map(String.init)
    }
}

extension SpanAttributes {
    fileprivate var sorted: [String] {
        var lines: [String] = []
        forEach { lines.append("\($0)=\($1)") }
        return lines.sorted()
    }
}
