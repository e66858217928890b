import CPollscopeLayout
import Sessions
import Symbols
import Testing

@testable import Analysis

@Suite struct LongPollReportTests {
    /// Outermost 0x10: user code that calls a library (0x20, 0x21), which calls user code (0x30) and a library (0x40).
    private let code: [UInt64: [SourceFrame]] = [
        0x10: [Made.frame("score(_:)", 48)],
        0x11: [Made.frame("score(_:)", 50)],
        0x20: [Made.frame("Sequence.map(_:)", nil, .runtime)],
        0x21: [Made.frame("thunk", nil, .runtime, compilerMade: true)],
        0x30: [Made.frame("square(_:)", 7, inlined: true), Made.frame("closure 1 in score(_:)", 49)],
        0x40: [Made.frame("malloc", nil, .runtime)],
        0x41: [Made.frame("swift_allocObject", nil, .runtime)],
        0x50: [Made.frame("Array.subscript.getter", nil, .runtime, inlined: true), Made.frame("score(_:)", 50)],
    ]

    private func texts(_ nodes: [SampleNode], depth: Int = 0) -> [String] {
        nodes.flatMap { node in
            let dots = String(repeating: ".", count: depth)
            let line = node.place.line.map { ":\($0)" } ?? ""
            return [
                "\(dots)\(node.place.function)\(line) \(Int((node.seconds * 1_000).rounded())) \(node.state.rawValue)"
            ]
                + texts(node.children, depth: depth + 1)
        }
    }

