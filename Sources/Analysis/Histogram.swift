// A histogram of seconds: how often a value fell into each of the narrow buckets of `BucketScale`.

/// Counts of values in base-2 exponential buckets that include their upper bounds.
///
/// Two histograms merge exactly: what is counted in parts is what would have been counted in one. Memory grows
/// with the range of the values (8 bytes a bucket, 256 bytes an octave), not with their number.
public struct Histogram: Sendable {
    /// Buckets an octave as a power of two: 5 means 32 of them, 2.2 % wide. Lower after `downscaled(to:)`.
    public private(set) var scale: Int
    public private(set) var count: UInt64 = 0
    /// Values of zero, which have no logarithm and so no bucket.
    public private(set) var zeroCount: UInt64 = 0
    /// The sum of all values; set by whoever knows it more exactly than by adding Doubles one at a time.
    public var sum: Double = 0

    // An empty histogram's bounds are the other way round, so that the first value replaces both.
    private var smallest: Double = .infinity
    private var largest: Double = -.infinity
    /// Index of the bucket that `counts[0]` counts.
    private var firstIndex = 0
    private var counts: [UInt64] = []

    public init() { scale = BucketScale.finest }

    public var isEmpty: Bool { count == 0 }
    public var minimum: Double? { isEmpty ? nil : smallest }
    public var maximum: Double? { isEmpty ? nil : largest }
    public var mean: Double? { isEmpty ? nil : sum / Double(count) }

    /// The buckets that hold anything, from the lowest.
    public var buckets: [(index: Int, count: UInt64)] {
        counts.enumerated().filter { $0.element > 0 }.map { (firstIndex + $0.offset, $0.element) }
    }

    /// The upper bound of bucket `index` at this histogram's scale, in seconds.
    public func upperBound(ofBucket index: Int) -> Double {
        BucketScale.upperBound(ofBucket: ((index + 1) << (BucketScale.finest - scale)) - 1)
    }

    /// Counts `value` and adds it to the sum. What is negative or not a number counts as zero.
    public mutating func record(_ value: Double) {
        let clamped = value > 0 ? min(value, .greatestFiniteMagnitude) : 0
        tally(clamped)
        sum += clamped
    }

    /// Counts `value`, which is finite and not negative, and leaves the sum to the caller.
    @inline(__always)
    mutating func tally(_ value: Double) {
        // Safe: 2^64 values cannot be counted one by one.
        count &+= 1
        if value < smallest { smallest = value }
        if value > largest { largest = value }
        guard value >= .leastNormalMagnitude else {
            zeroCount &+= 1
            return
        }
        let index = BucketScale.index(of: value) >> (BucketScale.finest - scale)
        let offset = index &- firstIndex
        if offset < 0 || offset >= counts.count {
            cover(index...index)
            counts[index &- firstIndex] &+= 1
        } else {
            counts[offset] &+= 1
        }
    }

    /// Adds the counts of `other`. If the scales differ, the result has the coarser one.
    public mutating func merge(_ other: Histogram) {
        guard other.scale == scale else {
            let common = min(scale, other.scale)
            self = downscaled(to: common)
            merge(other.downscaled(to: common))
            return
        }
        count += other.count
        zeroCount += other.zeroCount
        sum += other.sum
        smallest = min(smallest, other.smallest)
        largest = max(largest, other.largest)
        guard !other.counts.isEmpty else { return }
        cover(other.firstIndex...other.firstIndex + other.counts.count - 1)
        let shift = other.firstIndex - firstIndex
        for (offset, added) in other.counts.enumerated() where added > 0 { counts[shift + offset] += added }
    }

    /// The same values in wider buckets: exactly what counting them at `coarser` would have given.
    public func downscaled(to coarser: Int) -> Histogram {
        precondition(coarser <= scale, "a histogram cannot regain a resolution that it did not count with")
        guard coarser < scale else { return self }
        var result = self
        result.scale = coarser
        result.counts = []
        result.firstIndex = 0
        for (index, count) in buckets {
            let wider = index >> (scale - coarser)
            result.cover(wider...wider)
            result.counts[wider - result.firstIndex] += count
        }
        return result
    }

    /// The value of nearest rank: the smallest value that at least `share` of all values do not exceed, to the
    /// width of a bucket. `nil` if nothing was counted.
    ///
    /// The geometric middle of the bucket stands for what is in it, within what was really seen.
    public func quantile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        // Rounded up by hand: `rounded(.up)` would make the target depend on the C mathematics library.
        let exact = min(max(share, 0), 1) * Double(count)
        let whole = UInt64(min(exact, 0x1p63))
        let rank = max(1, min(count, Double(whole) < exact ? whole + 1 : whole))
        var below = zeroCount
        if rank <= below { return 0 }
        for (offset, inBucket) in counts.enumerated() {
            below += inBucket
            if rank <= below { return min(max(middle(ofBucket: firstIndex + offset), smallest), largest) }
        }
        return largest
    }

    private func middle(ofBucket index: Int) -> Double {
        guard scale < BucketScale.finest else { return BucketScale.middle(ofBucket: index) }
        // Half of a wider bucket is a whole number of narrow ones.
        let shift = BucketScale.finest - scale
        return BucketScale.upperBound(ofBucket: (index << shift) + (1 << (shift - 1)) - 1)
    }

    /// Makes room for the buckets `range`, and for some neighbours, so that not every new one moves the others.
    private mutating func cover(_ range: ClosedRange<Int>) {
        let margin = 7
        guard !counts.isEmpty else {
            firstIndex = range.lowerBound & ~margin
            counts = Array(repeating: 0, count: (range.upperBound | margin) - firstIndex + 1)
            return
        }
        if range.lowerBound < firstIndex {
            let lower = range.lowerBound & ~margin
            counts.insert(contentsOf: repeatElement(0, count: firstIndex - lower), at: 0)
            firstIndex = lower
        }
        let missing = range.upperBound - (firstIndex + counts.count - 1)
        if missing > 0 { counts.append(contentsOf: repeatElement(0, count: missing | margin)) }
    }
}

extension Histogram: Equatable {
    /// Equal counts in equal buckets; how the buckets lie in memory does not matter, nor does the rounding of sums.
    public static func == (a: Histogram, b: Histogram) -> Bool {
        a.scale == b.scale && a.count == b.count && a.zeroCount == b.zeroCount && a.minimum == b.minimum
            && a.maximum == b.maximum && a.buckets.elementsEqual(b.buckets, by: ==)
    }
}
