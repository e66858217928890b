// What every service of the lab answers beside its own: light requests, which suffer and are innocent.

import Synchronization

/// Prices that come from another service, kept for a moment.
final class PriceBoard: Sendable {
    private let prices = Mutex<[String: Double]>([:])

    /// Asks the exchange, which takes some milliseconds, and notes its answer.
    func quote(_ symbol: String) async throws -> Double {
        try await Task.sleep(for: .milliseconds(2))
        return prices.withLock { prices in
            let price = (prices[symbol] ?? 100) * 1.0001
            prices[symbol] = price
            return price
        }
    }

    var size: Int { prices.withLock { $0.count } }

    /// `GET /quote` and `GET /health`; and a task that looks around ten times a second.
    func endpoints(quotesPerSecond: Double = 100) -> [Endpoint] {
        Task {
            while true {
                try await Task.sleep(for: .milliseconds(100))
                _ = size
            }
        }
        return [
            Endpoint("GET /quote", perSecond: quotesPerSecond) { _ = try await self.quote("ACME") },
            Endpoint("GET /health", perSecond: 10) { _ = self.size },
        ]
    }
}
