// How many of something there were over time: intervals added in any order, means of equal parts given.

import Sessions

/// Adds up the time that intervals have in each of the parts of a span.
struct PoolTimeline: Sendable {
    static let parts = 60

    /// Ticks in each part of the intervals that begin or end in it, and how many more go through all of it than through
    /// the part before.
    private var ticks = [Double](repeating: 0, count: parts)
    private var more = [Double](repeating: 0, count: parts)
    private let start: UInt64
    private let length: Double

    /// An empty span has no parts, and nothing is counted.
    init(span: ClosedRange<Ticks>?) {
        start = span?.lowerBound.rawValue ?? 0
        length = span.map { Double($0.upperBound.rawValue - $0.lowerBound.rawValue) } ?? 0
    }

    /// What lies outside the span is cut off; an interval that ends before it begins is empty.
    mutating func add(from begin: UInt64, to end: UInt64, count: Double = 1) {
        guard length > 0, end > begin, end > start else { return }
        let width = length / Double(Self.parts)
        let first = Double(begin.subtractingClamped(start))
        let last = min(Double(end - start), length)
        guard first < last else { return }
        let firstPart = min(Int(first / width), Self.parts - 1)
        let lastPart = min(Int(last / width), Self.parts - 1)
        guard firstPart < lastPart else { return ticks[firstPart] += (last - first) * count }
        ticks[firstPart] += max(0, Double(firstPart + 1) * width - first) * count
        ticks[lastPart] += max(0, last - Double(lastPart) * width) * count
        more[firstPart + 1] += count
        more[lastPart] -= count
    }

    /// Means of the parts; empty without a span.
    var means: [Double] {
        guard length > 0 else { return [] }
        var whole = 0.0
        return zip(ticks, more).map { ticks, more in
            whole += more
            // Sums of what is not whole can be a last digit off.
            return max(0, ticks / length * Double(Self.parts) + whole)
        }
    }

    var mean: Double { means.reduce(0, +) / Double(Self.parts) }
}
