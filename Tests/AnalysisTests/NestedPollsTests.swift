// Time is nobody's twice: of a drain, a turn and a work only what the polls in them are not.

import CPollscopeLayout
import Testing

@testable import Analysis

@Suite struct NestedPollsTests {
    private let nested: [pollscope_poll_flags] = [POLLSCOPE_POLL_NESTED]

    private func analysis(_ chunks: [[MadeBatch]]) -> PollAnalysis {
        var analysis = PollAnalysis(calibration: Made.calibration)
        for chunk in chunks { analysis.add(chunk: chunk) }
        return analysis
    }

    private func figures(_ analysis: PollAnalysis, _ kind: PollKind) -> PollFigures {
        analysis.stacks.entries.filter { $0.key.kind == kind }.reduce(into: PollFigures()) { $0.merge($1.figures) }
    }

    @Test(arguments: [POLLSCOPE_RECORD_ACTOR, POLLSCOPE_RECORD_TURN, POLLSCOPE_RECORD_WORK])
    func whatRunsInsideIsNotItsOwn(kind: pollscope_record_kind) {
        let batch = MadeBatch(
            0,
            [
                Made.poll(2_010, 200_000_000, flags: nested, executor: POLLSCOPE_EXECUTOR_ACTOR),
                Made.poll(200_003_000, 50, flags: nested, executor: POLLSCOPE_EXECUTOR_ACTOR),
                Made.poll(2_000, 200_002_000, stack: 2, kind: kind),
            ])
        let analysis = analysis([[batch]])
        let outer = figures(analysis, PollKind(record: UInt8(kind.rawValue), flags: 0))
        #expect(outer.polls == 1)
        #expect(outer.pollTicks == 1_950)
        #expect(outer.criticalPolls == 1, "it was as long as it was")
        #expect(outer.poll.maximum == 0.200_002)
        #expect(figures(analysis, .task).pollTicks == 200_000_050)
        // The thread was busy once, and each of the two executors while its own ran.
        #expect(analysis.threads[0].busyTicks == 200_002_000)
        #expect(analysis.executors[Int(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)].busyTicks == 200_002_000)
        #expect(analysis.executors[Int(POLLSCOPE_EXECUTOR_ACTOR.rawValue)].busyTicks == 200_000_050)
        #expect(analysis.occupancy.width(of: UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)) == 1)
    }

    @Test func blockedTimeAndAllocationsAreNotItsOwnEither() throws {
        var inner = Made.poll(2_010, 100, flags: nested, executor: POLLSCOPE_EXECUTOR_ACTOR)
        inner.blocked_ticks = 60
        pollscope_poll_set_allocations(&inner, 3, 300, 1)
        var drain = Made.poll(2_000, 200, stack: 2, kind: POLLSCOPE_RECORD_ACTOR)
        drain.blocked_ticks = 70
        pollscope_poll_set_allocations(&drain, 5, 340, 2)
        let analysis = analysis([[MadeBatch(0, [inner, drain])]])
        #expect(figures(analysis, .actor).blockedTicks == 10)
        let outer = try #require(analysis.stacks.entries.first { $0.key.kind == .actor }).allocations
        let own = try #require(analysis.stacks.entries.first { $0.key.kind == .task }).allocations
        #expect(outer.counts == AllocationCounts(allocations: 2, bytes: 40, frees: 1))
        #expect(own.counts == AllocationCounts(allocations: 3, bytes: 300, frees: 1))
        #expect(analysis.allocations.bytes == 340)
        #expect(outer.outermostBytes + own.outermostBytes == 340)
    }

    @Test func aTaskThatRunsOthersHasAllOfItsTime() {
        let analysis = analysis([
            [MadeBatch(0, [Made.poll(2_010, 50, stack: 2, flags: nested), Made.poll(2_000, 100)])]
        ])
        #expect(figures(analysis, .task).pollTicks == 150)
        #expect(analysis.executors[Int(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)].busyTicks == 100)
        #expect(analysis.occupancy.width(of: UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)) == 1)
    }

    @Test func whereRecordsWereLostOrAreOutOfOrderTheWholeCounts() {
        let drain = Made.poll(2_000, 100, stack: 2, kind: POLLSCOPE_RECORD_ACTOR)
        let inner = Made.poll(2_010, 50, flags: nested)
        let lost = analysis([[MadeBatch(0, [inner])], [MadeBatch(0, first: 2, lost: 1, [drain])]])
        #expect(figures(lost, .actor).pollTicks == 100)
        let late = analysis([[MadeBatch(0, [Made.poll(2_010, 500, flags: nested), drain])]])
        #expect(figures(late, .actor).pollTicks == 100)
        // More inside it than there is of it: hostile, and no fault.
        let double = analysis([
            [MadeBatch(0, [Made.poll(2_010, 90, flags: nested), Made.poll(2_020, 80, flags: nested), drain])]
        ])
        #expect(figures(double, .actor).pollTicks == 0)
    }

