// Who is charged for whose waiting, and when waiting is starvation: schedules small enough to be worked out by hand.

import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

@Suite("Blame")
struct BlameTests {
    private static let pool = BlameSweep.Group.executor(UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue))
    private static let actors = BlameSweep.Group.actors(type: 7)

    private func sweep(_ threads: [[pollscope_poll_record]], width: Int = 1) -> BlameSweep {
        BlameSchedule(threads, widths: [1: width]).swept()
    }

    @Test("eight jobs wait for one that takes 40 ms")
    func oneCulprit() {
        let ms: UInt64 = 1_000_000
        // All could have run from 1 ms on; each then takes 1 ms.
        let victims = (0..<8).map { Made.poll((40 + $0) * ms, ms, wait: (39 + $0) * ms, stack: 20) }
        var schedule = BlameSchedule([[Made.poll(0, 40 * ms, stack: 10)] + victims], widths: [1: 1])
        (schedule.episodeTicks, schedule.gapTicks) = (10 * ms, ms)
        let sweep = schedule.swept()
        #expect(sweep.charge(10) == Double(8 * 39 * ms))
        #expect(sweep.charge(20) == Double((7 + 6 + 5 + 4 + 3 + 2 + 1) * ms))
        #expect(sweep.figures()?.schedulerTicks == 0)
        #expect(sweep.figures()?.waitTicks == Double((8 * 39 + 28) * ms))
        let results = sweep.results
        #expect(results.episodes.count == 1)
        let episode = results.episodes.first?.episode
        #expect(episode?.start == 11 * ms)
        #expect(episode?.end == 47 * ms)
        #expect(episode?.peakDepth == 8)
        #expect(episode?.oldestTicks == 46 * ms)
        #expect(episode?.victims == 8)
        #expect(episode?.waitTicks == Double((8 * 29 + 28) * ms))
        #expect(results.episodes.first?.all.ticks == episode?.waitTicks)
    }

    @Test("two threads share the charge")
    func twoThreads() {
        // Both are busy in 20..<100; two jobs wait from 40 on, one until 100, the other until 120.
        let sweep = sweep(
            [
                [Made.poll(0, 100, stack: 10), Made.poll(100, 20, wait: 60, stack: 30)],
                [Made.poll(20, 100, stack: 20), Made.poll(120, 5, wait: 80, stack: 40)],
            ], width: 2)
        #expect(sweep.charge(10) == 60)
        #expect(sweep.charge(20) == 60 + 10)
        #expect(sweep.charge(30) == 10)
        #expect(sweep.figures()?.schedulerTicks == 0)
    }

    @Test("with a free thread it is nobody's")
    func freeThread() {
        let sweep = sweep([[Made.poll(0, 50)], [Made.poll(40, 10, wait: 30)]], width: 2)
        #expect(sweep.figures()?.schedulerTicks == 30)
        #expect(sweep.results.charges.isEmpty)
    }

    @Test("more polls at once than the width share it all")
    func widerThanWide() {
        let sweep = sweep(
            [
                [Made.poll(0, 40, stack: 10)], [Made.poll(0, 40, stack: 20)], [Made.poll(0, 40, stack: 30)],
                [Made.poll(40, 5, wait: 30, stack: 40)],
            ], width: 2)
        for stack in [10, 20, 30] as [UInt32] { #expect(isClose(sweep.charge(stack), 10)) }
        #expect(sweep.figures()?.schedulerTicks == 0)
    }

    @Test("inside a drain, its jobs are charged on the pool, and their holds on the actor")
    func drain() {
        let job = { (start: UInt64, length: UInt64, stack: UInt32) in
            Made.poll(start, length, stack: stack, flags: [POLLSCOPE_POLL_NESTED], executor: POLLSCOPE_EXECUTOR_ACTOR)
        }
        let hold = { (start: UInt64, length: UInt64, wait: UInt64, stack: UInt32) in
            var hold = Made.hold(start, length, wait: wait)
            hold.stack = stack
            return hold
        }
        // A drain of 0..<100 with jobs in 10..<40 and 40..<90; the second wants the actor from 20 on. Another job waits
        // for the only thread from 30 on.
        let sweep = sweep([
            [
                job(10, 30, 20), hold(10, 30, 0, 20), job(40, 50, 30), hold(40, 50, 20, 30),
                Made.poll(0, 100, stack: 10, kind: POLLSCOPE_RECORD_ACTOR), Made.poll(100, 5, wait: 70, stack: 40),
            ]
        ])
        #expect(sweep.charge(20, on: POLLSCOPE_EXECUTOR_ACTOR) == 10)
        #expect(sweep.charge(30, on: POLLSCOPE_EXECUTOR_ACTOR) == 50)
        #expect(sweep.charge(10, kind: .actor) == 10)
        #expect(sweep.figures()?.waitTicks == 70)
        #expect(sweep.charge(20, on: POLLSCOPE_EXECUTOR_ACTOR, for: Self.actors) == 20)
        #expect(sweep.figures(of: Self.actors)?.waitTicks == 20)
        #expect(sweep.figures(of: Self.actors)?.schedulerTicks == 0)
    }

    @Test("an actor that nobody holds waits for a thread itself")
    func freeActor() {
        let sweep = sweep([[Made.hold(50, 10, wait: 30)]])
        #expect(sweep.figures(of: Self.actors)?.schedulerTicks == 30)
    }

    @Test("in a turn of an event loop its jobs are charged, and the turn for the rest")
    func turn() {
        let loop = BlameSweep.Group.executor(16)
        let sweep = sweep([
            [
                Made.poll(10, 20, wait: 5, stack: 20, flags: [POLLSCOPE_POLL_NESTED], on: 16),
                Made.poll(40, 20, wait: 35, stack: 30, flags: [POLLSCOPE_POLL_NESTED], on: 16),
                // Its own wait is the most that its events can have waited: nobody's job.
                Made.poll(2, 98, wait: 2, stack: 0, kind: POLLSCOPE_RECORD_TURN, on: 16),
            ]
        ])
        let charges = sweep.results.charges.filter { $0.key.executor == 16 }
        // The first job waits in 5..<10, the second in 5..<40: for the turn before and between, and for the first.
        #expect(charges.first { $0.key.kind == .turn }?.charge.ticks == 20)
        #expect(charges.first { $0.key.stack == 20 }?.charge.ticks == 20)
        #expect(charges.first { $0.key.stack == 30 } == nil)
        #expect(sweep.figures(of: loop)?.waitTicks == 40)
    }

    @Test("a job inside a job of the same executor is charged, and both are one that runs")
    func jobInJob() {
        let sweep = sweep([
            [
                Made.poll(20, 30, stack: 20, flags: [POLLSCOPE_POLL_NESTED]), Made.poll(0, 100, stack: 10),
                Made.poll(100, 1, wait: 100, stack: 30),
            ]
        ])
        #expect(sweep.charge(20) == 30)
        #expect(sweep.charge(10) == 70)
    }

    @Test("a timer waits from when it was due")
    func timer() {
        let sweep = sweep([[Made.poll(0, 50, stack: 10), Made.poll(50, 1, wait: 20, flags: [POLLSCOPE_POLL_TIMER])]])
        #expect(sweep.charge(10) == 20)
    }

    @Test("a wait that is not known is none")
    func unknownWait() {
        let sweep = sweep([[Made.poll(0, 50), Made.poll(50, 1, wait: 20, flags: [POLLSCOPE_POLL_WAIT_UNKNOWN])]])
        #expect(sweep.figures()?.waitTicks == 0)
    }

    @Test("what has not ended is charged, and its own wait counts")
    func unfinished() {
        var schedule = BlameSchedule([[Made.poll(0, 30, stack: 10)], [Made.poll(60, 5, wait: 20, stack: 30)]])
        schedule.unfinished = [(thread: 0, poll: Made.poll(30, 50, wait: 10, stack: 20))]
        let sweep = schedule.swept()
        #expect(sweep.charge(20) == 20)
        #expect(sweep.charge(10) == 10)
    }

    @Test("a wait that is older than the recording is nobody's until somebody is seen")
    func olderThanTheRecording() {
        let sweep = sweep([[Made.poll(100, 50, stack: 10), Made.poll(150, 5, wait: 120, stack: 20)]])
        #expect(sweep.charge(10) == 50)
        #expect(sweep.figures()?.schedulerTicks == 70)
        // No more than there is time.
        #expect(self.sweep([[Made.poll(100, 50, wait: 1_000)]]).figures()?.waitTicks == 100)
    }

    @Test("polls of no length hold nobody up")
    func zeroLength() {
        let sweep = sweep([
            [
                Made.poll(50, 0, wait: 20, stack: 10), Made.poll(50, 0, stack: 20),
                Made.poll(50, 10, wait: 10, stack: 30),
            ]
        ])
        #expect(sweep.results.charges.isEmpty)
        #expect(sweep.figures()?.schedulerTicks == 30)
    }

    @Test("what a culprit did meanwhile goes with its charge")
    func shares() {
        var culprit = Made.poll(0, 40_000_000, stack: 10)
        culprit.blocked_ticks = 10_000_000
        var splits = LongPollSplits()
        var split = SplitTicks()
        split.kernelWait = 20_000_000
        splits.note(tid: Made.thread(0).tid, start: 0, split)
        let schedule = BlameSchedule([[culprit, Made.poll(40_000_000, 1, wait: 4_000_000, stack: 20)]])
        let sweep = schedule.swept(schedule.chunks(cuts: []), splits: splits)
        let charge = sweep.results.charges.first?.charge
        #expect(charge?.ticks == 4_000_000)
        #expect(charge?.blocked == 1_000_000)
        #expect(charge?.kernel == 2_000_000)
    }

    @Test("episodes that are close are one", arguments: [(gap: 4, count: 2), (gap: 5, count: 1)])
    func gap(_ limit: (gap: UInt64, count: Int)) {
        // Jobs wait all the time; for five ticks the thread runs nothing.
        var schedule = BlameSchedule([
            [Made.poll(0, 100, stack: 10), Made.poll(105, 95, wait: 100, stack: 10), Made.poll(200, 1, wait: 190)]
        ])
        schedule.gapTicks = limit.gap
        let episodes = schedule.swept().results.episodes.map(\.episode)
        #expect(episodes.count == limit.count)
        #expect(episodes.map(\.start).min() == 15)
        #expect(episodes.map(\.end).max() == 200)
        #expect(episodes.reduce(0) { $0 + $1.starvedTicks } == 85 + 95)
    }
}
