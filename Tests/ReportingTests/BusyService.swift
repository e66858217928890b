// A made-up recording for golden files: a busy actor, two event loops, a saturated queue and a custom executor.

import CPollscopeLayout
import Sessions
import Symbols

@testable import Analysis

enum BusyService {
    private static let microsecond: UInt64 = 1_000
    private static let millisecond: UInt64 = 1_000_000
    private static let second: UInt64 = 1_000_000_000
    private static let root = "/home/dev/shop/Sources/Shop"
    private static let calibration = Calibration(
        first: ClockAnchor(ticks: Ticks(second), monotonicNanoseconds: second),
        last: ClockAnchor(ticks: Ticks(31 * second), monotonicNanoseconds: 31 * second), nominalHertz: second)

    private enum Stack {
        static let order: UInt32 = 1
        static let append: UInt32 = 2
        static let total: UInt32 = 3
        static let session: UInt32 = 4
        static let query: UInt32 = 5
        static let thumbnail: UInt32 = 6
        static let drain: UInt32 = 7
        static let channel: UInt32 = 8
    }

    private enum Executor {
        static let loops: [UInt8] = [16, 17]
        static let database: UInt8 = 18
        static let thumbnails: UInt8 = 19
        static let unnamed: UInt8 = 20
    }

    private enum Kind {
        static let ledger: UInt16 = 1
        static let session: UInt16 = 2
        static let database: UInt16 = 3
    }

    private static let threads = [
        ThreadIdentity(tid: 4123, slot: 0, claimed: Ticks(second), name: "shop"),
        ThreadIdentity(tid: 4124, slot: 1, claimed: Ticks(second), name: "shop"),
        ThreadIdentity(tid: 4125, slot: 2, claimed: Ticks(second), name: "NIO-ELT-0-#0"),
        ThreadIdentity(tid: 4126, slot: 3, claimed: Ticks(second), name: "NIO-ELT-0-#1"),
        ThreadIdentity(tid: 4127, slot: 4, claimed: Ticks(second), name: "db-1"),
        ThreadIdentity(tid: 4128, slot: 5, claimed: Ticks(second), name: "shop"),
    ]

    private static let executors = [
        executor(16, POLLSCOPE_EXECUTOR_LOOP, "NIO-ELT-0-#0"), executor(17, POLLSCOPE_EXECUTOR_LOOP, "NIO-ELT-0-#1"),
        executor(18, POLLSCOPE_EXECUTOR_SERIAL, "db-1", type: Kind.database),
        executor(19, POLLSCOPE_EXECUTOR_QUEUE, "com.example.thumbnails"), executor(20, POLLSCOPE_EXECUTOR_QUEUE, ""),
    ]

    private static func executor(
        _ number: UInt8, _ kind: pollscope_executor_kind, _ name: String, type: UInt16 = 0
    ) -> ExecutorIdentity {
        ExecutorIdentity(number: number, kind: kind.rawValue, type: type, name: name, identity: UInt64(number))
    }

    private static let probes: [ProbeStatus] = [
        POLLSCOPE_PROBE_GLOBAL_POOL, POLLSCOPE_PROBE_MAIN_EXECUTOR, POLLSCOPE_PROBE_ACTORS, POLLSCOPE_PROBE_EVENT_LOOPS,
        POLLSCOPE_PROBE_QUEUES,
    ].map { ProbeStatus(id: UInt16($0.rawValue), state: UInt16(POLLSCOPE_PROBE_ON.rawValue), reason: "") }

    static func facts() -> RecordingFacts {
        var facts = RecordingFacts(
            info: SessionInfo(
                processID: 4121, processStart: 1, executable: "/srv/bin/shop", runtimeVersion: "Swift 6.3.1",
                processors: 2, clock: POLLSCOPE_CLOCK_MONOTONIC.rawValue,
                wallNanoseconds: 1_700_000_000 * second, ringRecords: 16_384, pollCostTicks: 45, probes: probes),
            calibration: calibration, threads: threads, statuses: [status(at: 0), status(at: 30)],
            stacks: Dictionary(
                uniqueKeysWithValues: (UInt32(1)...8).map { id in
                    let kind = id == Stack.drain ? POLLSCOPE_STACK_ACTOR : POLLSCOPE_STACK_RESUME
                    return (id, AsyncStack(id: id, kind: UInt8(kind.rawValue), isCut: false, frames: [1]))
                }))
        facts.types = [
            Kind.ledger: ObjectType(id: Kind.ledger, name: "Shop.Ledger"),
            Kind.session: ObjectType(id: Kind.session, name: "Shop.(Session in $7f10)"),
            Kind.database: ObjectType(id: Kind.database, name: "ShopDB.DatabaseExecutor"),
        ]
        facts.executors = Dictionary(uniqueKeysWithValues: executors.map { ($0.number, $0) })
        return facts
    }

