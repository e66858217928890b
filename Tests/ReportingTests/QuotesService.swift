// A made-up recording for golden files: a service of two pool threads in which quotes wait behind risk polls.

import CPollscopeLayout
import Sessions
import Symbols

@testable import Analysis

enum QuotesService {
    private static let second: UInt64 = 1_000_000_000
    private static let calibration = Calibration(
        first: ClockAnchor(ticks: Ticks(second), monotonicNanoseconds: second),
        last: ClockAnchor(ticks: Ticks(31 * second), monotonicNanoseconds: 31 * second),
        nominalHertz: second)

    private static let threads = [
        ThreadIdentity(tid: 4123, slot: 0, claimed: Ticks(second), name: "quotes"),
        ThreadIdentity(tid: 4124, slot: 1, claimed: Ticks(second), name: "quotes"),
        ThreadIdentity(tid: 4121, slot: 2, claimed: Ticks(second), name: "main"),
        ThreadIdentity(tid: 4130, slot: 3, claimed: Ticks(second), name: "NIO-ELT-0-#0"),
    ]

    private static let probes = [
        ProbeStatus(
            id: UInt16(POLLSCOPE_PROBE_GLOBAL_POOL.rawValue), state: UInt16(POLLSCOPE_PROBE_ON.rawValue), reason: ""),
        ProbeStatus(
            id: UInt16(POLLSCOPE_PROBE_MAIN_EXECUTOR.rawValue), state: UInt16(POLLSCOPE_PROBE_ON.rawValue), reason: ""),
        ProbeStatus(
            id: UInt16(POLLSCOPE_PROBE_TIMERS.rawValue), state: UInt16(POLLSCOPE_PROBE_ON.rawValue), reason: ""),
        ProbeStatus(
            id: UInt16(POLLSCOPE_PROBE_YIELDS.rawValue), state: UInt16(POLLSCOPE_PROBE_REFUSED.rawValue),
            reason: "this runtime inlines Task.yield()"),
    ]

    private enum Stack {
        static let risk: UInt32 = 1
        static let quote: UInt32 = 2
        static let accept: UInt32 = 3
        static let ledger: UInt32 = 4
        static let start: UInt32 = 5
        static let housekeeping: UInt32 = 6
    }