    @Test func samplesMergeIntoATreeByFunctionAndLine() {
        let model = Made.model(
            [
                Made.evidence(
                    longPolls: [Made.longPoll(60)],
                    samples: [
                        Made.sample(at: 10, frames: [0x30, 0x21, 0x20, 0x10]),
                        Made.sample(at: 20, frames: [0x40, 0x41, 0x30, 0x21, 0x20, 0x10]),
                        Made.sample(at: 40, frames: [0x50]),
                    ])
            ], code: code)
        #expect(
            texts(model.longPolls[0].stacks) == [
                "score(_:):48 30 cpu", ".Sequence.map(_:) 30 cpu", "..closure 1 in score(_:):49 30 cpu",
                "...square(_:):7 30 cpu", "....swift_allocObject 15 cpu", "score(_:):50 30 cpu",
            ])
        #expect(model.longPolls[0].samples == 3)
        #expect(abs(model.longPolls[0].sampledSeconds - 0.06) < 1e-12)
    }

    @Test func aNodeKnowsWhatItsSamplesWereIn() {
        let model = Made.model(
            [
                Made.evidence(
                    longPolls: [Made.longPoll(80)],
                    samples: [
                        Made.sample(at: 10, state: "S", call: POLLSCOPE_CALL_fsync, frames: [0x40, 0x11]),
                        Made.sample(at: 20, frames: [0x40, 0x11]),
                        Made.sample(at: 40, state: "D", systemCall: 202, frames: [0x10]),
                        Made.sample(at: 60, state: "S", call: POLLSCOPE_CALL_read, frames: [0x30]),
                    ])
            ], code: code)
        let nodes = model.longPolls[0].stacks.reduce(into: [:]) { $0[$1.place.line ?? 0] = $1 }
        #expect(nodes[50]?.state == .mixed)
        #expect(nodes[50]?.call == "fsync")
        #expect(nodes[50]?.systemCall == nil)
        #expect(nodes[48]?.state == .asleep)
        #expect(nodes[48]?.systemCall == SystemCallNames.name(202, on: .current))
        #expect(nodes[49]?.state == .blocked)
        #expect(nodes[49]?.call == "read")
    }

    @Test func whatCannotBeNamedIsSaid() {
        let model = Made.model(
            [
                Made.evidence(
                    longPolls: [Made.longPoll(60)],
                    samples: [
                        Made.sample(at: 10, frames: [], context: Made.context()),
                        Made.sample(at: 20, frames: [0x10], isCut: true), Made.sample(at: 40, frames: [0x77]),
                    ])
            ], code: code)
        #expect(
            texts(model.longPolls[0].stacks) == [
                "(code outside all modules) 30 cpu", "(outer frames missing) 15 cpu", ".score(_:):48 15 cpu",
                "(stack not captured) 15 cpu",
            ])
        #expect(model.problems.contains { $0.kind == .missingSampleStacks })
    }

    /// The user's lines with the loops of what was copied into them; a library's line with those of all of its functions.
    @Test func aLineIsInALoopForMostOfItsTime() {
        let code: [UInt64: [SourceFrame]] = [
            1: [Made.frame("score(_:)", 48, isInLoop: true)],
            2: [Made.frame("score(_:)", 48, isInLoop: false)],
            3: [
                Made.frame("Sequence.reduce(_:_:)", nil, .runtime, inlined: true, isInLoop: true),
                Made.frame("total(_:)", 7, isInLoop: false),
            ],
            4: [Made.frame("Sequence.map(_:)", nil, .runtime, isInLoop: true)],
            5: [Made.frame("thunk", nil, .runtime, compilerMade: true, isInLoop: false)],
            6: [Made.frame("handler(_:)", 3, isInLoop: false)],
            7: [Made.frame("stripped()", 9)],
        ]
        func loops(_ samples: [(at: UInt64, frames: [UInt64])]) -> [String] {
            func texts(_ nodes: [SampleNode]) -> [String] {
                nodes.flatMap { node in
                    ["\(node.place.function) \(node.isInLoop.map { $0 ? "yes" : "no" } ?? "?")"] + texts(node.children)
                }
            }
            let made = Made.evidence(
                longPolls: [Made.longPoll(60)], samples: samples.map { Made.sample(at: $0.at, frames: $0.frames) })
            return texts(Made.model([made], code: code).longPolls[0].stacks)
        }
        #expect(loops([(10, [1, 6]), (20, [2, 6])]) == ["handler(_:) no", "score(_:) no"])
        #expect(loops([(10, [1, 6]), (50, [2, 6])]) == ["handler(_:) no", "score(_:) ?"])
        #expect(loops([(10, [2, 6]), (20, [1, 6])]) == ["handler(_:) no", "score(_:) yes"])
        #expect(loops([(20, [3, 6])]) == ["handler(_:) no", "total(_:) yes"])
        #expect(loops([(20, [2, 5, 4, 6])]) == ["handler(_:) no", "Sequence.map(_:) yes", "score(_:) no"])
        #expect(loops([(20, [1, 7])]) == ["stripped() ?", "score(_:) yes"])
        #expect(loops([(20, [2, 1])]) == ["score(_:) yes"])
    }

    /// A function that calls itself is one line; a stack that is nothing but different lines ends somewhere.
    @Test func deepStacksAreBounded() {
        var code: [UInt64: [SourceFrame]] = [1: [Made.frame("recurse()", 3)]]
        for address in UInt64(2)..<300 { code[address] = [Made.frame("f\(address)()", 1)] }
        let names = CodeNames { code[$0] ?? [] }
        #expect(names.folded(Array(repeating: 1, count: 100)).count == 1)
        #expect(names.folded(Array(2..<300)).count == 120)
    }

    @Test func sitesAddUpToTheirPolls() {
        let looks = (0..<40).map { number in
            let context = Made.context(stack: UInt32(number), start: Made.pollStart + UInt64(number) * 1_000 * Made.ms)
            let first = Made.reading(at: 5, cpu: 5, start: context.poll.start.rawValue)
            return Made.evidence(
                longPolls: [Made.longPoll(20 + UInt64(number), blocked: 3, first: first, endCPU: 12, context: context)],
                samples: number % 2 == 0 ? [Made.sample(at: 10, frames: [0x10], context: context)] : [])
        }
        let model = Made.model(looks, facts: Made.facts(stacks: (1..<40).map(Made.stack)), code: code)
        // Ten stacks a site, and one poll without a stack.
        #expect(model.longPolls.map(\.polls).sorted() == [1, 9, 10, 10, 10])
        #expect(abs(model.longPolls.reduce(0) { $0 + $1.pollSeconds.totalSeconds } - 1.58) < 1e-9)
        for site in model.longPolls {
            #expect(abs(site.split.totalSeconds - site.pollSeconds.totalSeconds) < 1e-12)
            #expect(abs(site.stacks.reduce(0) { $0 + $1.seconds } - site.sampledSeconds) < 1e-12)
        }
    }

    @Test func pageFaultsAreThoseUpToTheLastSample() {
        let first = Made.reading(at: 5, cpu: 5, majorFaults: .max)
        let model = Made.model([
            Made.evidence(
                longPolls: [Made.longPoll(60)],
                samples: [
                    Made.sample(at: 10, first: first, majorFaults: 0),
                    Made.sample(at: 20, first: first, majorFaults: 4),
                ])
        ])
        // The kernel's count went over the edge of 32 bits.
        #expect(model.longPolls[0].majorFaults == 5)
    }

    @Test func anUnfinishedPollTellsWhereItIs() throws {
        var facts = Made.facts()
        facts.unfinished = [RunningPoll(thread: 0, poll: Made.poll(Made.pollStart, 100 * Made.ms))]
        let first = Made.reading(at: 5, cpu: 5)
        let sample = Made.sample(
            at: 40, cpu: 6, blocked: 10, first: first, state: "S", call: POLLSCOPE_CALL_read, callStart: 16,
            systemCall: 0, frames: [0x40, 0x10], isCut: true)
        let model = Made.model([Made.evidence(samples: [sample])], facts: facts, code: code)
        let poll = try #require(model.unfinished.first)
        let last = try #require(poll.lastSample)
        #expect(abs(last.secondsIntoPoll - 0.04) < 1e-12)
        #expect(last.state == .blocked)
        #expect(last.call == "read")
        #expect(abs((last.callSeconds ?? 0) - 0.024) < 1e-12)
        #expect(last.systemCall == SystemCallNames.name(0, on: .current))
        #expect(last.stack.map(\.place.function) == ["malloc", "score(_:)"])
        #expect(last.isStackCut)
        #expect(abs((poll.split?.totalSeconds ?? 0) - 0.1) < 1e-12)
        #expect(abs((poll.split?.blockedSeconds ?? 0) - 0.094) < 1e-12)
        #expect(model.longPolls.isEmpty)
        // A killed process left nothing later than its sample.
        facts.unfinished[0].poll.duration_ticks = 0
        let killed = Made.model([Made.evidence(samples: [sample])], facts: facts, code: code).unfinished.first
        #expect(abs((killed?.durationSeconds ?? 0) - 0.04) < 1e-12)
        // Of another thread's poll, this sample says nothing.
        facts.unfinished[0].thread = 1
        #expect(Made.model([Made.evidence(samples: [sample])], facts: facts).unfinished.first?.lastSample == nil)
    }

    @Test func lostEvidenceIsAProblem() {
        var evidence = Evidence()
        evidence.samplesLost = 1_234
        let problems = Made.model([evidence]).problems
        #expect(problems.contains { $0.kind == .lostEvidence && $0.sentence.contains("1,234 samples") })
        #expect(!Made.model([Evidence()]).problems.contains { $0.kind == .lostEvidence })
    }

    @Test func limitsAreTheSessions() {
        var info = Made.facts().info
        #expect(ReportThresholds().following(info).longPoll == ReportThresholds().longPoll)
        info.longPollNanoseconds = 250_000_000
        info.blockingNanoseconds = 2_000_000
        let thresholds = ReportThresholds().following(info)
        #expect(thresholds.longPoll.value == 0.25)
        #expect(thresholds.criticalPoll.value == 0.25)
        #expect(thresholds.blockingCall.value == 0.002)
    }

    @Test func systemCallsAreNamedByTheProcessorTheyWereMadeOn() {
        #expect(SystemCallNames.name(0, on: .x86_64) == "read")
        #expect(SystemCallNames.name(63, on: .arm64) == "read")
        #expect(SystemCallNames.name(202, on: .x86_64) == "futex")
        #expect(SystemCallNames.name(98, on: .arm64) == "futex")
        #expect(SystemCallNames.name(441, on: .x86_64) == "epoll_pwait2")
        #expect(SystemCallNames.name(441, on: .arm64) == "epoll_pwait2")
        #expect(SystemCallNames.name(35, on: .x86_64) == "nanosleep")
        #expect(SystemCallNames.name(400, on: .x86_64) == "system call 400")
    }
}
