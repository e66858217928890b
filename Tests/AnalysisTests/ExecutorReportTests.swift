import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

/// What the report says of executors: their names, what is theirs, and what waits in front of an event loop.
@Suite struct ExecutorReportTests {
    private static func identity(
        _ number: UInt8, _ kind: pollscope_executor_kind, _ name: String = "", type: UInt16 = 0
    ) -> (UInt8, ExecutorIdentity) {
        (number, ExecutorIdentity(number: number, kind: kind.rawValue, type: type, name: name, identity: 1))
    }

    private static let types = [
        UInt16(1): ObjectType(id: 1, name: "Shop.DatabaseExecutor"),
        2: ObjectType(id: 2, name: "Shop.Pool"), 3: ObjectType(id: 3, name: "Library.Pool"),
        4: ObjectType(id: 4, name: "Shop.(unknown context at $7f12).Local"),
    ]

    @Test func executorsHaveNamesThatAUserKnows() {
        let names = ExecutorNames(
            Dictionary(uniqueKeysWithValues: [
                Self.identity(16, POLLSCOPE_EXECUTOR_SERIAL, "db-1", type: 1),
                Self.identity(17, POLLSCOPE_EXECUTOR_TASK, type: 2),
                Self.identity(18, POLLSCOPE_EXECUTOR_TASK, type: 3),
                Self.identity(19, POLLSCOPE_EXECUTOR_QUEUE, "com.example.db"),
                Self.identity(20, POLLSCOPE_EXECUTOR_QUEUE),
                Self.identity(21, POLLSCOPE_EXECUTOR_LOOP, "NIO-ELT-0-#1"),
                Self.identity(22, POLLSCOPE_EXECUTOR_QUEUE, "work"),
                Self.identity(30, POLLSCOPE_EXECUTOR_QUEUE, "work"),
                Self.identity(31, POLLSCOPE_EXECUTOR_SERIAL, type: 9),
                Self.identity(32, POLLSCOPE_EXECUTOR_SERIAL, type: 4),
                Self.identity(33, POLLSCOPE_EXECUTOR_SERIAL, "-qos.overcommit", type: 1),
                Self.identity(34, POLLSCOPE_EXECUTOR_TASK, "quotes", type: 4),
            ]), types: TypeNames(Self.types), process: "quotes")
        let expected: [UInt8: String] = [
            1: "global pool", 2: "main actor", 3: "actors", 4: "other executors",
            16: "DatabaseExecutor (thread db-1)", 17: "Shop.Pool", 18: "Library.Pool", 19: "queue com.example.db",
            20: "queue without a label", 21: "event loop NIO-ELT-0-#1", 22: "queue work #1", 30: "queue work #2",
            31: "executor of an unknown type", 32: "Local #1", 33: "DatabaseExecutor", 34: "Local #2",
            77: "executor 77",
        ]
        for (number, name) in expected { #expect(names[number] == name) }
        #expect(names.kind(of: 3) == .actors)
        #expect(names.kind(of: 21) == .eventLoop)
        #expect(names.kind(of: 77) == .other)
    }

    private func model(_ batches: [MadeBatch], facts: RecordingFacts) -> ReportModel {
        var analysis = PollAnalysis(calibration: facts.calibration, span: facts.span, spanOfCPU: facts.spanOfCPU)
        analysis.add(chunk: batches)
        return ReportModel(facts: facts, analysis: analysis, naming: Made.name)
    }

    private func facts(_ executors: (UInt8, ExecutorIdentity)...) -> RecordingFacts {
        var facts = Made.facts(
            statuses: [Made.status(at: 0), Made.status(at: 10)], stacks: [Made.stack(10), Made.stack(20)])
        facts.executors = Dictionary(uniqueKeysWithValues: executors)
        facts.types = Self.types
        return facts
    }

    private func poll(
        _ start: UInt64, _ duration: UInt64, on executor: UInt8, wait: UInt64 = 0, stack: UInt32 = 10,
        kind: pollscope_record_kind = POLLSCOPE_RECORD_TASK, flags: [pollscope_poll_flags] = []
    ) -> pollscope_poll_record {
        var poll = Made.poll(start, duration, wait: wait, stack: stack, kind: kind, flags: flags)
        poll.executor = executor
        return poll
    }

    @Test func aWaitThatNobodyKnowsIsNoWaitOfZero() throws {
        let polls = [
            poll(2_000, 10, on: 19, wait: 500), poll(3_000, 10, on: 19, flags: [POLLSCOPE_POLL_WAIT_UNKNOWN]),
            poll(4_000, 10, on: 19, flags: [POLLSCOPE_POLL_WAIT_UNKNOWN]),
        ]
        let report = model([MadeBatch(0, polls)], facts: facts(Self.identity(19, POLLSCOPE_EXECUTOR_QUEUE, "db")))
        let queue = try #require(report.executors.first)
        #expect((queue.name, queue.kind, queue.polls, queue.unknownWaits) == ("queue db", .queue, 3, 2))
        #expect(queue.waitHistogram.count == 1)
        #expect(abs(queue.waitSeconds.p50 / 500e-9 - 1) < 0.02)
        #expect(report.sites.map(\.unknownWaits) == [2])
        #expect(report.slowest.map { $0.waitSeconds == nil }.filter { $0 }.count == 2)
    }

    /// A turn of 100 µs with two jobs of 30 µs: 40 µs are its own.
    @Test func theTimeOfATurnIsSharedOutOnce() throws {
        let polls = [
            poll(2_000, 30_000, on: 21, wait: 7_000, flags: [POLLSCOPE_POLL_NESTED]),
            poll(40_000, 30_000, on: 21, wait: 7_000, flags: [POLLSCOPE_POLL_NESTED]),
            poll(
                1_000, 100_000, on: 21, wait: 900, stack: 0, kind: POLLSCOPE_RECORD_TURN,
                flags: [POLLSCOPE_POLL_WAIT_AT_MOST]),
        ]
        let report = model([MadeBatch(0, polls)], facts: facts(Self.identity(21, POLLSCOPE_EXECUTOR_LOOP, "ELT-1")))
        #expect(report.sites.map(\.place.function) == ["function1()", "turn of event loop ELT-1"])
        #expect(report.sites.map { ($0.pollSeconds.totalSeconds * 1e6).rounded() } == [60, 40])
        #expect(abs(report.sites.reduce(0) { $0 + $1.share } - 1) < 1e-9)
        #expect(report.losses.pollsWithoutStack == 0)
        let executor = try #require(report.executors.first)
        #expect(executor.polls == 3)
        #expect((executor.pollSeconds.totalSeconds * 1e6).rounded() == 100)
        // The jobs waited for the loop; what the turn's events waited for is told of the loop.
        #expect(executor.waitHistogram.count == 2)
        let loop = try #require(report.eventLoops.first)
        #expect((loop.turns, loop.jobs) == (1, 2))
        #expect((loop.turnSeconds.totalSeconds * 1e6).rounded() == 100)
        #expect((loop.readySecondsAtMost.totalSeconds * 1e9).rounded() == 900)
        #expect(abs(loop.busyShare - 1e-5) < 1e-12)
    }

    /// A drain keeps its pool's thread busy as long as it goes on, and is itself only what its jobs are not.
    @Test func aDrainIsLongForItsPoolAndShortForItself() throws {
        let polls = [
            poll(2_000, 30_000_000, on: 3, flags: [POLLSCOPE_POLL_NESTED]),
            poll(1_000, 30_005_000, on: 1, stack: 20, kind: POLLSCOPE_RECORD_ACTOR),
        ]
        let report = model([MadeBatch(0, polls)], facts: facts())
        let drain = try #require(report.sites.first { $0.kind == .actor })
        #expect((drain.pollSeconds.totalSeconds * 1e9).rounded() == 5_000)
        #expect((drain.longPolls, drain.pollSeconds.max < 1e-5) == (0, true))
        let pool = try #require(report.executors.first { $0.kind == .global })
        #expect((pool.pollSeconds.totalSeconds * 1e9).rounded() == 30_005_000)
        #expect(report.slowest.map(\.kind) == [.task])
    }

    @Test(arguments: [1, 7, 40]) func aRandomArrivalWaitsForTheRestOfATurn(turns: Int) {
        var histogram = Histogram()
        for _ in 0..<turns { histogram.record(0.010) }
        let wait = RandomArrival(turns: histogram, durationSeconds: 1).wait
        let busy = Double(turns) * 0.010
        #expect(abs(wait.mean / (busy * 0.005) - 1) < 0.03)
        // P(W > w) = turns * (0.010 - w) / 1: none wait where less than that part of the time is busy.
        for (share, quantile) in [(0.50, wait.p50), (0.95, wait.p95), (0.99, wait.p99), (0.999, wait.p999)] {
            let expected = max(0, 0.010 - (1 - share) / Double(turns))
            #expect(abs(quantile - expected) < 0.000_2, "\(share)")
        }
        #expect(wait.max == 0.010)
    }

    @Test func turnsOfManyLengthsWaitAsTheFormulaSays() {
        let lengths = (1...50).map { Double($0) * 0.001 }
        var histogram = Histogram()
        for length in lengths { histogram.record(length) }
        let wait = RandomArrival(turns: histogram, durationSeconds: 2).wait
        for (share, quantile) in [(0.5, wait.p50), (0.95, wait.p95), (0.99, wait.p99)] {
            let beyond = lengths.reduce(0) { $0 + max(0, $1 - quantile) } / 2
            #expect(abs(beyond - (1 - share)) < 0.02, "\(share)")
        }
        #expect(RandomArrival(turns: Histogram(), durationSeconds: 0).wait.p99 == 0)
    }

    @Test func coverageOfRuntimeThreadsLeavesOthersOut() throws {
        let facts = Made.facts(statuses: [
            Made.status(
                at: 0, cpuSeconds: 1, threads: [Made.cpu(0, seconds: 0), Made.cpu(7, name: "loop", seconds: 0)]),
            Made.status(
                at: 10, cpuSeconds: 9, threads: [Made.cpu(0, seconds: 4), Made.cpu(7, name: "loop", seconds: 4)]),
        ])
        let report = model([MadeBatch(0, [Made.poll(1_000, 3_000_000_000)])], facts: facts)
        #expect(abs(try #require(report.coverage.cpuShareAtMost) - 3.0 / 8) < 1e-9)
        #expect(abs(try #require(report.coverage.runtimeThreadsCPUShare) - 3.0 / 4) < 1e-9)
    }
}
