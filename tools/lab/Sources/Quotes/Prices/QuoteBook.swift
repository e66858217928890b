// Prices: the light work of the service, nearly all of it waiting for somebody else.

struct Quote: Codable, Sendable {
    var symbol: String
    var price: Double
}

struct QuoteBook: Sendable {
    /// What the exchange takes to answer.
    var downstream = Duration.milliseconds(2)

    func quote(_ symbol: String) async throws -> Quote {
        try await Task.sleep(for: downstream)
        return Quote(symbol: symbol, price: Self.price(of: symbol))
    }

    /// The same price for the same symbol in every run, so that answers can be compared.
    static func price(of symbol: String) -> Double {
        let digest = symbol.utf8.reduce(5_381 as UInt64) { $0 &* 33 &+ UInt64($1) }
        return Double(1_000 + digest % 99_000) / 100
    }
}
