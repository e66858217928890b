// A made-up recording for golden files: a service with one long poll for each cause, and one poll that never ends.

import CPollscopeLayout
import Sessions
import Symbols

@testable import Analysis

enum StalledService {
    private static let millisecond: UInt64 = 1_000_000
    private static let second: UInt64 = 1_000_000_000
    private static let root = "/home/dev/shop/Sources/Shop"

    private enum Stack {
        static let score: UInt32 = 1  // computes
        static let append: UInt32 = 2  // blocks
        static let fair: UInt32 = 3  // is not run
        static let quick: UInt32 = 4  // is quick
        static let hang: UInt32 = 5  // never ends
        static let load: UInt32 = 6  // sleeps where nobody observes it
        static let fsync: UInt32 = 20
        static let gate: UInt32 = 21
    }

    private static let names: [UInt64: [SourceFrame]] = [
        0x100: [frame("RiskModel.score(_:)", "Risk.swift", 61)],
        0x110: [
            frame("Curve.value(at:)", "Curve.swift", 22, inlined: true),
            frame("Valuation.price(_:)", "Valuation.swift", 41),
        ],
        0x120: [frame("exp", nil, nil, .runtime, module: "libm.so.6")],
        0x130: [frame("swift_allocObject", nil, nil, .runtime, module: "libswiftCore.so")],
        0x140: [frame("malloc", nil, nil, .runtime, module: "libc.so.6")],
        0x150: [frame("Valuation.rows(_:)", "Valuation.swift", 77)],
        0x200: [frame("Ledger.append(_:)", "Ledger.swift", 91)],
        0x210: [frame("FileHandle.synchronize()", nil, nil, .runtime, module: "Foundation")],
        0x220: [frame("fsync", nil, nil, .runtime, module: "libc.so.6")],
        0x230: [frame("Gate.enter()", "Gate.swift", 14)],
        0x240: [frame("DispatchSemaphore.wait()", nil, nil, .runtime, module: "Dispatch")],
        0x250: [frame("_dispatch_semaphore_wait_slow", nil, nil, .runtime, module: "libdispatch.so")],
        0x300: [frame("Fairness.step()", "Fairness.swift", 12)],
        0x500: [frame("Feed.next()", "Feed.swift", 31)],
        0x600: [frame("Index.load()", "Index.swift", 8)],
    ]

    private static func frame(
        _ function: String, _ file: String?, _ line: Int?, _ origin: CodeOrigin = .user, module: String = "Shop",
        inlined: Bool = false, awaitPoint: Int? = nil
    ) -> SourceFrame {
        SourceFrame(
            function: function, awaitPoint: awaitPoint, file: file.map { "\(root)/\($0)" }, line: line, module: module,
            origin: origin, isInlined: inlined, address: 1)
    }

    static func name(_ stack: AsyncStack) -> NamedStack {
        let task = frame("closure 1 in Routes.add(to:)", "Routes.swift", 31, awaitPoint: 1)
        let innermost: SourceFrame =
            switch stack.id {
            case Stack.score: frame("RiskModel.score(_:)", "Risk.swift", 48, awaitPoint: 2)
            case Stack.append: frame("Ledger.post(_:)", "Ledger.swift", 40, awaitPoint: 1)
            case Stack.fair: frame("Fairness.step()", "Fairness.swift", 9, awaitPoint: 0)
            case Stack.hang: frame("Feed.next()", "Feed.swift", 30, awaitPoint: 0)
            case Stack.load: frame("Index.load()", "Index.swift", 7, awaitPoint: 0)
            default: frame("Health.check()", "Health.swift", 5, awaitPoint: 0)
            }
        return NamedStack(
            site: Site(
                function: innermost.function, awaitPoint: innermost.awaitPoint, file: innermost.file,
                line: innermost.line, task: task.function, origin: .user),
            frames: [innermost, task])
    }

    static func facts() -> RecordingFacts {
        var facts = QuotesService.facts()
        facts.info.executable = "/srv/bin/shop"
        facts.info.longPollNanoseconds = 10 * millisecond
        facts.info.blockingNanoseconds = 100_000
        facts.info.probes.removeLast()
        facts.stacks = Dictionary(
            uniqueKeysWithValues: (UInt32(1)...6).map {
                ($0, AsyncStack(id: $0, kind: UInt8(POLLSCOPE_STACK_RESUME.rawValue), isCut: false, frames: [1]))
            })
        let native = UInt8(POLLSCOPE_STACK_NATIVE.rawValue)
        facts.stacks[Stack.fsync] = AsyncStack(
            id: Stack.fsync, kind: native, isCut: false, frames: [0x220, 0x210, 0x200])
        facts.stacks[Stack.gate] = AsyncStack(
            id: Stack.gate, kind: native, isCut: false, frames: [0x250, 0x240, 0x230, 0x200])
        facts.unfinished = [RunningPoll(thread: 1, poll: poll(Stack.hang, at: 8_000, ms: 23_000))]
        return facts
    }

