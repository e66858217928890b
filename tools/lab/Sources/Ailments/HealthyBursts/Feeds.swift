// Healthy: twelve requests at once, each of them light.

extension Ailment {
    static let healthyBursts = Ailment("healthy-bursts", "requests come twelve at once, and are light") {
        let rounds = await Calibration.units(in: .microseconds(50)) { Feed.item(rounds: $0) }
        return PriceBoard().endpoints(quotesPerSecond: 50) + [
            Endpoint("GET /feed/{id}", perSecond: 240, arrivals: .bursts) {
                try await Task.sleep(for: .milliseconds(4))
                _ = Feed.item(rounds: rounds)
            }
        ]
    }
}

enum Feed {
    @inline(never)
    static func item(rounds: Int) -> Int {
        var text = 7
        // Safe: a checksum is arithmetic modulo 2^64.
        for round in 0..<rounds { text = (text ^ round) &* 33 &+ (text >> 5) }
        return text
    }
}