    static func model() -> ReportModel {
        let facts = facts()
        var analysis = PollAnalysis(
            calibration: facts.calibration, span: facts.span, spanOfCPU: facts.spanOfCPU, slowest: 4)
        var lines = threads.indices.map { Line(thread: $0) }
        for round in 0..<300 {
            for number in lines.indices { run(round, on: &lines[number]) }
            if round % 50 == 49 {
                for number in lines.indices { lines[number].hand(to: &analysis) }
                analysis.endChunk()
            }
        }
        var model = ReportModel(facts: facts, analysis: analysis, naming: name)
        (model.allocations, model.allocationsMissing) = (nil, "Allocations were not counted: POLLSCOPE_ALLOC says so.")
        return model
    }

    /// A round takes 100 ms.
    private static func run(_ round: Int, on line: inout Line) {
        line.now = second + UInt64(round) * 100 * millisecond
        let spread = UInt64(round * 7 % 23)
        switch line.thread {
        case 0, 1: pool(round, spread, on: &line)
        case 2, 3: loop(round, spread, on: &line)
        case 4:
            for _ in 0..<5 {
                line.poll(
                    Stack.query, 2 * millisecond + spread * 50 * microsecond, wait: 3 * millisecond,
                    executor: Executor.database)
            }
        default: queue(round, spread, on: &line)
        }
    }

    /// One thread drains the ledger, whose callers are on both; they have sessions of their own.
    private static func pool(_ round: Int, _ spread: UInt64, on line: inout Line) {
        line.poll(Stack.order, 300 * microsecond + spread * 10 * microsecond, wait: 20 * microsecond)
        let session = UInt32(100 + round % 40 * 2 + line.thread)
        line.poll(Stack.order, 90 * microsecond, wait: 15 * microsecond) {
            $0.hold(
                Stack.session, 60 * microsecond, wait: 0, type: Kind.session, actor: session,
                flags: POLLSCOPE_HOLD_AT_ONCE)
        }
        guard line.thread == 0 else { return }
        line.poll(Stack.drain, 0, wait: 30 * microsecond, kind: POLLSCOPE_RECORD_ACTOR) { line in
            for job in 0..<8 {
                let isTotal = job == 7
                let wait = UInt64(job) * 9 * millisecond + spread * 100 * microsecond
                let length = isTotal ? 14 * millisecond : 9 * millisecond + spread * 10 * microsecond
                let stack = isTotal ? Stack.total : Stack.append
                line.nested(
                    stack, length, wait: wait, executor: UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue), type: Kind.ledger)
                line.now += 4 * microsecond
            }
        }
    }

    private static func loop(_ round: Int, _ spread: UInt64, on line: inout Line) {
        let executor = Executor.loops[line.thread - 2]
        for turn in 0..<40 {
            let isReady = turn % 4 == 0
            line.turn(
                30 * microsecond + spread * microsecond, wait: isReady ? 12 * microsecond : 0,
                flags: isReady ? POLLSCOPE_POLL_WAIT_AT_MOST.rawValue : 0, executor: executor
            ) { line in
                if turn % 10 == 0 {
                    line.nested(Stack.channel, 50 * microsecond, wait: 80 * microsecond, executor: executor, type: nil)
                }
            }
            line.now += millisecond
        }
        // A handler that blocks its loop.
        if line.thread == 3, round % 20 == 0 {
            line.turn(40 * millisecond, wait: 0, flags: 0, executor: executor) { _ in }
        }
    }

    private static func queue(_ round: Int, _ spread: UInt64, on line: inout Line) {
        for work in 0..<9 {
            line.poll(
                Stack.thumbnail, 10 * millisecond, wait: UInt64(work) * 10 * millisecond + spread * microsecond,
                kind: POLLSCOPE_RECORD_WORK, executor: Executor.thumbnails)
        }
        line.poll(
            0, 20 * microsecond, wait: 0, kind: POLLSCOPE_RECORD_WORK, executor: Executor.unnamed,
            flags: UInt8(round % 3 == 0 ? POLLSCOPE_POLL_WAIT_UNKNOWN.rawValue : 0))
    }

    private static func status(at seconds: UInt64) -> ProcessStatus {
        var counters = SessionCounters()
        counters.polls = seconds * 600
        counters.turns = seconds * 800
        counters.threadsCreated = 6 + seconds * 4
        func cpu(_ index: Int, _ share: Double) -> ThreadCPU {
            ThreadCPU(
                tid: threads[index].tid, name: threads[index].name,
                cpuNanoseconds: UInt64(Double(seconds) * share * 1e9), runQueueNanoseconds: 0)
        }
        return ProcessStatus(
            at: Ticks((1 + seconds) * second), calibrationLast: calibration.last, counters: counters,
            processCPUNanoseconds: second + seconds * 2 * second, residentBytes: 40 << 20,
            threads: [cpu(0, 0.8), cpu(1, 0.02), cpu(2, 0.02), cpu(3, 0.05), cpu(4, 0.13), cpu(5, 0.92)]
                + [ThreadCPU(tid: 4199, name: "logger", cpuNanoseconds: seconds * second / 20, runQueueNanoseconds: 0)],
            collectorCPUNanoseconds: seconds * 6_000_000)
    }

    static func name(_ stack: AsyncStack) -> NamedStack {
        func frame(_ function: String, _ awaitPoint: Int?, _ file: String, _ line: Int) -> SourceFrame {
            SourceFrame(
                function: function, awaitPoint: awaitPoint, file: "\(root)/\(file)", line: line, module: "Shop",
                origin: .user, isInlined: false, address: 1)
        }
        let task = frame("closure 1 in Routes.add(to:)", 1, "Routes.swift", 31)
        let innermost: SourceFrame? =
            switch stack.id {
            case Stack.order: frame("Orders.place(_:)", 2, "Orders.swift", 20)
            case Stack.append: frame("Ledger.append(_:)", 0, "Ledger.swift", 91)
            case Stack.total: frame("Ledger.total()", 0, "Ledger.swift", 102)
            case Stack.session: frame("Session.touch()", 0, "Session.swift", 12)
            case Stack.query: frame("Database.query(_:)", 1, "Database.swift", 55)
            case Stack.thumbnail: frame("closure 1 in Thumbnails.make(_:)", nil, "Thumbnails.swift", 18)
            case Stack.channel: frame("closure 1 in Connection.serve()", 1, "Connection.swift", 40)
            default: nil
            }
        return NamedStack(
            site: Site(
                function: innermost?.function ?? "Ledger", awaitPoint: innermost?.awaitPoint, file: innermost?.file,
                line: innermost?.line, task: innermost == nil ? "Ledger" : task.function, origin: .user),
            frames: innermost.map { [$0, task] } ?? [])
    }
}