    static func model(sites: SitePattern? = nil) -> ReportModel {
        let facts = facts()
        let thresholds = ReportThresholds().following(facts.info)
        var analysis = PollAnalysis(
            calibration: facts.calibration, thresholds: thresholds, span: facts.span, spanOfCPU: facts.spanOfCPU,
            slowest: 4, focus: sites.map { PollFocus($0, stacks: facts.stacks, naming: name) })
        var polls: [pollscope_poll_record] = []
        var evidence = EvidenceAnalysis(calibration: facts.calibration)
        for round in 0..<40 {
            let at = 1_000 + UInt64(round) * 700
            polls.append(poll(Stack.score, at: at, ms: 60))
            evidence.add(computing(at: at, round: round))
            polls.append(poll(Stack.append, at: at + 100, ms: 20, blockedMs: 19))
            evidence.add(blocked(at: at + 100, round: round))
            if round % 4 == 0 {
                polls.append(poll(Stack.fair, at: at + 200, ms: 40))
                evidence.add(notRun(at: at + 200))
            }
            if round == 7 {
                polls.append(poll(Stack.load, at: at + 300, ms: 16))
                evidence.add(asleep(at: at + 300))
            }
            for number in 0..<50 { polls.append(poll(Stack.quick, at: at + 400 + UInt64(number), ms: 0)) }
        }
        evidence.add(hanging())
        evidence.finish()
        polls.withUnsafeBufferPointer {
            analysis.add(ThreadPolls(thread: 0, ring: 0, firstSequence: 0, lost: 0, polls: $0, running: nil))
        }
        analysis.endChunk()
        var model = ReportModel(
            facts: facts, analysis: analysis, evidence: evidence, thresholds: thresholds, naming: name,
            namingCode: { names[$0] ?? [] })
        model.allocations = MadeUpAllocations.ofShop(model.sites)
        model.allocationsMissing = nil
        return model
    }

    // MARK: Polls

