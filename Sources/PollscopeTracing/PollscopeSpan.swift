// A span of the service's tracer that takes note of how it ends.

import Tracing

/// A span of the wrapped tracer. Everything said to it goes there; how it ends is told to Pollscope besides, once.
public struct PollscopeSpan: Span {
    /// The wrapped tracer's span.
    public let wrapped: any Span
    private let request: SpanRequest?
    /// The context of the wrapped span, and in it what spans inside this one have to know.
    public let context: ServiceContext

    init(_ span: any Span, standsFor request: SpanRequest?) {
        wrapped = span
        self.request = request
        var context = span.context
        context.put(request)
        self.context = context
    }

    /// The name of the wrapped span.
    public var operationName: String {
        get { wrapped.operationName }
        nonmutating set {
            request?.note(name: newValue)
            wrapped.operationName = newValue
        }
    }

    /// The attributes of the wrapped span.
    public var attributes: SpanAttributes {
        get { wrapped.attributes }
        nonmutating set {
            request?.note(newValue, areAll: wrapped.isRecording)
            wrapped.attributes = newValue
        }
    }

    /// Whether the wrapped span records anything.
    public var isRecording: Bool { wrapped.isRecording }

    /// Sets the status of the wrapped span. An error makes the request one that failed, `ok` one that did not.
    public func setStatus(_ status: SpanStatus) {
        request?.note(status)
        wrapped.setStatus(status)
    }

    /// Adds an event to the wrapped span.
    public func addEvent(_ event: SpanEvent) { wrapped.addEvent(event) }

    /// Adds a link to the wrapped span.
    public func addLink(_ link: SpanLink) {
        var context = link.context
        _ = context.takeRequest()
        wrapped.addLink(SpanLink(context: context, attributes: link.attributes))
    }

    /// Records an error in the wrapped span. The request has failed, or was cancelled if that is what the error says.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        request?.note(error)
        wrapped.recordError(error, attributes: attributes, at: instant())
    }

    /// Ends the wrapped span, as often as it is called, and the request, the first time.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        request?.end()
        wrapped.end(at: instant())
    }
}
