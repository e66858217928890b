// A refresh that starts a task for each of 20,000 articles at once.

extension Ailment {
    static let taskGroup = Ailment("task-group", "a refresh starts 20,000 child tasks at once") {
        let rounds = await Calibration.units(in: .microseconds(15)) { CatalogueRefresh.refreshed(1, rounds: $0) }
        let refresh = CatalogueRefresh(rounds: rounds)
        return PriceBoard().endpoints() + [
            Endpoint("POST /refresh", perSecond: 1, arrivals: .constant) { _ = await refresh.all(articles: 20_000) }
        ]
    }
}

struct CatalogueRefresh: Sendable {
    var rounds: Int

    // planted: begin
    @inline(never)
    func all(articles: Int) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for article in 0..<articles {
                group.addTask { Self.refreshed(article, rounds: rounds) }
            }
            return await group.reduce(0, ^)
        }
    }
    // planted: end

    @inline(never)
    static func refreshed(_ article: Int, rounds: Int) -> Int {
        var state = article
        // Safe: a checksum is arithmetic modulo 2^64.
        for round in 0..<rounds { state = (state ^ round) &* 131 &+ (state >> 3) }
        return state
    }
}
