// How long a connection may take: to ask, to take its answer, and to do nothing. Who is slower is hung up on.

import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// The limits of a connection. While the answer is being made, there is none: that is our own time.
struct ConnectionLimits: Sendable {
    /// From the connection's beginning, or a request's, to the request's end.
    var request = TimeAmount.seconds(10)
    /// From the answer's beginning until its last byte is with the kernel: a slow reader holds no more than one answer.
    var answer = TimeAmount.seconds(30)
    /// The same when the collector is stopping.
    var lastAnswer = TimeAmount.seconds(3)
    /// Between two requests: longer than people scrape apart, so that they need no new connection each time.
    var idle = TimeAmount.seconds(130)
}

/// Sits where requests and answers are parts of HTTP.
final class ConnectionDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase {
        case reading, working, answering, idle
    }

    private let limits: ConnectionLimits
    private var phase: Phase?
    private var timer: Scheduled<Void>?
    /// A request has begun, and not all of it has come.
    private var isReading = true
    /// Requests that have begun, and whose answers have not all been sent.
    private var open = 0
    /// Answers that have begun, and have not all been sent: more than one where requests come before their answers.
    private var answering = 0
    private var isStopping = false

    init(limits: ConnectionLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { advance(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelActive(context: ChannelHandlerContext) {
        advance(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            open += 1
            isReading = true
        case .body: break
        case .end: isReading = false
        }
        advance(context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head:
            answering += 1
            advance(context)
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            let sent = promise ?? context.eventLoop.makePromise()
            sent.futureResult.assumeIsolated().whenComplete { _ in
                self.open -= 1
                self.answering -= 1
                self.phase = nil  // the next answer has its own time
                self.advance(context)
            }
            context.write(data, promise: sent)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isStopping = true
            phase = nil
            advance(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Sets the clock anew if something else is being waited for than before.
    private func advance(_ context: ChannelHandlerContext) {
        // A request that comes in pieces does not make the time for the answer before it any longer.
        let next: Phase = answering > 0 ? .answering : isReading ? .reading : open > 0 ? .working : .idle
        guard next != phase else { return }
        phase = next
        timer?.cancel()
        let limit: TimeAmount? =
            switch next {
            case .reading: isStopping ? limits.lastAnswer : limits.request
            case .answering: isStopping ? limits.lastAnswer : limits.answer
            case .working: nil
            case .idle: limits.idle
            }
        guard let limit, context.channel.isActive else {
            timer = nil
            return
        }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { context.close(promise: nil) }
    }
}
