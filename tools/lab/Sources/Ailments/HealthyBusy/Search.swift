// Healthy: a service that computes 2 ms for each request, at a load that leaves room.

extension Ailment {
    static let healthyBusy = Ailment("healthy-busy", "requests compute 2 ms each, at a moderate load") {
        let rounds = await Calibration.units(in: .milliseconds(2)) { ProductSearch.ranking(rounds: $0) }
        return PriceBoard().endpoints() + [
            Endpoint("GET /search", perSecond: 80) {
                try await Task.sleep(for: .milliseconds(2))
                _ = ProductSearch.ranking(rounds: rounds)
            }
        ]
    }
}

enum ProductSearch {
    @inline(never)
    static func ranking(rounds: Int) -> Int {
        var rank = 7
        // Safe: a checksum is arithmetic modulo 2^64.
        for round in 0..<rounds { rank = (rank ^ round) &* 33 &+ (rank >> 5) }
        return rank
    }
}
