// What one look at a session found, as one value.

import CPollscopeLayout

/// What one look at a session found.
public struct SessionLook: Sendable {
    public var batches: [PollBatch] = []
    /// Stacks that these batches, this evidence and these allocations refer to and no earlier ones did.
    public var stacks: [AsyncStack] = []
    /// Types that these allocations, holds and executors refer to and no earlier ones did.
    public var types: [ObjectType] = []
    /// Executors that were not known before. Those that these batches refer to are here, or were in an earlier look.
    public var executors: [ExecutorIdentity] = []
    /// Threads that were not known before, enqueuers included.
    public var threads: [ThreadIdentity] = []
    /// Read after the batches: what is known of a poll in them is here, or was in an earlier look. A sample may come
    /// later than its poll, since another thread writes it.
    public var evidence = Evidence()
    /// Read after the batches, too: what polls in them allocated is here, or was in an earlier look.
    public var allocations = AllocationEvidence()
    /// Read after the batches, too: of a poll in them all events up to its end are here, or were in an earlier look.
    public var events = SessionEvents()
    /// Names that requests which begin in these events have, and none did before.
    public var requestNames: [RequestName] = []

    public init() {}

    /// Polls and holds.
    public var pollCount: Int { batches.reduce(0) { $0 + $1.polls.count } }

    /// When the first of its polls became runnable; of a timer, whose due time can be long ago, when it started.
    public var begin: Ticks? {
        batches.lazy.flatMap(\.polls).map { poll in
            let isHold = UInt32(poll.kind) == POLLSCOPE_RECORD_HOLD.rawValue
            let isTimer = !isHold && UInt32(poll.flags) & POLLSCOPE_POLL_TIMER.rawValue != 0
            return Ticks(isTimer ? poll.start_ticks : poll.start_ticks &- poll.wait_ticks)
        }.min()
    }

    /// When the last of its polls ended, or the last of its events happened.
    public var end: Ticks? {
        let polls = batches.lazy.compactMap { $0.polls.last.map { Ticks($0.start_ticks &+ $0.duration_ticks) } }.max()
        let events = events.records.lazy.map { Ticks($0.at_ticks) }.max()
        return [polls, events].compactMap(\.self).max()
    }
}
