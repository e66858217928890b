import CPollscopeLayout
import Sessions
import Symbols
import Testing

@testable import Analysis

@Suite struct ReportModelTests {
    private func model(
        _ chunks: [[MadeBatch]], facts: RecordingFacts = Made.facts(), slowest: Int = 10
    ) -> ReportModel {
        var analysis = PollAnalysis(
            calibration: facts.calibration, span: facts.span, spanOfCPU: facts.spanOfCPU, slowest: slowest)
        for chunk in chunks { analysis.add(chunk: chunk) }
        return ReportModel(facts: facts, analysis: analysis, naming: Made.name)
    }

    @Test func helpersHaveEntriesOfTheirOwnAndAllAddUp() {
        let actor = AsyncStack(id: 50, kind: UInt8(POLLSCOPE_STACK_ACTOR.rawValue), isCut: false, frames: [1])
        let facts = Made.facts(stacks: [Made.stack(1), Made.stack(2), actor])
        let polls = [
            Made.poll(2_000, 1), Made.poll(2_010, 1, stack: 2),
            Made.poll(2_020, 1, flags: [POLLSCOPE_POLL_TIMER]), Made.poll(2_030, 1, kind: POLLSCOPE_RECORD_YIELD),
            Made.poll(2_040, 1, stack: 50, kind: POLLSCOPE_RECORD_ACTOR), Made.poll(2_050, 1, stack: 0),
            Made.poll(2_060, 1, executor: POLLSCOPE_EXECUTOR_MAIN),
        ]
        let report = model([[MadeBatch(0, polls)]], facts: facts)
        let counts = report.sites.reduce(into: [:]) { $0["\($1.place.function) on \($1.executor)"] = $1.polls }
        #expect(
            counts == [
                "function0() on global pool": 2, "timer of function0() on global pool": 1,
                "yield of function0() on global pool": 1, "actor function5() on global pool": 1,
                "(stack not captured) on global pool": 1, "function0() on main actor": 1,
            ])
        #expect(report.polls == 7)
        #expect(report.losses.pollsWithoutStack == 1)
    }

    @Test func figuresOfASiteAreThoseOfItsPolls() throws {
        let polls = (0..<100).map {
            Made.poll(UInt64($0) * 1_000_000_000 + 1_000, UInt64($0 + 1) * 1_000_000, wait: 7_000)
        }
        let site = try #require(model([[MadeBatch(0, polls)]]).sites.first)
        #expect(site.polls == 100)
        #expect(site.longPolls == 91)
        #expect(site.criticalPolls == 1)
        #expect(site.share == 1)
        #expect(abs(site.pollSeconds.totalSeconds - 5.05) < 1e-9)
        #expect(site.pollSeconds.max == 0.1)
        #expect(abs(site.pollSeconds.p50 / 0.050 - 1) < 0.011)
        #expect(abs(site.waitSeconds.p99 / 7e-6 - 1) < 0.011)
        #expect(abs(site.waitSeconds.totalSeconds - 7e-4) < 1e-12)
    }

    @Test func utilisationIsTheBusyPartOfTheWidth() throws {
        // Two threads, ten seconds: one polls for 5 s (nested ones inside), one for 2.5 s at the same time.
        let facts = Made.facts(statuses: [Made.status(at: 0), Made.status(at: 10)])
        let batches = [
            MadeBatch(
                0,
                [
                    Made.poll(1_001_000, 1_000_000_000, flags: [POLLSCOPE_POLL_NESTED]),
                    Made.poll(1_000, 5_000_000_000),
                ]),
            MadeBatch(1, [Made.poll(1_000_001_000, 2_500_000_000)]),
        ]
        let executor = try #require(model([batches], facts: facts).executors.first)
        #expect(executor.width == 2)
        #expect(executor.threads == 2)
        #expect(abs(executor.utilisation - 7.5 / 20) < 1e-9)
        #expect(executor.polls == 3)
    }

    @Test func coverageIsWhatThreadsDidInPolls() throws {
        var facts = Made.facts(statuses: [
            Made.status(
                at: 0, cpuSeconds: 1, threads: [Made.cpu(0, seconds: 0.5), Made.cpu(7, name: "loop", seconds: 0.5)]),
            Made.status(
                at: 10, cpuSeconds: 9,
                threads: [Made.cpu(0, seconds: 4.5), Made.cpu(1, seconds: 1), Made.cpu(7, name: "loop", seconds: 3.5)]),
        ])
        facts.unfinished = [RunningPoll(thread: 1, poll: Made.poll(1_000, 500_000_000))]
        // Thread 0 used 4 s and polled 5 s: 4. Thread 1 used 1 s and polled 0.5 s: 0.5. The loop was never seen.
        let report = model([[MadeBatch(0, [Made.poll(1_000, 5_000_000_000)])]], facts: facts)
        #expect(abs(try #require(report.coverage.cpuShareAtMost) - 4.5 / 8) < 1e-9)
        #expect(report.coverage.unseenThreads.map(\.thread.name) == ["loop"])
        #expect(report.coverage.unseenThreads.first?.cpuSeconds == 3)
        #expect(report.coverage.signal == .seen)
        #expect(report.unfinished.count == 1)
        #expect(report.polls == 1)
    }

    /// A process that ends while it is recorded tells no CPU time any more: what is compared is of one time.
    @Test func coverageAndCostEndWithTheProcess() throws {
        let facts = Made.facts(statuses: [
            Made.status(at: 0, polls: 0, cpuSeconds: 1, threads: [Made.cpu(0, seconds: 1)]),
            Made.status(at: 10, polls: 1_000_000, cpuSeconds: 11, threads: [Made.cpu(0, seconds: 11)]),
            Made.status(at: 600, polls: 90_000_000),
        ])
        let polls = [Made.poll(1_000, 5_000_000_000), Made.poll(20_000_000_000, 300_000_000_000)]
        let report = model([[MadeBatch(0, polls)]], facts: facts)
        #expect(abs(try #require(report.coverage.cpuShareAtMost) - 0.5) < 1e-9)
        #expect(report.coverage.signal == .seen)
        #expect(abs(try #require(report.overhead.cpuShareEstimate) - 1e6 * 45e-9 / 10) < 1e-9)
        #expect(report.session.durationSeconds == 600)
    }

    @Test func theWatchersTimeIsPollscopesOwn() throws {
        var facts = Made.facts(statuses: [
            Made.status(at: 0, cpuSeconds: 1, threads: [Made.cpu(0, seconds: 1), Made.cpu(9, seconds: 0)]),
            Made.status(at: 10, cpuSeconds: 11, threads: [Made.cpu(0, seconds: 9), Made.cpu(9, seconds: 2)]),
        ])
        facts.info.watcherTID = facts.statuses[1].threads[1].tid
        let report = model([[MadeBatch(0, [Made.poll(1_000, 8_000_000_000)])]], facts: facts)
        #expect(report.overhead.watcherCPUSeconds == 2)
        #expect(report.coverage.processCPUSeconds == 8)
        #expect(report.coverage.cpuShareAtMost == 1)
        #expect(report.coverage.unseenThreads.isEmpty)
        #expect(abs(try #require(report.overhead.cpuShareEstimate) - 2.0 / 10) < 1e-9)
    }

    @Test func aRecordingThatSawNothingSaysSo() {
        let busy = [Made.status(at: 0, cpuSeconds: 1), Made.status(at: 10, cpuSeconds: 9)]
        let idle = [Made.status(at: 0, cpuSeconds: 1), Made.status(at: 10, cpuSeconds: 1.001)]
        let little = [[MadeBatch(0, [Made.poll(1_000, 1_000)])]]
        #expect(model([], facts: Made.facts(statuses: busy)).coverage.signal == .none)
        #expect(model([], facts: Made.facts(statuses: idle)).coverage.signal == .none)
        #expect(model(little, facts: Made.facts(statuses: busy)).coverage.signal == .none)
        #expect(model(little, facts: Made.facts(statuses: idle)).coverage.signal == .idle)
        #expect(model(little).coverage.signal == .seen)
        #expect(model(little).problems.map(\.kind) == [.unknownCoverage])
        #expect(model([], facts: Made.facts(statuses: busy)).problems.first?.kind == .noSignal)
    }

    @Test func slowestPollsAreTheLongestWhateverTheOrder() {
        var random = SmallRandom(seed: 5)
        let polls = (0..<500).map {
            Made.poll(UInt64($0) * 1_000_000, UInt64.random(in: 0...200, using: &random), task: UInt32($0))
        }
        let expected = polls.sorted {
            ($1.duration_ticks, $0.start_ticks) < ($0.duration_ticks, $1.start_ticks)
        }.prefix(10).map(\.task)
        var forward = PollAnalysis(calibration: Made.calibration)
        var backward = forward
        forward.add(chunk: [MadeBatch(0, Array(polls[..<250]))])
        backward.add(chunk: [MadeBatch(0, Array(polls[250...]))])
        var both = backward
        both.append(forward)
        forward.append(backward)
        #expect(forward.slowest.entries.map(\.poll.task) == expected)
        #expect(both.slowest.entries.map(\.poll.task) == expected)
    }

    @Test func wakersAreNamedByTheirSlotAtThatTime() throws {
        var facts = Made.facts(threads: 2)
        facts.threads.append(ThreadIdentity(tid: 900, slot: 0, claimed: Ticks(50_000), name: "later"))
        let flags = [POLLSCOPE_POLL_WAKER_POLL]
        let polls = [
            Made.poll(10_000, 9, waker: 0), Made.poll(60_000, 8, flags: flags, waker: 0), Made.poll(70_000, 7),
            Made.poll(80_000, 6, waker: 77),
        ]
        let slowest = model([[MadeBatch(1, polls)]], facts: facts).slowest
        #expect(
            slowest.map(\.waker) == [
                .outside(ThreadName(name: "pool", tid: 100)), .poll(on: ThreadName(name: "later", tid: 900)),
                .unknown, .outside(nil),
            ])
        #expect(slowest.first?.thread == ThreadName(name: "pool", tid: 101))
    }

    /// Two values put together are what one would have been, to the last figure.
    @Test func partsAddUpToTheWhole() {
        var random = SmallRandom(seed: 3)
        let chunks = (0..<6).map { chunk in
            (0..<3).map { thread in
                var time = UInt64(chunk) * 100_000_000 + 1_000
                return MadeBatch(
                    thread, first: UInt64(chunk) * 50,
                    (0..<50).map { _ in
                        time += UInt64.random(in: 0...1_000_000, using: &random)
                        let poll = Made.poll(
                            time, UInt64.random(in: 1...900_000, using: &random),
                            wait: UInt64.random(in: 0...100, using: &random),
                            stack: UInt32.random(in: 0...60, using: &random))
                        time = poll.endTicks
                        return poll
                    })
            }
        }
        let facts = Made.facts(threads: 3, stacks: (1...60).map(Made.stack))
        var first = PollAnalysis(calibration: Made.calibration)
        var second = first
        for (index, chunk) in chunks.enumerated() {
            if index < 3 { first.add(chunk: chunk) } else { second.add(chunk: chunk) }
        }
        first.append(second)
        let parts = ReportModel(facts: facts, analysis: first, naming: Made.name)
        let whole = model(chunks, facts: facts)
        #expect(parts.executors.map(\.pollHistogram) == whole.executors.map(\.pollHistogram))
        #expect(parts.executors.map(\.waitSeconds) == whole.executors.map(\.waitSeconds))
        #expect(parts.executors.map(\.width) == whole.executors.map(\.width))
        #expect(parts.executors.map(\.utilisation) == whole.executors.map(\.utilisation))
        #expect(parts.sites.map(\.pollSeconds) == whole.sites.map(\.pollSeconds))
        #expect(parts.sites.map(\.place) == whole.sites.map(\.place))
        #expect(parts.slowest.map(\.startSeconds) == whole.slowest.map(\.startSeconds))
    }

    @Test func hostileClocksGiveFiguresAndNoFault() {
        var facts = Made.facts(statuses: [Made.status(at: 0), Made.status(at: 1)])
        facts.info.pollCostTicks = .nan
        for hertz in [0, 1, UInt64.max] {
            for (ticks, nanoseconds) in [(UInt64.max, 10_000_001), (0, 0), (2, UInt64.max)] {
                facts.calibration = Calibration(
                    first: ClockAnchor(ticks: Ticks(1), monotonicNanoseconds: 1),
                    last: ClockAnchor(ticks: Ticks(ticks), monotonicNanoseconds: nanoseconds), nominalHertz: hertz)
                let report = model([[MadeBatch(0, [Made.poll(5, .max), Made.poll(.max, 1)])]], facts: facts)
                #expect(report.polls == 2)
                #expect(report.overhead.pollCostSeconds == 0)
                var laws = RecordingLaws(facts: facts)
                laws.add(chunk: [MadeBatch(0, [Made.poll(5, .max)])])
                #expect(laws.results().contains { !$0.holds })
            }
        }
    }

    @Test func hostilePollsGiveFiguresAndNoFault() {
        var poll = Made.poll(.max, .max, wait: .max, stack: .max)
        poll.executor = 255
        poll.kind = 255
        poll.flags = 255
        let report = model([[MadeBatch(0, [poll, poll], running: poll), MadeBatch(9_999_999, [poll])]])
        #expect(report.polls == 3)
        #expect(report.sites.reduce(0) { $0 + $1.polls } == 3)
    }
}
