// Allocations as plain values of the report.

import Sessions

/// A figure that was estimated from samples.
public struct Estimate: Sendable, Hashable {
    public var value: Double
    /// Standard error of `value`, in its unit: the true value is within two of these in 95 of 100 recordings.
    public var standardError: Double
    /// How many samples stand behind it.
    public var samples: UInt64
}

/// Total and quantiles of some counts: blocks, or bytes.
public struct CountSummary: Sendable, Hashable {
    public var total: UInt64
    public var p50: UInt64
    public var p99: UInt64
    public var max: UInt64
}

/// What the process allocated while it was recorded.
public struct AllocationReport: Sendable {
    /// All threads, counted exactly.
    public var process: AllocationCounts
    /// The time that `process` is of: the recording's, but of what was in a session's memory already the time since the
    /// session began.
    public var processSeconds: Double
    /// In polls that ended in the recording; a nested poll's are its outer one's.
    public var inPolls: AllocationCounts
    /// By allocated bytes, most first: one entry for each site that allocated or freed.
    public var sites: [AllocationSite]
    /// The lines of the user's code that allocate most bytes, most first. Estimated from samples.
    public var places: [AllocationPlace]
    /// The merged tree of the samples' native stacks, outermost first; by bytes.
    public var stacks: [AllocationNode]
    /// By bytes, most first. Samples that became no Swift object are not in it.
    public var types: [AllocationType]
    /// Swift objects among the samples, and those of them whose type is not known.
    public var objectSamples: UInt64
    public var untypedSamples: UInt64
    /// What became of the bytes that polls allocated: parts of one; nil without samples.
    public var fate: AllocationFate?
    /// The allocator's part of the process's CPU time; nil without timings or CPU times.
    public var allocatorShare: Estimate?
    /// Timed calls, and those of them that count for nothing because they were interrupted.
    public var timings: UInt64
    public var timingsInterrupted: UInt64
    /// In order of time.
    public var heap: [HeapPoint]
    /// Mean distance of sampled bytes; 0: no samples were taken.
    public var sampleBytes: UInt64
    public var samples: UInt64
    /// Samples whose free is not known of.
    public var samplesUntracked: UInt64
    /// Records that were overwritten before they could be read, and those that were not written.
    public var recordsLost: UInt64
    public var recordsDropped: UInt64
    /// Why there are no samples and timings, a sentence; nil: they were taken.
    public var samplesMissing: String?
}

/// Allocations, counted.
public struct AllocationCounts: Sendable, Hashable {
    public var allocations: UInt64
    public var bytes: UInt64
    public var frees: UInt64
}

/// The allocations of one site on one executor.
public struct AllocationSite: Sendable {
    public var site: SiteName
    public var kind: PollKind
    public var executor: String
    public var polls: UInt64
    /// Blocks a poll.
    public var allocations: CountSummary
    /// Bytes a poll.
    public var bytes: CountSummary
    public var frees: UInt64
    /// Part of all bytes that polls allocated.
    public var share: Double
    /// Part of the site's bytes that the allocating poll freed itself; nil: no sample's end is known.
    public var garbage: Estimate?
    /// Part of the site's poll time, less blocked time, that went into the allocator; nil without timings.
    public var allocatorShare: Estimate?
}

/// A line of the user's code that allocates, itself or through a library.
public struct AllocationPlace: Sendable {
    public var place: CodePlace
    public var module: String
    public var bytes: Estimate
    public var count: Estimate
    /// Part of all sampled bytes.
    public var share: Estimate
    /// Part of its bytes that the allocating poll freed itself; nil: made outside polls, or no sample's end is known.
    public var garbage: Estimate?
    /// What was allocated, most bytes first: types, or what the runtime's function makes ("task", "async frames").
    public var types: [AllocationType]
}

/// A branch of the tree of stacks.
public struct AllocationNode: Sendable {
    /// The line is that of the call to the child, or of the code that allocates.
    public var place: CodePlace
    public var module: String
    /// Estimated from the samples here and below.
    public var bytes: Double
    public var count: Double
    public var samples: UInt64
    /// The runtime's or a library's: what its own frames were is left out.
    public var isFolded: Bool
    public var children: [AllocationNode]
}

public struct AllocationType: Sendable {
    public var name: String
    public var bytes: Estimate
    public var count: Estimate
}

/// What became of bytes that polls allocated in the recording, by samples: parts of one that add up to one.
public struct AllocationFate: Sendable {
    /// Freed by the poll that allocated them: garbage.
    public var samePoll: Estimate
    public var sameTask: Estimate
    /// Freed by a poll of another task or actor, or outside polls: handed over.
    public var elsewhere: Estimate
    /// Not freed when the recording ended.
    public var kept: Estimate
}

/// The process's memory between two looks at it.
public struct HeapPoint: Sendable {
    /// End of the interval, since the recording began.
    public var seconds: Double
    /// At its end.
    public var residentBytes: UInt64
    public var allocationsPerSecond: Double
    public var bytesPerSecond: Double
    /// Blocks allocated less blocks freed in the interval.
    public var blocksKept: Int64
}
