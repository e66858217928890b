// Allocation evidence in, figures out: samples with their fates, and timings, in memory that does not grow with their
// number.

import Sessions

public struct AllocationAnalysis: Sendable {
    private(set) var table = AllocationTable()
    private(set) var times: AllocatorTimes
    private(set) var samples: UInt64 = 0
    private(set) var untracked: UInt64 = 0
    private(set) var recordsLost: UInt64 = 0

    private let sampleBytes: UInt64
    /// What was allocated before is not the recording's.
    private var begin: Ticks
    private var hasBegun = false

    public init(facts: RecordingFacts, thresholds: ReportThresholds = ReportThresholds()) {
        sampleBytes = facts.info.allocationSampleBytes
        times = AllocatorTimes(facts: facts, thresholds: thresholds)
        begin = facts.statuses.first?.at ?? Ticks(0)
    }

    /// Takes what one look found, or several that follow on one another. Looks come in the order of time; the stacks
    /// and types that they refer to may be known later.
    public mutating func add(_ evidence: AllocationEvidence) {
        // Wrapping: counts of records; a hostile file gives wrong counts and no fault.
        recordsLost &+= evidence.recordsLost
        start(with: evidence)
        for sample in evidence.samples where sample.at >= begin {
            samples &+= 1
            untracked &+= sample.isTracked ? 0 : 1
            let sum = SampledSum(sampleOf: sample.allocation.bytes, mean: sampleBytes)
            table.add(sample.allocation) { entry in
                entry.sum.add(sum)
                if sample.isTracked { entry.fates.add(tracked: sum) }
            }
        }
        for free in evidence.frees where free.at.rawValue.subtractingClamped(free.lifetimeTicks) >= begin.rawValue {
            let sum = SampledSum(sampleOf: free.allocation.bytes, mean: sampleBytes)
            table.add(free.allocation) { $0.fates.add(freed: sum, in: free.place) }
        }
        for timing in evidence.timings where timing.at >= begin { times.add(timing) }
    }

    /// Where the oldest records had been overwritten, the frees of samples that are not there count for nothing.
    private mutating func start(with evidence: AllocationEvidence) {
        guard !hasBegun else { return }
        let first = [evidence.samples.first?.at, evidence.frees.first?.at, evidence.timings.first?.at]
        guard let oldest = first.compactMap({ $0 }).min() else { return }
        hasBegun = true
        begin = max(begin, oldest)
    }
}
