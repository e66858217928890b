// What a session tells of its long polls and blocking calls, as values.

import CPollscopeLayout

/// One poll, by what is unique of it in a session: its thread and its start.
public struct PollIdentity: Sendable, Hashable {
    public var tid: UInt32
    public var start: Ticks

    public init(tid: UInt32, start: Ticks) {
        self.tid = tid
        self.start = start
    }
}

/// What a record of evidence says of the poll that it belongs to.
public struct PollContext: Sendable, Hashable {
    public var poll: PollIdentity
    /// Number of its async stack; 0: none.
    public var stack: UInt32
    public var task: UInt32
    public var kind: UInt8  // enum pollscope_record_kind
    public var executor: UInt8  // enum pollscope_executor
    public var flags: UInt8  // enum pollscope_poll_flags; of a call's poll not known, 0

    public init(poll: PollIdentity, stack: UInt32, task: UInt32, kind: UInt8, executor: UInt8, flags: UInt8) {
        self.poll = poll
        self.stack = stack
        self.task = task
        self.kind = kind
        self.executor = executor
        self.flags = flags
    }
}

/// A call that took at least the threshold.
public struct BlockingCall: Sendable, Hashable {
    public var context: PollContext
    public var call: UInt16  // enum pollscope_call
    public var start: Ticks
    public var durationTicks: UInt64
    /// errno where the call failed, else 0.
    public var error: Int32
    /// Number of the native stack that it was made from; 0: none.
    public var nativeStack: UInt32
    public var isStackCut: Bool
    public var object: CallObject

    public init(
        context: PollContext, call: UInt16, start: Ticks, durationTicks: UInt64, error: Int32, nativeStack: UInt32,
        isStackCut: Bool, object: CallObject
    ) {
        self.context = context
        self.call = call
        self.start = start
        self.durationTicks = durationTicks
        self.error = error
        self.nativeStack = nativeStack
        self.isStackCut = isStackCut
        self.object = object
    }
}

/// What a call worked on.
public struct CallObject: Sendable, Hashable {
    public var kind: UInt8  // enum pollscope_object_kind
    public var text: String
    /// The text's beginning is missing.
    public var isCut: Bool

    public init(kind: UInt8, text: String, isCut: Bool) {
        self.kind = kind
        self.text = text
        self.isCut = isCut
    }
}

/// What the kernel's accounts of a thread said at a moment of a poll.
public struct ThreadReading: Sendable, Hashable {
    public var at: Ticks
    /// CPU time of the thread since its start.
    public var cpuNanoseconds: UInt64
    /// Ready and not run, since its start; nil: not read.
    public var runQueueNanoseconds: UInt64?
    public var minorFaults: UInt32
    public var majorFaults: UInt32
    /// The poll's time in observed calls, of one that had not returned until then.
    public var blockedTicks: UInt64

    public init(
        at: Ticks, cpuNanoseconds: UInt64, runQueueNanoseconds: UInt64?, minorFaults: UInt32, majorFaults: UInt32,
        blockedTicks: UInt64
    ) {
        self.at = at
        self.cpuNanoseconds = cpuNanoseconds
        self.runQueueNanoseconds = runQueueNanoseconds
        self.minorFaults = minorFaults
        self.majorFaults = majorFaults
        self.blockedTicks = blockedTicks
    }
}

/// A poll over the threshold, at its end.
public struct LongPoll: Sendable, Hashable {
    public var context: PollContext
    public var durationTicks: UInt64
    /// In observed calls, those included that were too short for a record.
    public var blockedTicks: UInt64
    /// Observed calls.
    public var calls: UInt32
    /// The watcher's first reading in this poll; nil: the poll ended before there was one. It has no faults.
    public var first: ThreadReading?
    /// CPU time of the thread since its start, at the poll's end; nil: not read.
    public var endCPUNanoseconds: UInt64?

    public init(
        context: PollContext, durationTicks: UInt64, blockedTicks: UInt64, calls: UInt32, first: ThreadReading?,
        endCPUNanoseconds: UInt64?
    ) {
        self.context = context
        self.durationTicks = durationTicks
        self.blockedTicks = blockedTicks
        self.calls = calls
        self.first = first
        self.endCPUNanoseconds = endCPUNanoseconds
    }
}

/// A poll over the threshold, seen by the watcher while it ran.
public struct PollSample: Sendable, Hashable {
    public var context: PollContext
    public var ring: UInt32
    /// The thread's accounts at the sample; `blockedTicks` without the call that it is in.
    public var reading: ThreadReading
    /// An earlier reading in the same poll.
    public var first: ThreadReading?
    /// The observed call that it is in (enum pollscope_call), and since when.
    public var call: UInt16
    public var callStart: Ticks?
    /// Number of the system call that the thread sleeps in; nil: in none, or not known.
    public var systemCall: Int32?
    /// The kernel's letter: R, S, D; 0: not known.
    public var state: UInt8
    public var source: UInt8  // enum pollscope_sample_source
    /// What the signal handler took of the thread; 0: no signal.
    public var handlerTicks: UInt64
    /// Return addresses, innermost first: the code that a frame stands for is the one before it.
    public var frames: [UInt64]
    public var isCut: Bool
    /// A frame was found by search: code around it may be missing or foreign.
    public var isApproximate: Bool

    public init(
        context: PollContext, ring: UInt32, reading: ThreadReading, first: ThreadReading?, call: UInt16,
        callStart: Ticks?, systemCall: Int32?, state: UInt8, source: UInt8, handlerTicks: UInt64, frames: [UInt64],
        isCut: Bool, isApproximate: Bool
    ) {
        self.context = context
        self.ring = ring
        self.reading = reading
        self.first = first
        self.call = call
        self.callStart = callStart
        self.systemCall = systemCall
        self.state = state
        self.source = source
        self.handlerTicks = handlerTicks
        self.frames = frames
        self.isCut = isCut
        self.isApproximate = isApproximate
    }
}

/// Records of one writer that follow on one another, and what is not there before them. The records of a ring, from its
/// first on, are the runs of that ring one after the other: nothing is missing that no run counts.
public struct EvidenceRun: Sendable, Hashable {
    /// The ring of the thread that wrote calls and long polls; nil: the samples, which have one writer.
    public var ring: UInt32?
    /// Number of the run's first record; where it has none, of the record that comes next.
    public var first: UInt64
    public var count: UInt64
    /// Records right before these that belong to the time before the recording.
    public var passedOver: UInt64
    /// Records right before these that were overwritten before they could be read, or were damaged.
    public var lost: UInt64

    public init(ring: UInt32?, first: UInt64, count: UInt64, passedOver: UInt64, lost: UInt64) {
        self.ring = ring
        self.first = first
        self.count = count
        self.passedOver = passedOver
        self.lost = lost
    }
}

/// What one look found of long polls and blocking calls.
public struct Evidence: Sendable, Hashable {
    public var calls: [BlockingCall] = []
    public var longPolls: [LongPoll] = []
    public var samples: [PollSample] = []
    /// Records of calls and long polls that were overwritten before they could be read.
    public var recordsLost: UInt64 = 0
    public var samplesLost: UInt64 = 0
    /// How the records were numbered by those who wrote them: for the laws, which count them.
    public var runs: [EvidenceRun] = []

    public init() {}

    public var isEmpty: Bool {
        calls.isEmpty && longPolls.isEmpty && samples.isEmpty && recordsLost == 0 && samplesLost == 0 && runs.isEmpty
    }
}
