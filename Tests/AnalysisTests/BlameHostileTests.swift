// Records that no session has: the sweep ends, with what it could not follow counted.

import CPollscopeLayout
import Recording
import Sessions
import Testing

@testable import Analysis

@Suite("Blame of hostile records")
struct BlameHostileTests {
    /// All waiting is charged, nobody's, or counted as not followed.
    private func expectIdentity(_ sweep: borrowing BlameSweep, waited: Double, _ which: Comment) {
        let charged = sweep.charges.reduce(0) { $0 + $1.charge.ticks }
        let nobodys = sweep.figures.reduce(0) { $0 + $1.schedulerTicks }
        let (told, unresolved) = (charged + nobodys, sweep.unresolvedTicks)
        #expect(abs(told - waited) <= unresolved + 1e-9 * waited + 16, which)
        #expect(told.isFinite, which)
    }

    private func waited(_ schedule: BlameSchedule) -> Double {
        schedule.threads.joined().filter {
            $0.isHold
                || UInt32($0.executor) != POLLSCOPE_EXECUTOR_ACTOR.rawValue && PollKind(of: $0) != .turn
                    && !$0.has(POLLSCOPE_POLL_WAIT_UNKNOWN)
        }.reduce(0) { $0 + Double(min($1.wait_ticks, $1.start_ticks)) }
    }

    @Test("any bytes", arguments: 0..<100)
    func wild(seed: Int) {
        var wild = Wild(state: UInt64(seed))
        let schedule = BlameSchedule(
            (0..<4).map { _ in
                (0..<200).map { _ in
                    var record = pollscope_poll_record()
                    record.kind = UInt8(2 + wild.next() % 8)
                    record.executor = UInt8(wild.next() % 20)
                    record.flags = UInt8(truncatingIfNeeded: wild.next())
                    record.start_ticks = wild.number()
                    record.duration_ticks = wild.number()
                    record.wait_ticks = wild.number()
                    record.blocked_ticks = wild.number()
                    record.stack = UInt32(truncatingIfNeeded: wild.number())
                    record.waker = UInt16(wild.next() % 3)
                    record.allocations = UInt32(wild.next() % 3)
                    return record
                }
            })
        expectIdentity(schedule.swept(), waited: waited(schedule), "seed \(seed)")
        // Cut by number, as times say nothing.
        let halves = [0, 1].map { half in
            schedule.threads.indices.map { MadeBatch($0, Array(schedule.threads[$0][half * 100..<half * 100 + 100])) }
        }
        expectIdentity(schedule.swept(halves), waited: waited(schedule), "seed \(seed), cut")
    }

    @Test("overlapping polls of one thread")
    func overlapping() {
        var dice = BlameSchedule.Dice(1)
        let polls = (0..<1_000).map { _ in
            let start = dice.ticks(0...10_000)
            return Made.poll(start, dice.ticks(0...5_000), wait: dice.ticks(0...10_000), stack: 1)
        }
        let schedule = BlameSchedule([polls.sorted { $0.endTicks < $1.endTicks }, polls])
        expectIdentity(schedule.swept(), waited: waited(schedule), "overlaps")
    }

    @Test("more waits over the whole recording than there is room for")
    func manyWaiters() {
        let count = 50_000
        var sweep = BlameSchedule([], widths: [1: 1]).emptySweep()
        sweep.waitingMax = 10_000
        let polls = (0..<UInt64(1_000)).map { Made.poll(1 << 40 + $0, 1, wait: 1 << 39) }
        for thread in 0..<count / polls.count {
            MadeBatch(thread, polls).withThreadPolls { sweep.add($0) }
        }
        sweep.finish()
        #expect(sweep.unresolvedTicks == Double(count - 10_000) * Double(UInt64(1) << 39))
        expectIdentity(sweep, waited: Double(count) * Double(UInt64(1) << 39), "many")
    }
}
