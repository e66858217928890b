// Quantiles of latencies: exact, from every single value.

package struct Quantiles: Equatable, Sendable {
    /// In ascending order.
    private let nanoseconds: [Int64]

    package init(_ values: some Sequence<Int64>) {
        nanoseconds = values.sorted()
    }

    /// The nearest-rank quantile: the least value such that at least `share` of all do not exceed it. Nil of
    /// none.
    package func quantile(_ share: Double) -> Duration? {
        precondition((0...1).contains(share), "a quantile is a share")
        guard !nanoseconds.isEmpty else { return nil }
        // A product such as 0.07 × 100 is a hair above 7, and must not be rounded up to 8.
        let rank = (share * Double(nanoseconds.count) - 1e-9).rounded(.up)
        return .nanoseconds(nanoseconds[Swift.max(1, Int(rank)) - 1])
    }

    package var max: Duration? { nanoseconds.last.map { .nanoseconds($0) } }
}
