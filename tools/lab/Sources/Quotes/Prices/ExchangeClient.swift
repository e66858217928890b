// Asks the exchange, another process, for prices: over a few connections that are kept.

import NIOPosix
import Pollscope

/// Where the exchange listens: `127.0.0.1:9090`.
struct ExchangeAddress: Sendable {
    var host: String
    var port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
            let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port)
        else { return nil }
        host = String(text[..<colon])
        self.port = port
    }
}

struct ExchangeClient: Sendable {
    private let pool: ObservedPool<ExchangeConnection>

    init(address: ExchangeAddress, connections: Int, patience: Duration) {
        pool = ObservedPool(
            "exchange", capacity: connections, patience: patience, timers: MultiThreadedEventLoopGroup.singleton.next(),
            open: { try await ExchangeConnection.open(to: address) }, close: { $0.close() })
    }

    func quote(_ symbol: String) async throws -> Quote {
        let answer = try await pool.withConnection { connection in
            try await Pollscope.call("GET exchange") { try await connection.get("/price/\(symbol)") }
        }
        guard let price = Int(answer) else { throw ExchangeFailure.notUnderstood }
        return Quote(symbol: symbol, price: Double(price) / 100)
    }

    func shutDown() {
        pool.shutDown()
    }
}

enum ExchangeFailure: Error {
    case noAnswer
    case refused
    case notUnderstood
}
