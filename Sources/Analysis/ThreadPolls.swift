// Polls of one thread as the analysis takes them: the one shape in which events come in.

import CPollscopeLayout

/// What one look at one ring gave: polls of one thread, in the order of their ends.
///
/// `polls` is borrowed: it is valid only during the call that this value is passed to.
public struct ThreadPolls {
    /// Index of the thread in the recording's table of threads.
    public var thread: Int
    public var ring: UInt32
    /// Index in the ring of the first record of `polls`.
    public var firstSequence: UInt64
    /// Records that were overwritten right before `polls` and so were never read.
    public var lost: UInt64
    public var polls: UnsafeBufferPointer<pollscope_poll_record>
    /// The poll that was running at the look, its duration being the time since its start.
    public var running: pollscope_poll_record?

    public init(
        thread: Int, ring: UInt32, firstSequence: UInt64, lost: UInt64,
        polls: UnsafeBufferPointer<pollscope_poll_record>, running: pollscope_poll_record?
    ) {
        self.thread = thread
        self.ring = ring
        self.firstSequence = firstSequence
        self.lost = lost
        self.polls = polls
        self.running = running
    }
}

extension pollscope_poll_record {
    // Safe: the sums wrap only for bytes that are no poll (the law of times reports those); nothing is indexed
    // by them.
    @inline(__always) var endTicks: UInt64 { start_ticks &+ duration_ticks }
    @inline(__always) var runnableTicks: UInt64 { start_ticks &- wait_ticks }

    @inline(__always) func has(_ flag: pollscope_poll_flags) -> Bool { UInt32(flags) & flag.rawValue != 0 }
    @inline(__always) var isNested: Bool { has(POLLSCOPE_POLL_NESTED) }
}