/// What one thread records: outer polls after what ran inside them.
private struct Line {
    var thread: Int
    var now: UInt64 = 0
    private var sequence: UInt64 = 0
    private var records: [pollscope_poll_record] = []

    init(thread: Int) { self.thread = thread }

    /// A poll of `ticks`, or as long as what is inside takes.
    mutating func poll(
        _ stack: UInt32, _ ticks: UInt64, wait: UInt64, kind: pollscope_record_kind = POLLSCOPE_RECORD_TASK,
        executor: UInt8 = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue), flags: UInt8 = 0,
        inside: (inout Line) -> Void = { _ in }
    ) {
        let start = now
        now += 2_000
        inside(&self)
        now = max(now + 1_000, start + ticks)
        append(stack, from: start, wait: wait, kind: kind, executor: executor, flags: flags)
        now += 3_000
    }

    mutating func turn(
        _ ticks: UInt64, wait: UInt64, flags: UInt32, executor: UInt8, inside: (inout Line) -> Void
    ) {
        poll(
            0, ticks, wait: wait, kind: POLLSCOPE_RECORD_TURN, executor: executor, flags: UInt8(flags), inside: inside)
    }

    /// A job inside; on an actor, with its hold.
    mutating func nested(_ stack: UInt32, _ ticks: UInt64, wait: UInt64, executor: UInt8, type: UInt16?) {
        let start = now
        now += ticks
        if let type { record(hold(stack, from: start, wait: wait, type: type, actor: 77, flags: 0)) }
        append(
            stack, from: start, wait: wait, kind: POLLSCOPE_RECORD_TASK, executor: executor,
            flags: UInt8(POLLSCOPE_POLL_NESTED.rawValue))
    }

    mutating func hold(
        _ stack: UInt32, _ ticks: UInt64, wait: UInt64, type: UInt16, actor: UInt32, flags: pollscope_hold_flags
    ) {
        let start = now
        now += ticks
        record(hold(stack, from: start, wait: wait, type: type, actor: actor, flags: UInt8(flags.rawValue)))
    }

    private func hold(
        _ stack: UInt32, from start: UInt64, wait: UInt64, type: UInt16, actor: UInt32, flags: UInt8
    ) -> pollscope_poll_record {
        var hold = pollscope_poll_record()
        hold.kind = UInt8(POLLSCOPE_RECORD_HOLD.rawValue)
        hold.executor = UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)
        hold.flags = flags
        hold.start_ticks = start
        hold.duration_ticks = now - start
        hold.wait_ticks = wait
        hold.stack = stack
        hold.waker = type
        hold.allocations = actor
        return hold
    }

    private mutating func append(
        _ stack: UInt32, from start: UInt64, wait: UInt64, kind: pollscope_record_kind, executor: UInt8, flags: UInt8
    ) {
        var poll = pollscope_poll_record()
        poll.kind = UInt8(kind.rawValue)
        poll.executor = executor
        poll.flags = flags
        poll.start_ticks = start
        poll.duration_ticks = now - start
        poll.wait_ticks = wait
        poll.stack = stack
        poll.task = UInt32(truncatingIfNeeded: 100 + sequence)
        poll.waker = kind == POLLSCOPE_RECORD_TURN ? UInt16(POLLSCOPE_NO_SLOT) : 3
        record(poll)
    }

    private mutating func record(_ record: pollscope_poll_record) {
        records.append(record)
        sequence += 1
    }

    mutating func hand(to analysis: inout PollAnalysis) {
        records.withUnsafeBufferPointer {
            let all = ThreadPolls(
                thread: thread, ring: UInt32(thread), firstSequence: sequence - UInt64($0.count), lost: 0, polls: $0,
                running: nil)
            RecordDivider().divide(all) { analysis.add($0) }
        }
        records.removeAll()
    }
}