    static func facts() -> RecordingFacts {
        var facts = RecordingFacts(
            info: SessionInfo(
                processID: 4121, processStart: 1, executable: "/srv/bin/quotes", runtimeVersion: "Swift 6.3.1",
                processors: 2, clock: POLLSCOPE_CLOCK_MONOTONIC.rawValue,
                wallNanoseconds: 1_700_000_000 * second, ringRecords: 16_384, pollCostTicks: 45, probes: probes),
            calibration: calibration, threads: threads,
            statuses: [status(at: 0, cpuSeconds: 2), status(at: 30, cpuSeconds: 32)],
            stacks: Dictionary(
                uniqueKeysWithValues: (UInt32(1)...6).map { id in
                    let kind = id == Stack.ledger ? POLLSCOPE_STACK_ACTOR : POLLSCOPE_STACK_RESUME
                    return (
                        id,
                        AsyncStack(id: id, kind: UInt8(kind.rawValue), isCut: id == Stack.risk, frames: [UInt64(id)])
                    )
                }))
        var stuck = pollscope_poll_record()
        stuck.kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
        stuck.executor = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)
        stuck.start_ticks = 31 * second - 23_000_000
        stuck.duration_ticks = 23_000_000
        stuck.wait_ticks = 4_000_000
        stuck.stack = Stack.risk
        stuck.task = 9_001
        stuck.waker = 0
        facts.unfinished = [RunningPoll(thread: 1, poll: stuck)]
        return facts
    }

    static func model() -> ReportModel {
        let facts = facts()
        var analysis = PollAnalysis(
            calibration: facts.calibration, span: facts.span, spanOfCPU: facts.spanOfCPU, slowest: 4)
        var lines = [Line(thread: 0), Line(thread: 1)]
        for round in 0..<700 {
            for number in lines.indices { lines[number].run(round) }
            if round % 100 == 99 {
                for number in lines.indices { lines[number].hand(to: &analysis) }
                analysis.endChunk()
            }
        }
        var model = ReportModel(
            facts: facts, analysis: analysis, naming: name,
            symbolProblems: {
                ["/usr/lib/libfast.so is stripped: functions that it does not export are shown as addresses."]
            })
        model.allocations = MadeUpAllocations.ofQuotes(model.sites)
        model.allocationsMissing = nil
        return model
    }

    /// What one thread runs, round after round of about 43 ms.
    private struct Line {
        var thread: Int
        var now: UInt64
        var sequence: UInt64 = 0
        var polls: [pollscope_poll_record] = []

        init(thread: Int) {
            self.thread = thread
            now = QuotesService.second + UInt64(thread) * 20_000_000
        }

        mutating func run(_ round: Int) {
            let spread = UInt64(round * 7 % 23)
            poll(Stack.accept, ns: 18_000 + spread * 900, waitNs: 3_000 + spread * 200, flags: POLLSCOPE_POLL_FIRST)
            // A tenth of the rounds are quiet.
            if round % 10 != 0 { poll(Stack.risk, ns: 38_000_000 + spread * 120_000, waitNs: 9_000 + spread * 90_000) }
            for quote in 0..<20 {
                let behind: UInt64 = round % 10 == 0 ? 4_000 : 38_000_000 - UInt64(quote) * 1_700_000
                poll(Stack.quote, ns: 60_000 + UInt64(quote) * 3_000 + spread * 500, waitNs: behind)
            }
            poll(Stack.quote, ns: 2_100, waitNs: 30_000, flags: POLLSCOPE_POLL_TIMER)
            poll(Stack.ledger, ns: 11_000 + spread * 100, waitNs: 2_000, kind: POLLSCOPE_RECORD_ACTOR)
            if thread == 1, round % 50 == 0 {
                poll(Stack.housekeeping, ns: 150_000, waitNs: 1_000, executor: POLLSCOPE_EXECUTOR_MAIN)
            }
            now += 400_000
        }

        private mutating func poll(
            _ stack: UInt32, ns: UInt64, waitNs: UInt64, flags: pollscope_poll_flags? = nil,
            kind: pollscope_record_kind = POLLSCOPE_RECORD_TASK,
            executor: pollscope_executor = POLLSCOPE_EXECUTOR_GLOBAL
        ) {
            var poll = pollscope_poll_record()
            poll.kind = UInt8(kind.rawValue)
            poll.executor = UInt8(executor.rawValue)
            poll.flags = UInt8((flags?.rawValue ?? 0) | (sequence % 3 == 0 ? POLLSCOPE_POLL_WAKER_POLL.rawValue : 0))
            poll.start_ticks = now
            poll.duration_ticks = ns
            poll.wait_ticks = waitNs
            poll.stack = stack
            poll.task = UInt32(truncatingIfNeeded: 100 + sequence * 2) + UInt32(thread)
            poll.waker = sequence % 3 == 0 ? UInt16(1 - thread) : 3
            polls.append(poll)
            now += ns + 2_000
            sequence += 1
        }

        mutating func hand(to analysis: inout PollAnalysis) {
            polls.withUnsafeBufferPointer {
                analysis.add(
                    ThreadPolls(
                        thread: thread, ring: UInt32(thread), firstSequence: sequence - UInt64($0.count), lost: 0,
                        polls: $0, running: nil))
            }
            polls.removeAll()
        }
    }

    private static func status(at seconds: UInt64, cpuSeconds: Double) -> ProcessStatus {
        func used(_ share: Double) -> UInt64 { UInt64(cpuSeconds * share * 1e9) }
        var counters = SessionCounters()
        counters.polls = seconds * 1_115
        counters.enqueues = counters.polls + 1
        return ProcessStatus(
            at: Ticks((1 + seconds) * second), calibrationLast: calibration.last, counters: counters,
            processCPUNanoseconds: used(1), residentBytes: 40 << 20,
            threads: [
                ThreadCPU(tid: 4123, name: "quotes", cpuNanoseconds: used(0.44), runQueueNanoseconds: 0),
                ThreadCPU(tid: 4124, name: "quotes", cpuNanoseconds: used(0.44), runQueueNanoseconds: 0),
                ThreadCPU(tid: 4121, name: "main", cpuNanoseconds: used(0.01), runQueueNanoseconds: 0),
                ThreadCPU(tid: 4130, name: "NIO-ELT-0-#0", cpuNanoseconds: used(0.11), runQueueNanoseconds: 0),
            ],
            collectorCPUNanoseconds: seconds * 6_000_000)
    }

    static func name(_ stack: AsyncStack) -> NamedStack {
        let root = "/home/dev/quotes/Sources/Quotes"
        func frame(
            _ function: String, _ awaitPoint: Int?, _ file: String?, _ line: Int?, _ origin: CodeOrigin = .user,
            inlined: Bool = false
        ) -> SourceFrame {
            SourceFrame(
                function: function, awaitPoint: awaitPoint, file: file, line: line,
                module: origin == .runtime ? "Swift" : "Quotes", origin: origin, isInlined: inlined, address: 1)
        }
        let risk = frame("RiskModel.score(_:)", 2, "\(root)/Risk/Risk.swift", 48)
        let handle = frame("closure 1 in RiskController.addRoutes(to:)", 1, "\(root)/Risk/RiskController.swift", 31)
        let quote = frame(
            "QuoteController<PostgresQuoteRepository>.handle(_:context:)", 1,
            "\(root)/Controllers/QuoteController.swift", 112)
        let accept = frame(
            "closure 1 in closure 2 in ServerChildChannel.handle(value:logger:)", 0, nil, nil, .dependency)
        let runtime = [
            frame("Task.yield()", 1, nil, nil, .runtime), frame("thunk", nil, nil, nil, .runtime),
        ]
        let frames: [SourceFrame] =
            switch stack.id {
            case Stack.risk: [risk, handle, accept] + runtime
            case Stack.quote: runtime + [quote, accept]
            case Stack.accept: [accept]
            case Stack.housekeeping: [frame("Housekeeping.run()", 1, "\(root)/Housekeeping.swift", 9)]
            default: []
            }
        let innermost = frames.first { $0.origin != .runtime }
        let spawn = frames.last { $0.origin == .user } ?? innermost
        return NamedStack(
            site: Site(
                function: innermost?.function ?? "Ledger", awaitPoint: innermost?.awaitPoint,
                file: innermost?.file, line: innermost?.line, task: spawn?.function ?? "Ledger", origin: .user),
            frames: frames)
    }
}
