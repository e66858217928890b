// Polls of one thread as the analysis takes them: the one shape in which events come in.

import CPollscopeLayout

/// What one look at one ring gave: polls of one thread, in the order of their ends, and its holds of actors.
///
/// The buffers are borrowed: they are valid only during the call that this value is passed to.
public struct ThreadPolls {
    /// Index of the thread in the recording's table of threads.
    public var thread: Int
    public var ring: UInt32
    /// Index in the ring of the first of `records`.
    public var firstSequence: UInt64
    /// Records that were overwritten right before these and so were never read.
    public var lost: UInt64
    /// All of them in the order of the ring, polls and holds: for what goes by their numbers or their order.
    public var records: UnsafeBufferPointer<pollscope_poll_record>
    /// Those that are polls: runs of jobs, turns of event loops and works of queues.
    public var polls: UnsafeBufferPointer<pollscope_poll_record>
    /// Those that are holds: the fields are a poll's, but for `waker`, the number of the actor's type, `allocations`, the
    /// number of the actor, and `flags`, which are enum pollscope_hold_flags.
    public var holds: UnsafeBufferPointer<pollscope_poll_record>
    /// The poll that was running at the look, its duration being the time since its start.
    public var running: pollscope_poll_record?

    /// `polls` are all records that there were: there is no hold among them.
    public init(
        thread: Int, ring: UInt32, firstSequence: UInt64, lost: UInt64,
        polls: UnsafeBufferPointer<pollscope_poll_record>, running: pollscope_poll_record?
    ) {
        self.thread = thread
        self.ring = ring
        self.firstSequence = firstSequence
        self.lost = lost
        records = polls
        self.polls = polls
        holds = UnsafeBufferPointer(start: nil, count: 0)
        self.running = running
    }
}

/// Divides records into polls and holds. Where there is no hold among them, nothing is copied.
public final class RecordDivider {
    private var polls: [pollscope_poll_record] = []
    private var holds: [pollscope_poll_record] = []

    public init() {}

    /// Gives `batch`, whose polls are records of any kind, to `body` with its holds apart.
    public func divide(_ batch: ThreadPolls, _ body: (ThreadPolls) -> Void) {
        guard Self.hasHold(batch.records) else { return body(batch) }
        polls.removeAll(keepingCapacity: true)
        holds.removeAll(keepingCapacity: true)
        for record in batch.records {
            if record.isHold { holds.append(record) } else { polls.append(record) }
        }
        polls.withUnsafeBufferPointer { polls in
            holds.withUnsafeBufferPointer { holds in
                var divided = batch
                divided.polls = polls
                divided.holds = holds
                body(divided)
            }
        }
    }

    private static func hasHold(_ records: UnsafeBufferPointer<pollscope_poll_record>) -> Bool {
        for record in records where record.isHold { return true }
        return false
    }
}

extension pollscope_poll_record {
    // Safe: the sums wrap only for bytes that are no poll (the law of times reports those); nothing is indexed
    // by them.
    @inline(__always) var endTicks: UInt64 { start_ticks &+ duration_ticks }
    @inline(__always) var runnableTicks: UInt64 { start_ticks &- wait_ticks }

    @inline(__always) func has(_ flag: pollscope_poll_flags) -> Bool { UInt32(flags) & flag.rawValue != 0 }
    @inline(__always) var isNested: Bool { has(POLLSCOPE_POLL_NESTED) }

    /// A task had an actor: no poll.
    @inline(__always) var isHold: Bool { UInt32(kind) == POLLSCOPE_RECORD_HOLD.rawValue }

    // Of a hold, in the places of a poll's waker and allocations (see struct pollscope_hold_record).
    /// Number of the actor's type; 0: not known.
    var heldType: UInt16 { waker }
    /// The actor's address / 16, low half: with its type it is one actor as long as that lives.
    var heldActor: UInt32 { allocations }
}
