// A quick look at a session: what runs now and how much there is to take, for a few reads of the file, whatever the
// process has written meanwhile.

import CPollscopeLayout

/// A poll that runs at a glance.
public struct GlancedPoll: Sendable, Hashable {
    public var ring: UInt32
    public var context: PollContext
    public var waitTicks: UInt64
    /// Of the time since its start, what was spent in polls inside it that have ended.
    public var innerTicks: UInt64
    /// The observed call (enum pollscope_call) that it is in; 0: none.
    public var call: UInt16
    public var callStart: Ticks?
    /// Polls of its thread that are open, one inside another; it is the innermost.
    public var depth: UInt16

    public init(
        ring: UInt32, context: PollContext, waitTicks: UInt64 = 0, innerTicks: UInt64 = 0, call: UInt16 = 0,
        callStart: Ticks? = nil, depth: UInt16 = 1
    ) {
        self.ring = ring
        self.context = context
        self.waitTicks = waitTicks
        self.innerTicks = innerTicks
        self.call = call
        self.callStart = callStart
        self.depth = depth
    }

    /// How long it has run itself.
    public func age(at now: Ticks) -> UInt64 {
        let age = now > context.poll.start ? now.rawValue - context.poll.start.rawValue : 0
        return age - min(age, innerTicks)
    }
}

/// What a session shows at a glance.
public struct SessionGlance: Sendable {
    public var at: Ticks
    public var running: [GlancedPoll] = []
    /// Jobs enqueued and not begun; those whose timers are not due are among them.
    public var pending: UInt64 = 0
    /// Records ever written, of each ring.
    public var heads: [UInt64] = []
    /// Records of evidence and samples ever written.
    public var evidence: UInt64 = 0
    /// The process ended by itself.
    public var hasEnded = false

    public init(at: Ticks) { self.at = at }
}

extension SessionFile {
    /// What there is now. `now`: the session's clock.
    public func glance(now: Ticks) -> SessionGlance {
        var glance = SessionGlance(at: now)
        // The line of what runs is one poll's if nothing began or ended from before it was copied until after.
        let before = ringHeaders()
        let rings = ringHeaders()
        let after = ringHeaders()
        let header = header()
        var begun = header.polls_unrecorded
        glance.heads.reserveCapacity(rings.count)
        for (index, ring) in rings.enumerated() {
            glance.heads.append(ring.head)
            // Wrapping: a damaged file can count anything.
            glance.evidence &+= ring.evidence_head
            begun &+= ring.head &- ring.thread_records &- ring.holds &- ring.turns
            let running = ring.running
            guard running.start_ticks != 0 else { continue }
            let isTurn = UInt32(running.kind) == POLLSCOPE_RECORD_TURN.rawValue
            begun &+= isTurn ? 0 : UInt64(max(1, ring.depth))
            guard index < before.count, index < after.count, before[index].running.start_ticks == running.start_ticks,
                after[index].running.start_ticks == running.start_ticks
            else { continue }
            glance.running.append(GlancedPoll(ring, number: UInt32(index)))
        }
        // What the slots count is read after what it is compared with: no job has begun that is not enqueued here.
        var enqueued = header.enqueues_unslotted
        let slots = Int(min(header.slots_used, layout.slots.count))
        for slot in values(pollscope_slot(), count: slots, at: layout.slots.offset) { enqueued &+= slot.enqueues }
        glance.pending = enqueued >= begun ? enqueued - begun : 0
        glance.evidence &+= header.samples_head
        glance.hasEnded = header.state == UInt32(POLLSCOPE_SESSION_ENDED.rawValue)
        return glance
    }

    /// When the live tasks were made that have not begun, of those made after `time`. A session without the table of tasks
    /// has none.
    public func tasksNotBegun(madeAfter time: Ticks) -> [Ticks] {
        let entries = values(pollscope_task_entry(), count: Int(layout.tasks.count), at: layout.tasks.offset)
        return entries.compactMap { entry in
            let isTask = entry.task > UInt64(POLLSCOPE_TASK_BEING_CLAIMED)
            guard isTask, entry.polls == 0, entry.started_ticks == 0, entry.created_ticks > time.rawValue else {
                return nil
            }
            return Ticks(entry.created_ticks)
        }
    }
}

extension GlancedPoll {
    fileprivate init(_ ring: pollscope_ring_header, number: UInt32) {
        let running = ring.running
        self.init(
            ring: number,
            context: PollContext(
                poll: PollIdentity(tid: ring.owner, start: Ticks(running.start_ticks)), stack: running.stack,
                task: running.task, kind: running.kind, executor: running.executor, flags: running.flags),
            waitTicks: running.wait_ticks, innerTicks: running.inner_ticks, call: running.call,
            callStart: running.call == 0 || running.call_start_ticks == 0 ? nil : Ticks(running.call_start_ticks),
            depth: max(1, ring.depth))
    }
}
