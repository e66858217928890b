// A histogram in one line of block characters over a logarithmic axis of time.
//
// The height is the logarithm of the count: what one poll in a hundred thousand does is what the P99 is about,
// and it would not show beside the rest on a linear scale.

import Analysis

/// The axis that several strips share: whole decades of seconds.
struct DecadeAxis {
    var firstDecade: Int
    var decades: Int
    var columnsPerDecade: Int

    /// Spans what all `histograms` saw, in at most `width` columns; `nil` if they saw nothing.
    init?(over histograms: [Histogram], width: Int) {
        let lowest = histograms.compactMap(\.lowestPositive).min()
        let highest = histograms.compactMap(\.maximum).max()
        guard let lowest, let highest, highest > 0 else { return nil }
        firstDecade = Self.decade(of: lowest)
        decades = Self.decade(of: highest) - firstDecade + 1
        guard decades > 0, width >= decades else { return nil }
        columnsPerDecade = min(12, width / decades)
    }

    var columns: Int { decades * columnsPerDecade }

    /// The labels of the decades' beginnings.
    var labels: String {
        var text = ""
        for decade in 0..<decades {
            let label = Quantity.wholeDecade(firstDecade + decade)
            // A label that would run into the next one is left out; every other one may take twice the room.
            let isWide = decade % 2 == 0 && decade + 1 < decades
            let begin = columnsPerDecade * decade
            if text.count <= begin, label.count < columnsPerDecade * (isWide ? 2 : 1) {
                text = text.leftAligned(begin) + label
            }
        }
        return text
    }

    /// One character a column.
    func strip(of histogram: Histogram) -> String {
        var counts = [UInt64](repeating: 0, count: columns)
        for bucket in histogram.buckets {
            counts[column(of: histogram.upperBound(ofBucket: bucket.index))] += bucket.count
        }
        let most = counts.max() ?? 0
        let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        return String(
            counts.map { count in
                guard count > 0 else { return " " as Character }
                let height = most > 1 ? logarithm(Double(count)) / logarithm(Double(most)) : 1
                return blocks[min(blocks.count - 1, Int(height * Double(blocks.count - 1) + 0.5))]
            })
    }

    private func column(of seconds: Double) -> Int {
        let position = (logarithm(seconds) / logarithm(10) - Double(firstDecade)) * Double(columnsPerDecade)
        return min(max(0, Int(position)), columns - 1)
    }

    private static func decade(of seconds: Double) -> Int {
        var decade = 0
        var bound = 1.0
        while seconds < bound, decade > -12 {
            bound /= 10
            decade -= 1
        }
        while seconds >= bound * 10, decade < 9 {
            bound *= 10
            decade += 1
        }
        return decade
    }

    /// To base two, straight between powers of two: within 0.09, far less than a column or a block. It saves the
    /// C mathematics library.
    private func logarithm(_ value: Double) -> Double {
        Double(value.exponent) + (value.significand - 1)
    }
}

extension Histogram {
    /// The upper bound of the lowest bucket.
    fileprivate var lowestPositive: Double? { buckets.first.map { upperBound(ofBucket: $0.index) } }
}

extension Quantity {
    /// `10 ms` for −2.
    static func wholeDecade(_ decade: Int) -> String {
        let units = ["ps", "ns", "µs", "ms", "s", "ks", "Ms"]
        let index = min(max(decade + 12, 0), 3 * units.count - 1)
        return ["1", "10", "100"][index % 3] + " " + units[index / 3]
    }
}