    private static func poll(_ stack: UInt32, at ms: UInt64, ms length: UInt64, blockedMs: UInt64 = 0)
        -> pollscope_poll_record
    {
        var poll = pollscope_poll_record()
        poll.kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
        poll.executor = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)
        poll.start_ticks = second + ms * millisecond
        poll.duration_ticks = max(length * millisecond, 80_000)
        poll.wait_ticks = 40_000
        poll.stack = stack
        poll.task = 100 + stack
        poll.waker = 3
        poll.blocked_ticks = blockedMs * millisecond
        return poll
    }

    private static func context(_ stack: UInt32, at ms: UInt64, tid: UInt32 = 4123) -> PollContext {
        PollContext(
            poll: PollIdentity(tid: tid, start: Ticks(second + ms * millisecond)), stack: stack, task: 100 + stack,
            kind: UInt8(POLLSCOPE_RECORD_TASK.rawValue), executor: UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue), flags: 0)
    }

    // MARK: Evidence

    private static func reading(
        _ context: PollContext, ms: UInt64, cpuMs: UInt64, queueMs: UInt64 = 0, blockedMs: UInt64 = 0
    ) -> ThreadReading {
        ThreadReading(
            at: Ticks(context.poll.start.rawValue + ms * millisecond), cpuNanoseconds: second + cpuMs * millisecond,
            runQueueNanoseconds: second + queueMs * millisecond, minorFaults: 10, majorFaults: UInt32(ms / 10),
            blockedTicks: blockedMs * millisecond)
    }

    private static func sample(
        _ context: PollContext, _ reading: ThreadReading, first: ThreadReading?, frames: [UInt64],
        state: Character = "R", call: pollscope_call = POLLSCOPE_CALL_NONE, callStartMs: UInt64 = 0,
        systemCall: Int32? = nil, isCut: Bool = false
    ) -> PollSample {
        let isInCall = call != POLLSCOPE_CALL_NONE
        let source =
            isInCall ? POLLSCOPE_SAMPLE_CALL : state == "R" ? POLLSCOPE_SAMPLE_SIGNAL : POLLSCOPE_SAMPLE_OUTSIDE
        return PollSample(
            context: context, ring: 0, reading: reading, first: first, call: UInt16(call.rawValue),
            callStart: isInCall ? Ticks(context.poll.start.rawValue + callStartMs * millisecond) : nil,
            systemCall: systemCall, state: state.asciiValue ?? 0, source: UInt8(source.rawValue),
            handlerTicks: state == "R" ? 12_000 : 0, frames: frames, isCut: isCut, isApproximate: false)
    }

    private static func longPoll(
        _ context: PollContext, ms: UInt64, blockedMs: UInt64 = 0, first: ThreadReading?, endCPUMs: UInt64
    ) -> LongPoll {
        LongPoll(
            context: context, durationTicks: ms * millisecond, blockedTicks: blockedMs * millisecond, calls: 1,
            first: first, endCPUNanoseconds: second + endCPUMs * millisecond)
    }

    /// 60 ms, of which 1 ms ready and not run.
    private static func computing(at ms: UInt64, round: Int) -> Evidence {
        let context = context(Stack.score, at: ms)
        let first = reading(context, ms: 5, cpuMs: 5)
        let leaf: [UInt64] = round % 3 == 0 ? [0x140, 0x130, 0x150, 0x100] : [0x120, 0x110, 0x100]
        var evidence = Evidence()
        evidence.samples = [
            sample(context, reading(context, ms: 10, cpuMs: 10), first: first, frames: [0x110, 0x100]),
            sample(context, reading(context, ms: 20, cpuMs: 20), first: first, frames: leaf),
            sample(
                context, reading(context, ms: 40, cpuMs: 40), first: first,
                frames: round == 0 ? [0x120] : [0x120, 0x110, 0x100], isCut: round == 0),
        ]
        evidence.longPolls = [longPoll(context, ms: 60, first: first, endCPUMs: 59)]
        return evidence
    }

    /// 20 ms, 19 of them in fsync and behind a semaphore.
    private static func blocked(at ms: UInt64, round: Int) -> Evidence {
        let context = context(Stack.append, at: ms)
        let first = reading(context, ms: 5, cpuMs: 1, blockedMs: 4)
        var evidence = Evidence()
        func call(_ call: pollscope_call, from: UInt64, ms: UInt64, stack: UInt32, _ object: CallObject) {
            evidence.calls.append(
                BlockingCall(
                    context: context, call: UInt16(call.rawValue),
                    start: Ticks(context.poll.start.rawValue + from * millisecond), durationTicks: ms * millisecond,
                    error: round == 5 ? 5 : 0, nativeStack: stack, isStackCut: false, object: object))
        }
        call(
            POLLSCOPE_CALL_fsync, from: 1, ms: 12, stack: Stack.fsync,
            CallObject(
                kind: UInt8(POLLSCOPE_OBJECT_FILE.rawValue), text: "/var/lib/shop/ledger.\(round % 2).log",
                isCut: false))
        call(
            POLLSCOPE_CALL_futex, from: 13, ms: 7, stack: Stack.gate,
            CallObject(kind: UInt8(POLLSCOPE_OBJECT_LOCK.rawValue), text: "0x7f3a10002040", isCut: false))
        evidence.samples = [
            sample(
                context, reading(context, ms: 10, cpuMs: 1), first: first, frames: [0x220, 0x210, 0x200], state: "D",
                call: POLLSCOPE_CALL_fsync, callStartMs: 1, systemCall: 74)
        ]
        evidence.longPolls = [longPoll(context, ms: 20, blockedMs: 19, first: first, endCPUMs: 1)]
        return evidence
    }

    /// 40 ms, of which 30 ready and not run.
    private static func notRun(at ms: UInt64) -> Evidence {
        let context = context(Stack.fair, at: ms)
        let first = reading(context, ms: 5, cpuMs: 2)
        var evidence = Evidence()
        evidence.samples = [
            sample(context, reading(context, ms: 10, cpuMs: 3, queueMs: 5), first: first, frames: [0x300]),
            sample(context, reading(context, ms: 20, cpuMs: 4, queueMs: 14), first: first, frames: [0x300]),
        ]
        evidence.longPolls = [longPoll(context, ms: 40, first: first, endCPUMs: 7)]
        return evidence
    }

    /// 16 ms, of which 10 asleep outside observed calls.
    private static func asleep(at ms: UInt64) -> Evidence {
        let context = context(Stack.load, at: ms)
        let first = reading(context, ms: 5, cpuMs: 5)
        var evidence = Evidence()
        evidence.samples = [
            sample(
                context, reading(context, ms: 10, cpuMs: 5), first: first, frames: [0x600], state: "D", systemCall: 9)
        ]
        evidence.longPolls = [longPoll(context, ms: 16, first: first, endCPUMs: 6)]
        return evidence
    }

    /// Since 23 s in one read from a pipe.
    private static func hanging() -> Evidence {
        let context = context(Stack.hang, at: 8_000, tid: 4124)
        let first = reading(context, ms: 5, cpuMs: 0)
        var evidence = Evidence()
        evidence.samples = [10, 20, 40, 80, 20_480].map { ms in
            sample(
                context, reading(context, ms: ms, cpuMs: 0), first: first, frames: [0x500], state: "S",
                call: POLLSCOPE_CALL_read, callStartMs: 1, systemCall: 0)
        }
        return evidence
    }
}
