// A tracer around the service's own, which makes requests of spans: who traces need not say anything twice.

import Pollscope
import Synchronization
import Tracing

/// Forwards everything to the tracer that a service has, or to none, and tells Pollscope of every span.
///
/// Bootstrap it in place of the service's own tracer, before anything takes the tracer into its configuration, as clients
/// do:
/// ```swift
/// InstrumentationSystem.bootstrap(PollscopeTracer(wrapping: tracer))  // or PollscopeTracer(), where there is none
/// ```
/// It has to be around the service's tracer: of the instruments in a `MultiplexInstrument` only the first tracer gets spans.
///
/// | kind of span | becomes |
/// |---|---|
/// | server, consumer | a request |
/// | client, producer | a call: something asked of another process |
/// | internal | a part of the request that it is in; a request, if it is in none |
///
/// A request is called what its span is called when it ends: middleware names spans by the route when it has found that.
/// `/quote` becomes `GET /quote`, and a client's `GET` becomes `GET rates.example.com`, where the span's attributes say so.
/// A span has failed if its status is error, an error was recorded, or the HTTP status in its attributes is from 500 up.
///
/// The wrapped tracer sees the spans, contexts and carriers that it would see without this one, in the same order. Of spans
/// that it records it is asked besides for the W3C `traceparent`, once each, until it turns out not to have one: so that the
/// report can say which trace a slow request is.
public struct PollscopeTracer: Tracer {
    private let wrapped: any Tracer
    private let identities = TraceIdentities()

    /// A tracer around `tracer`; where that is `nil`, spans go nowhere else, and contexts are passed on as they are.
    public init(wrapping tracer: (any Tracer)? = nil) {
        wrapped = tracer ?? NoOpTracer()
    }

    /// Starts a span of the wrapped tracer, and begins the request that it stands for.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> PollscopeSpan {
        var context = context()
        let parent = context.takeRequest()
        let request = SpanRequest(operationName, kind, partOf: parent)
        let span = wrapped.startSpan(
            operationName, context: context, ofKind: kind, at: instant(), function: function, file: fileID, line: line)
        if let request, span.isRecording { identities.tell(of: span, to: wrapped, for: request.request) }
        return PollscopeSpan(span, standsFor: request)
    }

    /// The wrapped tracer's span.
    public func activeSpan(identifiedBy context: ServiceContext) -> PollscopeSpan? {
        var context = context
        let request = context.takeRequest()
        return wrapped.activeSpan(identifiedBy: context).map { PollscopeSpan($0, standsFor: request) }
    }

    /// Has the wrapped tracer export what it has.
    @available(*, deprecated)
    public func forceFlush() { wrapped.forceFlush() }

    /// Has the wrapped tracer inject into a carrier what it has in the context.
    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        var context = context
        _ = context.takeRequest()
        wrapped.inject(context, into: &carrier, using: injector)
    }

    /// Has the wrapped tracer extract from a carrier what it wants in the context.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        let request = context.takeRequest()
        wrapped.extract(carrier, into: &context, using: extractor)
        context.put(request)
    }
}

/// The request that a context's span stands for. The wrapped tracer never sees it.
private enum RequestKey: ServiceContextKey {
    typealias Value = SpanRequest
}

extension ServiceContext {
    /// Removes the request from the context, and returns it.
    mutating func takeRequest() -> SpanRequest? {
        guard let request = self[RequestKey.self] else { return nil }
        self[RequestKey.self] = nil
        return request
    }

    mutating func put(_ request: SpanRequest?) {
        if let request { self[RequestKey.self] = request }
    }
}
