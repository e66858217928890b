// Prices asked lately, in actors: in one for all symbols, which is the ailment, or spread over many.

/// Looks through all of its prices for stale ones whenever it is asked, which is quick where there are few.
private actor Shelf {
    private struct Entry {
        var price: Double
        var kept: ContinuousClock.Instant
    }

    private let lifetime = Duration.seconds(60)
    private var entries: [String: Entry] = [:]

    func price(of symbol: String) -> Double {
        let now = ContinuousClock.now
        for (symbol, entry) in entries where now - entry.kept > lifetime {
            entries[symbol] = nil
        }
        if let entry = entries[symbol] { return entry.price }
        let price = QuoteBook.price(of: symbol)
        entries[symbol] = Entry(price: price, kept: now)
        return price
    }
}

struct PriceCache: Sendable {
    private let shelves: [Shelf]

    init(actors: Int) {
        shelves = (0..<actors).map { _ in Shelf() }
    }

    func price(of symbol: String) async -> Double {
        // Not hashValue, which differs from run to run: two runs are to have the same neighbours.
        let place = symbol.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF }
        return await shelves[place % shelves.count].price(of: symbol)
    }
}
