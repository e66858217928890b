// The buckets of classic histograms: bounds that every scrape has, however the values lie.

import Analysis

/// Powers of two seconds from a microsecond to half a minute.
///
/// They are bounds of our own buckets, so the counts are exact: what `Histogram.downscaled(to: 0)` counts. One series
/// a bound is what classic histograms cost, so there are as few as tell an order of magnitude.
public enum ClassicBuckets {
    /// 2^-20 s = 0.95 µs: shorter polls are all alike.
    private static let finestExponent = -20
    /// 2^5 s = 32 s: longer ones too.
    private static let widestExponent = 5

    /// The upper bounds in seconds, which belong to their buckets; the last one is infinite.
    public static let upperBounds: [Double] =
        (finestExponent...widestExponent).map { Double(sign: .plus, exponent: $0, significand: 1) } + [.infinity]

    /// The bounds as values of the label `le`, the same in every format, so that a series remains itself whatever a
    /// scraper asks for: what OpenMetrics calls canonical, and Prometheus makes of protobuf.
    public static let labelValues: [String] = upperBounds.map { $0.isInfinite ? "+Inf" : $0.description }

    /// For each bound, how many values it is not less than.
    public static func cumulativeCounts(of histogram: Histogram) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: upperBounds.count)
        addCumulativeCounts(of: histogram, to: &counts)
        return counts
    }

    /// The same into `counts`, zeros, one for each bound: for those who do it often.
    static func addCumulativeCounts(of histogram: Histogram, to counts: inout [UInt64]) {
        counts[0] += histogram.zeroCount
        let scale = histogram.scale
        for (index, count) in histogram.buckets {
            // 2 to the power of this is a bucket's upper bound, rounded up to a whole octave.
            let exponent = scale >= 0 ? (index >> scale) + 1 : (index + 1) << -scale
            counts[min(max(exponent - finestExponent, 0), counts.count - 1)] += count
        }
        for bound in counts.indices.dropFirst() { counts[bound] += counts[bound - 1] }
    }
}
