// One keep-alive connection: a request at a time, and how it ended.

import LoadModel
import NIOCore
import NIOHTTP1

/// A request under way.
struct Ask {
    var route: Int
    /// Since the start of the run.
    var due: Duration
}

/// Who a connection tells; on its event loop, like everything here.
protocol ConnectionOwner: AnyObject {
    /// `failure` is nil for a good answer. A reusable connection may be used again at once.
    func connection(_ connection: Connection, ended ask: Ask, failure: Failure?, reusable: Bool)
    func connectionClosed(_ connection: Connection)
}

final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private(set) var ask: Ask?
    private let owner: any ConnectionOwner
    private var context: ChannelHandlerContext?
    private var failure: Failure?
    private var reusable = true

    init(owner: any ConnectionOwner) {
        self.owner = owner
    }

    func send(_ head: HTTPRequestHead, for ask: Ask) {
        precondition(self.ask == nil, "a connection carries one request at a time")
        self.ask = ask
        failure = nil
        guard let context else { return end(.disconnected) }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Gives up: an answer that still comes would be taken for the next request's.
    func close(_ failure: Failure) {
        end(failure)
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            reusable = head.isKeepAlive
            failure = head.status.code < 400 ? nil : .refused
        case .body:
            break
        case .end:
            let keep = reusable
            end(failure)
            if !keep { context.close(promise: nil) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        reusable = false
        end(.disconnected)
        owner.connectionClosed(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reusable = false
        end(error is HTTPParserError ? .malformed : .disconnected)
        context.close(promise: nil)
    }

    private func end(_ failure: Failure?) {
        guard let ask else { return }
        self.ask = nil
        if failure != nil, failure != .refused { reusable = false }
        owner.connection(self, ended: ask, failure: failure, reusable: reusable)
    }
}