    @Test func aDrainOfMoreJobsThanAreRemembered() {
        let count = 100_000
        let jobs = (0..<count).map { Made.poll(2_000 + UInt64($0) * 10, 7, flags: nested) }
        let drain = Made.poll(1_990, UInt64(count) * 10 + 100, stack: 2, kind: POLLSCOPE_RECORD_ACTOR)
        let analysis = analysis([[MadeBatch(0, jobs + [drain])]])
        #expect(figures(analysis, .actor).pollTicks == UInt64(count) * 3 + 100)
    }

    @Test func executorsInsideOthersHaveAWidth() {
        func turn(_ thread: Int) -> MadeBatch {
            MadeBatch(
                thread,
                [
                    Made.poll(2_010, 50, flags: nested, on: 17),
                    Made.poll(2_000, 100, kind: POLLSCOPE_RECORD_TURN, on: 16),
                ])
        }
        let analysis = analysis([[turn(0), turn(1)]])
        #expect(analysis.occupancy.width(of: 16) == 2)
        #expect(analysis.occupancy.width(of: 17) == 2)
    }

    /// Random polls inside one another, cut into two stretches, against one stretch.
    @Test(arguments: 0..<7) func isTheSameInTwoStretches(seed: UInt64) {
        var random = SmallRandom(seed: seed)
        var records: [pollscope_poll_record] = []
        var now: UInt64 = 2_000
        func add(depth: Int) {
            let start = now
            now += UInt64.random(in: 1...20, using: &random)
            let kinds = [POLLSCOPE_RECORD_TASK, POLLSCOPE_RECORD_ACTOR, POLLSCOPE_RECORD_TURN, POLLSCOPE_RECORD_WORK]
            let kind = kinds[Int.random(in: 0..<4, using: &random)]
            if depth < 4 {
                for _ in 0..<Int.random(in: 0...3, using: &random) where Bool.random(using: &random) {
                    add(depth: depth + 1)
                    now += UInt64.random(in: 0...5, using: &random)
                }
            }
            now += UInt64.random(in: 1...20, using: &random)
            var poll = Made.poll(
                start, now - start, stack: UInt32.random(in: 1...3, using: &random), kind: kind,
                flags: depth > 0 ? nested : [], on: UInt8.random(in: 16...18, using: &random))
            pollscope_poll_set_allocations(&poll, UInt32(now - start), (now - start) * 8, UInt32(now - start))
            records.append(poll)
        }
        while records.count < 50 {
            add(depth: 0)
            now += 3
        }
        let whole = analysis([[MadeBatch(0, records)]])
        let busy = whole.executors.reduce(0) { $0 + $1.busyTicks }
        #expect(whole.allocations.bytes == whole.threads[0].busyTicks * 8)
        #expect(busy >= whole.threads[0].busyTicks)
        // Every place in the course of all seeds.
        for cut in stride(from: 1 + Int(seed), to: records.count, by: 7) {
            var first = analysis([[MadeBatch(0, Array(records[..<cut]))]])
            first.append(analysis([[MadeBatch(0, first: UInt64(cut), Array(records[cut...]))]]))
            #expect(
                first.executors[16...18].map(\.busyTicks) == whole.executors[16...18].map(\.busyTicks), "cut at \(cut)")
            for entry in whole.stacks.entries {
                let same = first.stacks.entries.first { $0.key == entry.key }
                #expect(same?.figures.pollTicks == entry.figures.pollTicks, "cut at \(cut)")
                #expect(same?.allocations.counts == entry.allocations.counts, "cut at \(cut)")
            }
        }
    }

    @Test func holdsAreNoPolls() {
        let analysis = analysis([[MadeBatch(0, [Made.hold(2_000, 50), Made.poll(2_000, 100)])]])
        #expect(analysis.polls == 1)
        #expect(analysis.holds == 1)
        #expect(analysis.stacks.entries.map(\.figures.polls) == [1])
        #expect(analysis.threads[0].polls == 1)
    }

    @Test func dividingLeavesAllRecordsInOrder() {
        let records = [Made.hold(2_000, 50), Made.poll(2_000, 100), Made.poll(2_200, 10), Made.hold(2_300, 5)]
        MadeBatch(0, first: 7, records).withThreadPolls { batch in
            #expect(batch.records.map(\.sequence) == [7, 8, 9, 10])
            #expect(batch.polls.map(\.sequence) == [8, 9])
            #expect(batch.holds.map(\.sequence) == [7, 10])
        }
        MadeBatch(0, [records[1]]).withThreadPolls { batch in
            #expect(batch.polls.baseAddress == batch.records.baseAddress, "nothing is copied where there is no hold")
            #expect(batch.holds.isEmpty)
        }
    }
}
