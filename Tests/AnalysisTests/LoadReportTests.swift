// How much there was to do: peaks and means of what looks saw, and who made the tasks.

import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

@Suite struct LoadReportTests {
    private static let tasksProbe = ProbeStatus(
        id: UInt16(POLLSCOPE_PROBE_TASKS.rawValue), state: UInt16(POLLSCOPE_PROBE_ON.rawValue), reason: "")

    private func moment(_ seconds: Double, created: UInt64, ended: UInt64, pending: UInt64 = 0) -> LoadMoment {
        LoadMoment(at: Ticks(1_000 + UInt64(seconds * 1e9)), created: created, ended: ended, pending: pending)
    }

    private func status(_ seconds: Double, created: UInt64, ended: UInt64, enqueues: UInt64 = 0) -> ProcessStatus {
        var status = Made.status(at: seconds, enqueues: enqueues)
        status.counters.tasksCreated = created
        status.counters.tasksEnded = ended
        return status
    }

    private func report(
        _ statuses: [ProcessStatus], _ moments: [LoadMoment] = [], polls: [[pollscope_poll_record]] = [],
        census: TaskCensus? = nil, probes: [ProbeStatus] = [tasksProbe]
    ) -> LoadReport {
        var facts = Made.facts(
            statuses: statuses, stacks: [10, 20, 21, 60].map { Made.stack($0) }, probes: probes)
        facts.load = moments
        facts.census = census
        // As if each part had gone through a worker of its own.
        var analysis = PollAnalysis(calibration: facts.calibration, span: facts.span)
        for (number, part) in polls.enumerated() {
            var next = PollAnalysis(calibration: facts.calibration, span: facts.span)
            next.add(chunk: [MadeBatch(number % 2, part)])
            analysis.append(next)
        }
        return ReportModel(facts: facts, analysis: analysis, naming: Made.name).load
    }

    @Test func whatCameAndWentBetweenTwoLooksIsSeen() throws {
        let load = report(
            [status(0, created: 100, ended: 90), status(1, created: 20_200, ended: 20_190)],
            [
                moment(0.2, created: 100, ended: 90), moment(0.3, created: 20_100, ended: 90, pending: 20_000),
                moment(0.5, created: 20_100, ended: 90, pending: 11), moment(0.6, created: 20_200, ended: 20_190),
            ])
        let tasks = try #require(load.tasks)
        #expect(tasks.livePeak == 20_010)
        #expect(abs(tasks.livePeakSeconds - 0.3) < 1e-9)
        #expect(tasks.liveAtEnd == 10)
        #expect((tasks.created, tasks.ended) == (20_100, 20_100))
        #expect(abs(try #require(tasks.createdPerSecond) - 20_100) < 1e-6)
        #expect(abs(try #require(tasks.createdPerSecondPeak) - 200_000) < 1e-6)
        // 10 up to 0.2, then up, at the top for 0.2 s, and down in 0.1 s.
        let mean: Double = 0.6 * 10 + 0.2 * 10_010 + 0.2 * 20_010
        #expect(abs(try #require(tasks.liveMean) - mean) < 1e-6)
        #expect(load.pendingPeak == 20_000)
        #expect(abs(load.pendingPeakSeconds - 0.3) < 1e-9)
        #expect(load.timeline.map(\.livePeak) == [10, 20_010, 20_010, 20_010, 10])
        #expect(load.timeline.map(\.created) == [0, 20_000, 0, 100, 0])
    }

    @Test func aLongRecordingHasAShortTimeline() {
        let moments = (1..<5_000).map {
            moment(Double($0) / 1_000, created: UInt64($0), ended: 0, pending: $0 == 4_321 ? 99 : 1)
        }
        let load = report([status(0, created: 0, ended: 0)], moments)
        #expect(load.timeline.count == 120)
        #expect(load.timeline.reduce(0) { $0 + $1.created } == 4_999)
        #expect(load.timeline.map(\.pendingPeak).max() == 99)
        #expect(zip(load.timeline, load.timeline.dropFirst()).allSatisfy { $0.endSeconds == $1.startSeconds })
        #expect(load.timeline.last?.livePeak == 4_999)
    }

    @Test func recordingsWithoutSuchLooksHaveThoseOfASecond() throws {
        let load = report([
            status(0, created: 0, ended: 0), status(1, created: 500, ended: 100), status(2, created: 500, ended: 500),
        ])
        #expect(load.tasks?.livePeak == 400)
        #expect(load.timeline.count == 2)
    }

    /// A report of a session's last moments begins before anybody looked.
    @Test func whatNobodyCountedIsNoRate() throws {
        var first = Made.status(at: 4)
        first.counters = SessionCounters()
        let tasks = try #require(report([first, status(5, created: 1_000_000, ended: 999_000)]).tasks)
        #expect(tasks.livePeak == 1_000)
        #expect(tasks.created == 0)
        #expect(tasks.createdPerSecond == nil && tasks.liveMean == nil)
    }

