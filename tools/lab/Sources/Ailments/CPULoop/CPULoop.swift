// Risk reports that value one position after another, 40 ms long, and never suspend.

extension Ailment {
    static let cpuLoop = Ailment("cpu-loop", "risk reports compute 40 ms without suspending") {
        let paths = await Calibration.units(in: .milliseconds(1)) { RiskModel.trial(paths: $0) }
        let model = RiskModel(paths: paths)
        return PriceBoard().endpoints() + [
            Endpoint("POST /risk", perSecond: 12) {
                _ = try await model.report(on: (0..<40).map(Holding.init(number:)))
            }
        ]
    }
}

/// A position in a call option.
struct Holding: Sendable {
    var spot: Double
    var strike: Double
    var volatility: Double
    var seed: UInt64
}

extension Holding {
    init(number: Int) {
        self.init(
            spot: 100, strike: 80 + Double(number % 40), volatility: 0.15 + Double(number % 7) / 40,
            seed: UInt64(number))
    }

    // planted: begin
    /// The mean payoff over so many random walks.
    func value(paths: Int) -> Double {
        var state = seed
        var payoff = 0.0
        for _ in 0..<paths {
            // A step up or down by the volatility, a dozen times.
            var price = spot
            for _ in 0..<12 {
                // Safe: the generator is arithmetic modulo 2^64.
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                price *= state >> 63 == 0 ? 1 + volatility / 12 : 1 - volatility / 12
            }
            payoff += max(0, price - strike)
        }
        return payoff / Double(paths)
    }
    // planted: end
}

struct RiskModel: Sendable {
    /// Random walks a position.
    var paths: Int

    /// One position.
    static func trial(paths: Int) -> Int { Int(RiskModel(paths: paths).score([Holding(number: 7)])) }

    func report(on holdings: [Holding]) async throws -> Double {
        // The market's data, from another service.
        try await Task.sleep(for: .milliseconds(2))
        return score(holdings)
    }

    // planted: begin
    @inline(never)
    func score(_ holdings: [Holding]) -> Double {
        var worst = Double.infinity
        for holding in holdings {
            worst = min(worst, holding.value(paths: paths))
        }
        return worst
    }
    // planted: end
}
