// What a session tells of single allocations, as values: samples, their ends, and timed calls of the allocator.

import CPollscopeLayout

/// An allocation that was sampled, or what is said of it again when it is freed.
public struct SampledAllocation: Sendable, Hashable {
    /// The poll that allocated, with no flags; nil: outside polls.
    public var context: PollContext?
    /// The thread that allocated.
    public var tid: UInt32
    /// Asked for.
    public var bytes: UInt64
    public var operation: UInt8  // enum pollscope_allocation_operation
    /// Number of the native stack that it was made from; 0: none.
    public var nativeStack: UInt32
    public var isStackCut: Bool
    /// Number of the type of the Swift object that it became; 0: none, or not known.
    public var type: UInt16

    public init(
        context: PollContext?, tid: UInt32, bytes: UInt64, operation: UInt8, nativeStack: UInt32, isStackCut: Bool,
        type: UInt16
    ) {
        self.context = context
        self.tid = tid
        self.bytes = bytes
        self.operation = operation
        self.nativeStack = nativeStack
        self.isStackCut = isStackCut
        self.type = type
    }
}

/// A sample: an allocation of s bytes is one with the chance `1 - exp(-s / mean)`, the mean being the session's
/// `allocationSampleBytes`, and stands for the inverse of that many.
public struct AllocationSample: Sendable, Hashable {
    public var allocation: SampledAllocation
    public var at: Ticks
    /// Its free will be told of.
    public var isTracked: Bool

    public init(allocation: SampledAllocation, at: Ticks, isTracked: Bool) {
        self.allocation = allocation
        self.at = at
        self.isTracked = isTracked
    }
}

/// A sampled allocation was freed.
public struct SampledFree: Sendable, Hashable {
    /// Where a block was freed, seen from the poll that allocated it.
    public enum Place: UInt8, Sendable, Hashable, CaseIterable {
        case samePoll
        /// A later poll of the same task.
        case sameTask
        case otherPoll
        case outsidePolls
    }

    public var allocation: SampledAllocation
    public var at: Ticks
    /// Since it was allocated.
    public var lifetimeTicks: UInt64
    public var place: Place

    public init(allocation: SampledAllocation, at: Ticks, lifetimeTicks: UInt64, place: Place) {
        self.allocation = allocation
        self.at = at
        self.lifetimeTicks = lifetimeTicks
        self.place = place
    }
}

/// A call of the allocator that was timed: one in `allocationTimingCalls` of the session, at random.
public struct AllocatorTiming: Sendable, Hashable {
    /// How long the call took, what the timer itself takes included.
    public enum Duration: Sendable, Hashable {
        /// By the clock, which goes on while the kernel runs something else.
        case ticks(UInt64)
        /// The thread's CPU time; of calls for large blocks.
        case cpuNanoseconds(UInt64)
    }

    /// The poll that called, with no flags; nil: outside polls.
    public var context: PollContext?
    public var tid: UInt32
    public var at: Ticks
    public var operation: UInt8  // enum pollscope_allocation_operation
    /// Asked for; of a free: 0.
    public var bytes: UInt64
    public var duration: Duration

    public init(
        context: PollContext?, tid: UInt32, at: Ticks, operation: UInt8, bytes: UInt64, duration: Duration
    ) {
        self.context = context
        self.tid = tid
        self.at = at
        self.operation = operation
        self.bytes = bytes
        self.duration = duration
    }
}

/// The name of a Swift type, in the words of the source: `MyService.Order`, `_ContiguousArrayStorage<Int>`.
public struct ObjectType: Sendable, Hashable {
    public var id: UInt16
    public var name: String

    public init(id: UInt16, name: String) {
        self.id = id
        self.name = name
    }
}

/// What one look found of single allocations.
public struct AllocationEvidence: Sendable, Hashable {
    public var samples: [AllocationSample] = []
    public var frees: [SampledFree] = []
    public var timings: [AllocatorTiming] = []
    /// Records that were overwritten before they could be read, or were damaged.
    public var recordsLost: UInt64 = 0
    /// How the records were numbered, all kinds together; their `ring` is nil.
    public var runs: [EvidenceRun] = []

    public init() {}

    public var isEmpty: Bool {
        samples.isEmpty && frees.isEmpty && timings.isEmpty && recordsLost == 0 && runs.isEmpty
    }
}
