// Polls and recordings made for tests: a clock of a nanosecond a tick, and only what a test wants to say.

import CPollscopeLayout
import Sessions
import Symbols

@testable import Analysis

enum Made {
    static let calibration = Calibration(
        first: ClockAnchor(ticks: Ticks(1_000), monotonicNanoseconds: 1_000),
        last: ClockAnchor(ticks: Ticks(60_000_001_000), monotonicNanoseconds: 60_000_001_000),
        nominalHertz: 1_000_000_000)

    static func poll(
        _ start: UInt64, _ duration: UInt64, wait: UInt64 = 0, stack: UInt32 = 1, task: UInt32 = 1,
        kind: pollscope_record_kind = POLLSCOPE_RECORD_TASK, flags: [pollscope_poll_flags] = [],
        executor: pollscope_executor = POLLSCOPE_EXECUTOR_GLOBAL, waker: UInt16 = UInt16(POLLSCOPE_NO_SLOT)
    ) -> pollscope_poll_record {
        var poll = pollscope_poll_record()
        poll.start_ticks = start
        poll.duration_ticks = duration
        poll.wait_ticks = wait
        poll.stack = stack
        poll.task = task
        poll.kind = UInt8(kind.rawValue)
        poll.flags = flags.reduce(0) { $0 | UInt8($1.rawValue) }
        poll.executor = UInt8(executor.rawValue)
        poll.waker = waker
        return poll
    }

    /// Likewise, on an executor of the recording's table.
    static func poll(
        _ start: UInt64, _ duration: UInt64, wait: UInt64 = 0, stack: UInt32 = 1, task: UInt32 = 1,
        kind: pollscope_record_kind = POLLSCOPE_RECORD_TASK, flags: [pollscope_poll_flags] = [], on executor: UInt8
    ) -> pollscope_poll_record {
        var poll = poll(start, duration, wait: wait, stack: stack, task: task, kind: kind, flags: flags)
        poll.executor = executor
        return poll
    }

    /// A hold of an actor of type 7.
    static func hold(
        _ start: UInt64, _ duration: UInt64, wait: UInt64 = 0, actor: UInt32 = 1, task: UInt32 = 1,
        flags: [pollscope_hold_flags] = []
    ) -> pollscope_poll_record {
        var hold = poll(
            start, duration, wait: wait, task: task, kind: POLLSCOPE_RECORD_HOLD, executor: POLLSCOPE_EXECUTOR_ACTOR,
            waker: 7)
        hold.flags = flags.reduce(0) { $0 | UInt8($1.rawValue) }
        hold.allocations = actor
        return hold
    }

    static func thread(_ index: Int, name: String = "pool") -> ThreadIdentity {
        ThreadIdentity(tid: UInt32(100 + index), slot: UInt16(index), claimed: Ticks(1_000), name: name)
    }

    static func status(
        at seconds: Double, polls: UInt64 = 0, enqueues: UInt64 = 0, cpuSeconds: Double = 0,
        threads: [ThreadCPU] = []
    ) -> ProcessStatus {
        var counters = SessionCounters()
        counters.polls = polls
        counters.enqueues = enqueues
        return ProcessStatus(
            at: Ticks(1_000 + UInt64(seconds * 1e9)), calibrationLast: calibration.last, counters: counters,
            processCPUNanoseconds: UInt64(cpuSeconds * 1e9), residentBytes: 1 << 20, threads: threads,
            collectorCPUNanoseconds: UInt64(seconds * 1e7))
    }

    static func cpu(_ index: Int, name: String = "pool", seconds: Double) -> ThreadCPU {
        ThreadCPU(
            tid: UInt32(100 + index), name: name, cpuNanoseconds: UInt64(seconds * 1e9), runQueueNanoseconds: 0)
    }

    static func facts(
        threads: Int = 2, statuses: [ProcessStatus] = [], stacks: [AsyncStack] = [stack(1)],
        probes: [ProbeStatus] = [
            ProbeStatus(
                id: UInt16(POLLSCOPE_PROBE_GLOBAL_POOL.rawValue), state: UInt16(POLLSCOPE_PROBE_ON.rawValue),
                reason: "")
        ]
    ) -> RecordingFacts {
        RecordingFacts(
            info: SessionInfo(
                processID: 4121, processStart: 1, executable: "/srv/bin/quotes", runtimeVersion: "Swift 6.3.1",
                processors: 2, clock: POLLSCOPE_CLOCK_MONOTONIC.rawValue,
                wallNanoseconds: 1_700_000_000_000_000_000, ringRecords: 16_384, pollCostTicks: 45, probes: probes),
            calibration: calibration, threads: (0..<threads).map { thread($0) }, statuses: statuses,
            stacks: Dictionary(uniqueKeysWithValues: stacks.map { ($0.id, $0) }))
    }

    static func stack(_ id: UInt32) -> AsyncStack {
        AsyncStack(
            id: id, kind: UInt8(POLLSCOPE_STACK_RESUME.rawValue), isCut: false, frames: [UInt64(id) << 8])
    }

    /// Stack n is named `function(n / 10)`: ten stacks share a site.
    static func name(_ stack: AsyncStack) -> NamedStack {
        NamedStack(
            site: Site(
                function: "function\(stack.id / 10)()", awaitPoint: 1, file: "/src/Some.swift",
                line: Int(stack.id / 10), task: "main()", origin: .user),
            frames: [])
    }
}

/// One ring's polls of a chunk, owning what `ThreadPolls` borrows.
struct MadeBatch {
    var thread: Int
    var ring: UInt32
    var first: UInt64 = 0
    var lost: UInt64 = 0
    var polls: [pollscope_poll_record]
    var running: pollscope_poll_record?

    init(
        _ thread: Int, first: UInt64 = 0, lost: UInt64 = 0, _ polls: [pollscope_poll_record],
        running: pollscope_poll_record? = nil
    ) {
        self.thread = thread
        ring = UInt32(thread)
        self.first = first
        self.lost = lost
        self.polls = polls
        self.running = running
        for index in polls.indices {
            self.polls[index].sequence = UInt32(truncatingIfNeeded: first + UInt64(index))
        }
    }

    func withThreadPolls(_ body: (ThreadPolls) -> Void) {
        polls.withUnsafeBufferPointer {
            RecordDivider().divide(
                ThreadPolls(
                    thread: thread, ring: ring, firstSequence: first, lost: lost, polls: $0, running: running),
                body)
        }
    }
}

extension PollAnalysis {
    mutating func add(chunk: [MadeBatch]) {
        for batch in chunk { batch.withThreadPolls { add($0) } }
        endChunk()
    }
}

extension RecordingLaws {
    mutating func add(chunk: [MadeBatch]) {
        for batch in chunk { batch.withThreadPolls { add($0) } }
        endChunk()
    }
}
