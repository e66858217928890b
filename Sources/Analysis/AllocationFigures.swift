// What polls allocated: exact totals, and how they are spread over the polls.

import CPollscopeLayout
import Sessions

/// What is counted for one stack or one site.
struct AllocationFigures: Sendable {
    /// Of all polls. What a nested poll allocated is in its outer one's, too, unless that was there to run others.
    private(set) var counts = AllocationCounts()
    /// Bytes of polls that lie in no other, or only in those that were there to run them: those of all sites add up to
    /// what polls allocated.
    private(set) var outermostBytes: UInt64 = 0
    // Of numbers where others are of seconds.
    private var allocations = Histogram()
    private var bytes = Histogram()

    @inline(__always)
    mutating func add(_ poll: pollscope_poll_record) {
        let own = AllocationCounts(of: poll)
        counts.add(own)
        // Wrapping here and below: as in `AllocationCounts.add`.
        outermostBytes &+= poll.isNested ? 0 : own.bytes
        allocations.tally(Double(own.allocations))
        bytes.tally(Double(own.bytes))
    }

    /// Takes off what a poll that was added did not allocate itself, and no part of it is more than the poll's.
    mutating func takeOff(_ inner: AllocationCounts, isNested: Bool) {
        // Wrapping: the poll was added, the sums may have wrapped since.
        counts.allocations &-= inner.allocations
        counts.bytes &-= inner.bytes
        counts.frees &-= inner.frees
        if !isNested { outermostBytes &-= inner.bytes }
    }

    /// A nested poll that was added lies in one that was there to run it.
    mutating func countOutermost(bytes: UInt64) { outermostBytes &+= bytes }

    mutating func merge(_ other: AllocationFigures) {
        counts.add(other.counts)
        outermostBytes &+= other.outermostBytes
        allocations.merge(other.allocations)
        bytes.merge(other.bytes)
    }

    /// Blocks a poll.
    var allocationsPerPoll: CountSummary { CountSummary(allocations, total: counts.allocations) }
    /// Bytes a poll.
    var bytesPerPoll: CountSummary { CountSummary(bytes, total: counts.bytes) }
}

extension AllocationCounts {
    init() { self.init(allocations: 0, bytes: 0, frees: 0) }

    /// Of the process since it is counted.
    init(of counters: SessionCounters) {
        self.init(allocations: counters.allocations, bytes: counters.allocatedBytes, frees: counters.frees)
    }

    @inline(__always)
    init(of poll: pollscope_poll_record) {
        self.init(allocations: UInt64(poll.allocations), bytes: poll.allocatedBytes, frees: UInt64(poll.frees))
    }

    @inline(__always)
    mutating func add(_ other: AllocationCounts) {
        // Wrapping: a poll has 2^48 bytes at most, so it takes a hostile file to get there; it gives wrong sums.
        allocations &+= other.allocations
        bytes &+= other.bytes
        frees &+= other.frees
    }
}

extension CountSummary {
    /// Quantiles are exact up to 45, where no two whole numbers share a bucket; above, they are off by 1.1 % at most,
    /// and the maximum is exact.
    init(_ histogram: Histogram, total: UInt64) {
        func whole(_ value: Double?) -> UInt64 { value.map { UInt64($0 + 0.5) } ?? 0 }
        self.init(
            total: total, p50: whole(histogram.quantile(0.50)), p99: whole(histogram.quantile(0.99)),
            max: whole(histogram.maximum))
    }
}
