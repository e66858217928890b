// A service made up by a test: what it shows at each moment, and what the live view tells of it. A tick is a microsecond.

import Analysis
import CPollscopeLayout
import Sessions
import Symbols
import Testing

@testable import LiveView

struct MadeService {
    static let calibration = Calibration(
        first: ClockAnchor(ticks: Ticks(0), monotonicNanoseconds: 0),
        last: ClockAnchor(ticks: Ticks(1_000_000_000), monotonicNanoseconds: 1_000_000_000_000), nominalHertz: 1_000_000
    )
    /// 14:02:30 in UTC.
    static let clock = WatchClock(
        calibration: calibration, anchor: Ticks(0), anchorWallNanoseconds: (20_785 * 86_400 + 50_550) * 1_000_000_000)

    static func info(processors: Int = 2) -> SessionInfo {
        SessionInfo(
            processID: 4121, processStart: 1, executable: "/srv/quotes", runtimeVersion: "6.3", processors: processors,
            clock: UInt32(POLLSCOPE_CLOCK_MONOTONIC.rawValue), wallNanoseconds: 0, ringRecords: 1024, pollCostTicks: 1,
            probes: [], longPollNanoseconds: 10_000_000)
    }

    static func names(_ info: SessionInfo) -> LiveNames {
        LiveNames(
            info: info,
            name: { stack in
                let functions = [1: "RiskModel.score(_:)", 2: "Ledger.append(_:)"]
                return NamedStack(
                    site: Site(
                        function: functions[Int(stack.id)] ?? "site\(stack.id)()", awaitPoint: 1,
                        file: "/src/quotes/Risk.swift", line: 47 + Int(stack.id), task: "main()", origin: .user),
                    frames: [])
            },
            nameCode: { address in
                [
                    SourceFrame(
                        function: "code\(address)()", file: "/src/quotes/Code.swift", line: Int(address),
                        module: "quotes", origin: .user, address: address)
                ]
            })
    }

    var watch: ServiceWatch
    var now: UInt64 = 1_000_000
    var running: [GlancedPoll] = []
    var pending: UInt64 = 0
    var session = SessionLook()
    var life = ProcessFiles.Life.runs
    var tasksNotBegun: [Ticks] = []
    private(set) var told: [WatchEvent] = []

    init(processors: Int = 2) {
        let info = Self.info(processors: processors)
        watch = ServiceWatch(info: info, clock: Self.clock, names: Self.names(info), now: Ticks(0))
        for id in 1...9 as ClosedRange<UInt32> {
            session.stacks.append(
                AsyncStack(id: id, kind: UInt8(POLLSCOPE_STACK_RESUME.rawValue), isCut: false, frames: [UInt64(id)]))
        }
    }

    /// A glance, and what is in `session`.
    @discardableResult
    mutating func look(after milliseconds: UInt64 = 10) -> [WatchEvent] {
        now += milliseconds * 1000
        var glance = SessionGlance(at: Ticks(now))
        glance.running = running
        glance.pending = pending
        let tasks = tasksNotBegun
        let events = watch.take(
            WatchLook(
                glance: glance, session: session, life: life,
                tasksNotBegun: { from in tasks.filter { $0 > from } }))
        session = SessionLook()
        told += events
        return events
    }

    mutating func looks(_ count: Int, every milliseconds: UInt64 = 10) {
        for _ in 0..<count { look(after: milliseconds) }
    }

    static func context(
        ring: UInt32, start: UInt64, stack: UInt32 = 1, executor: UInt32 = POLLSCOPE_EXECUTOR_GLOBAL.rawValue,
        kind: pollscope_record_kind = POLLSCOPE_RECORD_TASK, flags: UInt8 = 0
    ) -> PollContext {
        PollContext(
            poll: PollIdentity(tid: 100 + ring, start: Ticks(start)), stack: stack, task: 7 + ring,
            kind: UInt8(kind.rawValue), executor: UInt8(executor), flags: flags)
    }

    /// Something begins to run on a ring's thread, now.
    mutating func begin(ring: UInt32, stack: UInt32 = 1, wait: UInt64 = 0) {
        running.removeAll { $0.ring == ring }
        running.append(
            GlancedPoll(ring: ring, context: Self.context(ring: ring, start: now, stack: stack), waitTicks: wait))
    }

    /// What runs on a ring's thread ends now, and leaves its record.
    mutating func end(ring: UInt32) {
        guard let index = running.firstIndex(where: { $0.ring == ring }) else { return }
        let poll = running.remove(at: index)
        record(poll.context, ring: ring, until: now, wait: poll.waitTicks)
    }

    mutating func record(_ context: PollContext, ring: UInt32, until end: UInt64, wait: UInt64 = 0) {
        var record = pollscope_poll_record()
        record.kind = context.kind
        record.executor = context.executor
        record.flags = context.flags
        record.start_ticks = context.poll.start.rawValue
        record.duration_ticks = end - context.poll.start.rawValue
        record.wait_ticks = wait
        record.stack = context.stack
        record.task = context.task
        session.batches.append(
            PollBatch(
                thread: ThreadIdentity(tid: context.poll.tid, slot: UInt16(ring), claimed: Ticks(0), name: "pool"),
                ring: ring, firstSequence: 0, lost: 0, polls: [record], running: nil))
    }

    mutating func longPoll(_ context: PollContext, milliseconds: UInt64, blocked: UInt64 = 0) {
        session.evidence.longPolls.append(
            LongPoll(
                context: context, durationTicks: milliseconds * 1000, blockedTicks: blocked * 1000, calls: 0,
                first: nil, endCPUNanoseconds: nil))
    }

    /// Lines of all that was told so far, as in a wide pipe.
    var lines: [String] {
        let text = WatchText(width: 0, ink: .plain, clock: Self.clock)
        return told.map(text.line)
    }
}
