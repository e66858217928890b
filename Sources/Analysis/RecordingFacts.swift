// What the report needs of a recording besides its polls: small tables, read before and after them.

import CPollscopeLayout
import Sessions
import Symbols

/// A poll that had begun and not ended when the recording did; its duration is the time until then.
public struct RunningPoll: Sendable {
    /// Index of its thread in the recording's table of threads.
    public var thread: Int
    public var poll: pollscope_poll_record

    public init(thread: Int, poll: pollscope_poll_record) {
        self.thread = thread
        self.poll = poll
    }
}

public struct RecordingFacts: Sendable {
    public var info: SessionInfo
    public var calibration: Calibration
    /// In the order that polls refer to them.
    public var threads: [ThreadIdentity]
    /// In the order of time.
    public var statuses: [ProcessStatus]
    public var stacks: [UInt32: AsyncStack]
    /// Of Swift objects that were sampled, of actors and of executors, by number.
    public var types: [UInt16: ObjectType] = [:]
    /// Executors beyond the global pool, the main actor and default actors, by the number that records have.
    public var executors: [UInt8: ExecutorIdentity] = [:]
    /// What requests are called, by the number that records have.
    public var requestNames: [UInt32: RequestName] = [:]
    public var unfinished: [RunningPoll] = []
    /// Looks at what there was to do between those at the process as a whole, in the order of time.
    public var load: [LoadMoment] = []
    public var census: TaskCensus?
    /// `nil`: nobody looked.
    public var stuckTasks: StuckTaskLook?
    /// It is the end of a longer recording, of which the rest was not kept.
    public var isWindow = false
    /// What was wrong with the recording, as a sentence; `nil`: it is whole.
    public var damage: String?

    public init(
        info: SessionInfo, calibration: Calibration, threads: [ThreadIdentity], statuses: [ProcessStatus],
        stacks: [UInt32: AsyncStack]
    ) {
        self.info = info
        self.calibration = calibration
        self.threads = threads
        self.statuses = statuses
        self.stacks = stacks
    }

    /// The time between the first look at the process and the last; `nil` if there was one look at most.
    public var span: ClosedRange<Ticks>? {
        guard let first = statuses.first, let last = statuses.last, first.at < last.at else { return nil }
        return first.at...last.at
    }

    /// Pools, by the number that records have.
    var poolNames: [UInt32: String] {
        Dictionary((statuses.last?.pools ?? []).map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// How much a counter went up in the recording. With a single look, what was counted up to it is all that is known.
    func added(_ counter: KeyPath<SessionCounters, UInt64>) -> UInt64 {
        guard let last = statuses.last?.counters[keyPath: counter] else { return 0 }
        let before = statuses.count > 1 ? statuses[0].counters[keyPath: counter] : 0
        return last >= before ? last - before : 0
    }

    /// The looks at which the process still told its CPU time; a process that has ended tells none.
    var looksAtCPU: [ProcessStatus] { statuses.filter { $0.processCPUNanoseconds > 0 } }

    /// The time that CPU times are known for: coverage compares what polls did in it.
    public var spanOfCPU: ClosedRange<Ticks>? {
        let looks = looksAtCPU
        guard let first = looks.first, let last = looks.last, first.at < last.at else { return nil }
        return first.at...last.at
    }

    /// The thread that had `slot` at `moment`.
    func thread(ofSlot slot: UInt16, at moment: Ticks) -> ThreadIdentity? {
        guard UInt32(slot) != POLLSCOPE_NO_SLOT else { return nil }
        let owners = threads.filter { $0.slot == slot }
        // A waker's slot is claimed before it enqueues anything, but the thread may be known from a later look
        // only; a slot with a single owner is that owner's at any time.
        return owners.filter { $0.claimed <= moment }.max { $0.claimed < $1.claimed }
            ?? (owners.count == 1 ? owners[0] : nil)
    }
}

/// A stack in words.
public struct NamedStack: Sendable {
    public var site: Site
    /// Innermost first, inlined ones included. Empty for an actor's drain, which is no stack of functions.
    public var frames: [SourceFrame]

    public init(site: Site, frames: [SourceFrame]) {
        self.site = site
        self.frames = frames
    }
}
