// A server with one event loop, one of whose handlers computes for 50 ms there.

import Foundation
import NIOCore
import NIOPosix
import Pollscope

extension Ailment {
    static let eventLoop = Ailment("event-loop", "a channel handler computes 50 ms on its event loop") {
        let rounds = await Calibration.units(in: .milliseconds(50)) { ForecastHandler.forecast(rounds: $0) }
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel = try await ServerBootstrap(group: loops)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
                    try channel.pipeline.syncOperations.addHandler(ForecastHandler(rounds: rounds))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = UInt16(channel.localAddress?.port ?? 0)
        // Rates are asked for often, and forecasts now and then.
        for _ in 0..<4 { try LineClient.start(port: port, asking: "rate ACME", pause: 0.02) }
        try LineClient.start(port: port, asking: "forecast ACME", pause: 0.1)
        return PriceBoard().endpoints()
    }
}

/// Asks again and again, on a thread of its own.
enum LineClient {
    static func start(port: UInt16, asking question: String, pause: TimeInterval) throws {
        let connection = try Loopback.connect(port: port)
        OwnThread.start("client") {
            var answer = [UInt8](repeating: 0, count: 512)
            while (try? connection.sendLine(question)) != nil, recv(connection, &answer, answer.count, 0) > 0 {
                Thread.sleep(forTimeInterval: pause)
            }
        }
    }
}

struct LineDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) -> DecodingState {
        guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
            let line = buffer.readSlice(length: end - buffer.readerIndex)
        else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(wrapInboundOut(line))
        return .continue
    }
}

/// Answers a line with a line.
final class ForecastHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let rounds: Int

    init(rounds: Int) { self.rounds = rounds }

    // planted: begin
    @inline(never)
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let question = String(buffer: unwrapInboundIn(data))
        let answer =
            if question.hasPrefix("forecast") {
                Pollscope.request("forecast") { Self.forecast(rounds: rounds) }
            } else {
                Pollscope.request("rate") { question.utf8.count }
            }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "\(answer)\n")), promise: nil)
    }

    @inline(never)
    static func forecast(rounds: Int) -> Int {
        var rate = 100
        // Safe: a checksum is arithmetic modulo 2^64.
        for round in 0..<rounds { rate = (rate ^ round) &* 131 &+ (rate >> 7) }
        return rate
    }
    // planted: end
}
