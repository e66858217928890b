// Spans of a tracer that tells other processes of its traces as W3C has it.
//
//   trace NAME | HIGH | LOW | SPAN     ids of the only request of that name, as hexadecimal numbers

import InMemoryTracing
import PollscopeTracing
import Tracing

@Sendable func traces() async {
    let tracer = PollscopeTracer(wrapping: W3CTracer())
    for name in ["first", "second", "third"] {
        tracer.withSpan(name, ofKind: .server) { span in
            let identity = (span.wrapped as! InMemorySpan).spanContext
            let digits = identity.traceID
            print("trace \(name) | \(digits.prefix(16)) | \(digits.suffix(16)) | \(identity.spanID)")
        }
        expectRequests(name, "endpoint", count: 1)
    }
    // A span that nobody records has no trace that one could look for.
    tracer.withSpan("unsampled", ofKind: .server) { _ in }
    expectRequests("unsampled", "endpoint", count: 1)
}

/// In memory, with ids of the right lengths.
private struct W3CTracer: Tracer {
    private let wrapped = InMemoryTracer(
        idGenerator: InMemoryTracer.IDGenerator(
            nextTraceID: { hexadecimal(.random(in: 1...(.max))) + hexadecimal(.random(in: 0...(.max))) },
            nextSpanID: { hexadecimal(.random(in: 1...(.max))) }))

    func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> InMemorySpan {
        let span = wrapped.startSpan(
            operationName, context: context(), ofKind: kind, at: instant(), function: function, file: fileID,
            line: line)
        if operationName == "unsampled" { span.end() }
        return span
    }

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context.inMemorySpanContext else { return }
        injector.inject("state", forKey: "tracestate", into: &carrier)
        injector.inject("00-\(span.traceID)-\(span.spanID)-01", forKey: "traceparent", into: &carrier)
    }

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {}

    @available(*, deprecated)
    func forceFlush() {}
}

private func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
