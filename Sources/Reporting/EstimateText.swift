// Figures that were estimated from samples: always with their error, and with no more digits than it leaves.

import Analysis

/// `12 ± 1 %`: behind the sign is one standard error.
enum EstimateText {
    /// For columns where nothing can be said.
    static let unknown = "–"

    /// A value within two standard errors of nothing may as well be nothing.
    private static let errorsApart = 2.0
    /// Where a value is no more than a bound, three of its errors are: with all of n samples on one side, that is about
    /// the 3 in n that statisticians give.
    private static let errorsToBound = 3.0

    /// Whether the value is more than its error.
    static func isSure(_ estimate: Estimate) -> Bool {
        let (value, error) = (estimate.value, estimate.standardError)
        return value.isFinite && error.isFinite && value > 0 && error >= 0 && value > errorsApart * error
    }

    /// A part of one: `12 ± 1 %`; `< 4 %` or `> 96 %` where no more is known; `nil`: too few samples.
    static func share(_ estimate: Estimate) -> String? {
        let error = estimate.standardError
        guard estimate.value.isFinite, error.isFinite, estimate.value >= 0, error >= 0 else { return nil }
        let value = min(1, estimate.value)
        if !isSure(estimate) {
            guard estimate.samples > 0, let most = upperBound(estimate) else { return nil }
            return "< \(max(1, Int((most * 100).rounded(.up)))) %"
        }
        if value + error >= 1 {
            let least = value - errorsToBound * error
            return least > 0.5 ? "> \(min(99, Int(least * 100))) %" : nil
        }
        return percent(value, error)
    }

    /// What a share that is not sure is certainly below; `nil`: it can be anything.
    static func upperBound(_ estimate: Estimate) -> Double? {
        let most = estimate.value + errorsToBound * estimate.standardError
        return most < 0.5 ? most : nil
    }

    private static func percent(_ value: Double, _ error: Double) -> String {
        let percent = value * 100
        if percent < 0.05 { return "< 0.1 %" }
        // What is left to all of it is as much of a figure as what is there.
        return pair(percent, error * 100, decimals: percent < 9.95 || percent > 99.05 ? 1 : 0) + " %"
    }

    /// `1.20 ± 0.05 GiB`; `nil`: too few samples.
    static func bytes(_ estimate: Estimate) -> String? {
        guard isSure(estimate) else { return nil }
        let unit = Quantity.byteUnit(for: estimate.value)
        let value = estimate.value / unit.size
        guard value < 999.5 else { return Quantity.bytes(estimate.value) }
        let decimals = unit.size == 1 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return pair(value, estimate.standardError / unit.size, decimals: decimals) + " " + unit.name
    }

    /// `12,300 ± 400`, `1.20 ± 0.05 M`; `nil`: too few samples.
    static func count(_ estimate: Estimate) -> String? {
        guard isSure(estimate) else { return nil }
        guard estimate.value < 999.5e9 else { return Quantity.shortCount(.max) }
        let units: [(size: Double, name: String)] = [(1, ""), (1e6, " M"), (1e9, " G")]
        let unit = units.first { estimate.value / $0.size < 999_500 || $0.size == 1e9 } ?? units[0]
        let (value, error) = (estimate.value / unit.size, estimate.standardError / unit.size)
        guard unit.size == 1 else {
            return pair(value, error, decimals: value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + unit.name
        }
        // Thousands keep their zeros: as many as the error makes worthless.
        var step = 1.0
        while step * 10 <= error { step *= 10 }
        return pair(value, error, decimals: 0, step: step)
    }

    /// Both with `decimals` at most, and with no digit that is finer than the first of the error's.
    private static func pair(_ value: Double, _ error: Double, decimals: Int, step: Double = 1) -> String {
        let fitting = error <= 0 ? 2 : error >= 0.95 ? 0 : error >= 0.095 ? 1 : 2
        let digits = min(decimals, fitting)
        let unit = step / [1, 10, 100][digits]
        func rounded(_ number: Double) -> Double { (number / unit).rounded() * unit }
        let shownError = error > 0 ? max(unit, rounded(error)) : 0
        return Quantity.fixed(rounded(value), decimals: digits) + " ± "
            + Quantity.fixed(shownError, decimals: digits)
    }
}
