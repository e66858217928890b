// One connection to the exchange: a request at a time, and its answer's text.

import ConnectionPool
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

struct ExchangeConnection: PooledConnection {
    private static let numbers = Atomic<UInt64>(0)

    let number: UInt64
    private let channel: any Channel

    static func open(to address: ExchangeAddress) async throws -> ExchangeConnection {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(2))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(OneAtATime(host: address.host))
                }
            }
            .connect(host: address.host, port: address.port).get()
        return ExchangeConnection(number: numbers.wrappingAdd(1, ordering: .relaxed).newValue, channel: channel)
    }

    var isUsable: Bool { channel.isActive }

    func get(_ path: String) async throws -> String {
        let answer = channel.eventLoop.makePromise(of: String.self)
        channel.writeAndFlush(Ask(path: path, answer: answer), promise: nil)
        return try await answer.futureResult.get()
    }

    func close() {
        channel.close(promise: nil)
    }
}

private struct Ask: Sendable {
    var path: String
    var answer: EventLoopPromise<String>
}

/// Turns an ask into a request, and keeps its promise: with the answer, or when the connection ends or is too slow.
private final class OneAtATime: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Ask
    typealias OutboundOut = HTTPClientRequestPart

    private static let patience = TimeAmount.seconds(5)

    private let host: String
    private var asked: Ask?
    private var refused = false
    private var text = ""
    private var timer: Scheduled<Void>?

    init(host: String) {
        self.host = host
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let ask = unwrapOutboundIn(data)
        guard asked == nil, context.channel.isActive else { return ask.answer.fail(ExchangeFailure.noAnswer) }
        asked = ask
        text = ""
        // Closing ends the wait; and an answer that came later would be taken for the next one's.
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { context.close(promise: nil) }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: ask.path, headers: ["Host": host])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): refused = head.status != .ok
        case .body(let part): text += String(buffer: part)
        case .end: finish(refused ? .failure(ExchangeFailure.refused) : .success(text))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(ExchangeFailure.noAnswer))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(error))
        context.close(promise: nil)
    }

    private func finish(_ result: Result<String, any Error>) {
        timer?.cancel()
        asked?.answer.completeWith(result)
        asked = nil
    }
}
