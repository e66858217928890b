// The buckets of native histograms: only those that hold something, as narrow as ours.
//
// Prometheus's bucket i of schema s has the upper bound 2^(i / 2^s), which belongs to it. Ours, as OpenTelemetry's, has
// the upper bound 2^((i + 1) / 2^s): the same buckets, and every index is one more there.

import Analysis

/// A histogram in the layout that Prometheus's native histograms have on the wire.
public struct NativeBuckets: Sendable, Hashable {
    /// Buckets that follow each other.
    public struct Span: Sendable, Hashable {
        /// The first span: the index of its first bucket. The others: how many buckets are left out before it.
        public var offset: Int32
        public var length: UInt32
    }

    /// Prometheus's default for the most buckets a histogram may have before it is refused or widened.
    public static let mostBuckets = 160

    /// What is not over this is in the zero bucket; the client libraries' 2^-128, so that ours can be added to theirs.
    /// It is not zero, by which a histogram without values says that it is a native one.
    public static let zeroThreshold = 0x1p-128

    /// Buckets an octave, as a power of two.
    public var schema: Int
    public var zeroCount: UInt64
    public var spans: [Span]
    /// The count of each bucket in the spans less the one before.
    public var deltas: [Int64]

    /// The buckets of `histogram`, widened until there are no more than `mostBuckets`.
    public init(_ histogram: Histogram, mostBuckets: Int = NativeBuckets.mostBuckets) {
        var widened = histogram
        var buckets = widened.buckets
        // Schemas end at -4, at which the whole range of a Double has 128 buckets.
        while buckets.count > mostBuckets, widened.scale > -4 {
            widened = widened.downscaled(to: widened.scale - 1)
            buckets = widened.buckets
        }
        schema = widened.scale
        zeroCount = widened.zeroCount
        spans = []
        deltas = []
        deltas.reserveCapacity(buckets.count)

        var next = 0
        var previous: Int64 = 0
        for bucket in buckets {
            guard widened.upperBound(ofBucket: bucket.index) > Self.zeroThreshold else {
                zeroCount += bucket.count
                continue
            }
            let index = bucket.index + 1
            let gap = index - next
            if spans.isEmpty || gap > 2 {
                spans.append(Span(offset: Int32(gap), length: 0))
            } else {
                // A span costs about as much as two empty buckets.
                for _ in 0..<gap {
                    deltas.append(-previous)
                    previous = 0
                    spans[spans.count - 1].length += 1
                }
            }
            spans[spans.count - 1].length += 1
            let count = Int64(clamping: bucket.count)
            deltas.append(count - previous)
            previous = count
            next = index + 1
        }
    }
}