    @Test func withoutTheProbeNothingIsKnownOfTasks() {
        let load = report([status(0, created: 0, ended: 0), status(1, created: 0, ended: 0, enqueues: 7)], probes: [])
        #expect(load.tasks == nil)
        #expect(load.pendingPeak == 7)
        #expect(report([]).tasks == nil)
    }

    @Test func countsThatGoBackDoNoHarm() throws {
        let wild: [UInt64] = [.max, 0, 7, .max - 1, 3]
        let load = report(
            [status(0, created: .max, ended: 0), status(1, created: 0, ended: .max, enqueues: .max)],
            wild.map { LoadMoment(at: Ticks($0), created: $0, ended: $0 / 3, pending: $0) })
        #expect(load.pendingPeak == .max)
        #expect(load.timeline.allSatisfy { $0.startSeconds <= $0.endSeconds })
    }

    // MARK: First polls

    private func first(_ made: UInt64, _ begun: UInt64, stack: UInt32 = 20) -> pollscope_poll_record {
        Made.poll(1_000 + begun, 10, wait: begun - made, stack: stack, flags: [POLLSCOPE_POLL_FIRST])
    }

    @Test func anExplosionIsSeenByWhereItsTasksBegin() throws {
        let millisecond: UInt64 = 1_000_000
        // Made in 8 ms, begun one every 0.1 ms; and a task a second of another kind.
        let burst = (0..<2_000).map { number in
            let made = 100 * millisecond + UInt64(number) * 4_000
            return first(made, max(made, 100 * millisecond + UInt64(number) * 100_000), stack: 20 + UInt32(number % 2))
        }
        let others = (0..<5).map {
            first(UInt64($0) * 1_000 * millisecond, UInt64($0) * 1_000 * millisecond, stack: 10)
        }
        let statuses = [status(0, created: 0, ended: 0), status(5, created: 2_005, ended: 2_005)]
        for parts in [[burst + others], [Array(burst[..<700]), others, Array(burst[700...])]] {
            let load = report(statuses, polls: parts)
            #expect(load.firstPolls == 2_005)
            #expect(abs(load.startStretchSeconds - 0.010) < 1e-9)
            #expect(load.starts.map(\.site.place.function) == ["function2()", "function1()"])
            let start = try #require(load.starts.first)
            #expect(start.tasks == 2_000)
            #expect(start.madePeak == 2_000)
            #expect(abs(start.madePeakSeconds - 0.1) < 1e-9)
            #expect(start.waitingPeak == 1_900, "a hundred have begun when the stretch ends")
            #expect(abs(start.waitingPeakSeconds - 0.11) < 1e-9)
            #expect(load.starts[1].madePeak == 1)
            #expect(load.starts[1].waitingPeak == 0)
        }
    }

    @Test func aWaitThatIsNotKnownIsNone() {
        let polls = [
            Made.poll(50_000_000, 10, wait: 0, stack: 20, flags: [POLLSCOPE_POLL_FIRST, POLLSCOPE_POLL_WAIT_UNKNOWN]),
            Made.poll(60_000_000, 10, wait: .max, stack: 20, flags: [POLLSCOPE_POLL_FIRST]),
            Made.poll(70_000_000, 10, wait: 1, stack: 20),
        ]
        let load = report([status(0, created: 0, ended: 0), status(1, created: 0, ended: 0)], polls: [polls])
        #expect(load.firstPolls == 2)
        #expect(load.starts.first?.tasks == 2)
    }

    @Test func memoryIsBoundedWhateverThereIs() {
        var starts = TaskStarts(span: nil, secondsPerTick: 1e-9)
        for number in 0..<300_000 {
            starts.add(first(0, UInt64(number) * 10_000_000, stack: UInt32(number % 7)))
        }
        #expect(starts.counted.count <= 1 << 18)
        #expect(starts.isCut)
        #expect(starts.totals.values.reduce(0, +) == 300_000)
    }

    @Test func theCensusNamesWhatTasksAre() throws {
        let census = TaskCensus(
            at: Ticks(1_000_001_000), live: 20_001, tracked: 8_192,
            groups: [
                .init(startStack: 20, spawnStack: 60, tasks: 5_000), .init(startStack: 0, spawnStack: 60, tasks: 2_000),
                .init(startStack: 21, spawnStack: 60, tasks: 1_000), .init(startStack: 10, spawnStack: 0, tasks: 1),
            ])
        let told = try #require(
            report([status(0, created: 0, ended: 0), status(2, created: 0, ended: 0)], census: census).census)
        #expect((told.live, told.tracked) == (20_001, 8_192))
        #expect(abs(told.atSeconds - 1) < 1e-9)
        #expect(told.groups.map(\.tasks) == [6_000, 2_000, 1])
        #expect(told.groups.map(\.code?.function) == ["function2()", nil, "function1()"])
        #expect(told.groups.map(\.maker?.function) == ["function6()", "function6()", nil])
    }
}
