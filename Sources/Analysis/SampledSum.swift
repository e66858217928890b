// What sampled allocations stand for, and how far that may be off.
//
// An allocation of s bytes is a sample with the chance p = 1 - exp(-s / mean), whatever happens to others. So each
// sample stands for 1 / p allocations of its size, and sums of these have no bias (Horvitz and Thompson). The variance
// of such a sum of x is the sum of (1 - p) / p x² over all allocations, which the sum of (1 - p) / p² x² over the
// samples tells without bias, too.

import Glibc

/// Figures of all allocations that some samples stand for.
struct SampledSum: Sendable, Hashable {
    private(set) var samples: UInt64 = 0
    private(set) var count: Double = 0
    private(set) var bytes: Double = 0
    private(set) var countVariance: Double = 0
    private(set) var bytesVariance: Double = 0

    init() {}

    /// A sample of `size` bytes, one byte in `mean` being picked. What cannot be a sample stands for nothing: an
    /// allocation of no bytes.
    init(sampleOf size: UInt64, mean: UInt64) {
        guard size > 0 else { return }
        let size = Double(size)
        // Where nothing tells how samples were picked, each stands for itself.
        let chance = mean > 0 ? -expm1(-size / Double(mean)) : 1
        let unseen = (1 - chance) / (chance * chance)
        samples = 1
        count = 1 / chance
        bytes = size / chance
        countVariance = unseen
        bytesVariance = unseen * size * size
    }

    mutating func add(_ other: SampledSum) {
        // Wrapping: a count of records; sums of Doubles do not overflow before it.
        samples &+= other.samples
        count += other.count
        bytes += other.bytes
        countVariance += other.countVariance
        bytesVariance += other.bytesVariance
    }

    var countEstimate: Estimate {
        Estimate(value: count, standardError: countVariance.squareRoot(), samples: samples)
    }

    var bytesEstimate: Estimate {
        Estimate(value: bytes, standardError: bytesVariance.squareRoot(), samples: samples)
    }

    /// The part of this sum's bytes that are in `part`, which is of some of the same allocations; `nil` without
    /// samples.
    ///
    /// The standard error of a ratio R = Y / X of two estimated sums is that of the sum of (y - R x), divided by X
    /// (linearisation): here of (1 - R) s for what is in the part, and R s for what is not.
    ///
    /// A few samples that all fall on one side would seem to leave no doubt. So for the error, not for the value, one
    /// sample of average weight is added to each side (as Agresti and Coull do for plain counts): with many samples it
    /// makes no difference. Where all were sampled for certain, being large, there is no doubt indeed.
    func share(of part: SampledSum) -> Estimate? {
        guard samples > 0, bytes > 0 else { return nil }
        // What was lost of the samples can be in the part: its frees say what the samples said.
        let value = min(1, part.bytes / bytes)
        let added = 1 / Double(samples)
        let ratio = (value + added) / (1 + 2 * added)
        let inside = min(part.bytesVariance, bytesVariance) + added * bytesVariance
        let outside = max(0, bytesVariance - part.bytesVariance) + added * bytesVariance
        let variance = (1 - ratio) * (1 - ratio) * inside + ratio * ratio * outside
        return Estimate(
            value: value, standardError: variance.squareRoot() / (bytes * (1 + 2 * added)), samples: samples)
    }
}
