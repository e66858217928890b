// The price of one position by Monte Carlo, with as many paths as take a given time on this machine.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

struct Valuation: Sendable {
    /// Random walks a position; its price's error falls with their root, its cost grows with them.
    var paths: Int

    /// The mean payoff of `position` over all paths.
    func value(of position: Position) -> Double {
        var random = SplitMix(seed: position.seed)
        let drift = -position.volatility * position.volatility / 2 * position.years
        let spread = position.volatility * position.years.squareRoot()
        var payoff = 0.0
        for _ in 0..<paths {
            let end = position.spot * exp(drift + spread * random.normal())
            payoff += max(0, end - position.strike)
        }
        return payoff / Double(paths)
    }

    /// As many paths as keep a thread for `time`.
    static func calibrated(to time: Duration) -> Valuation {
        let trial = Valuation(paths: 10_000)
        let portfolio = Portfolio(size: 400)
        // Long enough for the processor to settle at the speed that it can keep up, and the median, which is
        // what an item will usually take: the quickest trials ran at a speed that does not last.
        var payoffs = 0.0
        // Another position each time, since a repeated one would run quicker for its well-known branches.
        let trials = (0..<portfolio.size).map { item in
            ContinuousClock().measure { payoffs += trial.value(of: portfolio[item]) }
        }
        let usual = trials.sorted()[trials.count / 2]
        // Never true; it keeps the computation above from being optimised away.
        precondition(payoffs >= 0, "an option cannot be worth less than nothing")
        return Valuation(paths: max(1, Int(Double(trial.paths) * (time / usual))))
    }
}

/// SplitMix64: deterministic, fast, and good enough for a price nobody pays.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// Uniform in (0, 1].
    private mutating func uniform() -> Double {
        // Safe: the algorithm is arithmetic modulo 2^64.
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Double((mixed >> 11) + 1) * 0x1p-53
    }

    /// Standard normal, by Box and Muller.
    mutating func normal() -> Double {
        (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
    }
}
