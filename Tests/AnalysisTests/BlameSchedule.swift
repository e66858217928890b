// Polls and holds of some threads, as tests of blame have them: written by hand, or random.

import CPollscopeLayout

@testable import Analysis

struct BlameSchedule {
    /// By thread, in the order of their ends: polls and holds.
    var threads: [[pollscope_poll_record]]
    /// What ran when the recording ended.
    var unfinished: [(thread: Int, poll: pollscope_poll_record)] = []
    /// By executor; what is not there has width 1.
    var widths: [UInt8: Int] = [:]
    var waits: [TailWait] = []
    var episodeTicks: UInt64 = 10
    var gapTicks: UInt64 = 1

    init(_ threads: [[pollscope_poll_record]], widths: [UInt8: Int] = [:]) {
        self.threads = threads
        self.widths = widths
    }

    var end: UInt64 {
        (threads.joined().map(\.endTicks) + unfinished.map(\.poll.endTicks)).max() ?? 0
    }

    var widthTable: [Int] { (0..<256).map { widths[UInt8($0)] ?? 1 } }
}

// MARK: Random ones

extension BlameSchedule {
    /// Numbers that a seed says, small ones.
    struct Dice {
        var random: SplitMix

        init(_ seed: Int) { random = SplitMix(state: UInt64(seed)) }

        mutating func roll(_ range: ClosedRange<Int>) -> Int {
            range.lowerBound + Int(random.next() % UInt64(range.count))
        }

        mutating func ticks(_ range: ClosedRange<Int>) -> UInt64 { UInt64(roll(range)) }

        mutating func isOne(in count: Int) -> Bool { roll(1...count) == 1 }
    }

    private static let executors: [UInt8] = [1, 1, 1, 2, 16, 17, UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)]

    /// Anything: polls inside others, several executors on one thread, one actor on several, waits of any length.
    static func arbitrary(_ seed: Int) -> BlameSchedule {
        var dice = Dice(seed)
        var schedule = BlameSchedule([])
        for executor: UInt8 in [1, 2, 16, 17] { schedule.widths[executor] = dice.roll(0...3) }
        schedule.episodeTicks = dice.ticks(3...25)
        schedule.gapTicks = dice.ticks(0...2)
        for _ in 0..<dice.roll(1...5) {
            var records: [pollscope_poll_record] = []
            var time = dice.ticks(0...20)
            while time < 200 {
                let end = time + (dice.isOne(in: 8) ? 0 : dice.ticks(1...30))
                appendPolls(from: time, to: end, depth: 0, &dice, &records)
                time = end + (dice.isOne(in: 2) ? 0 : dice.ticks(0...25))
            }
            var holds: [pollscope_poll_record] = []
            time = dice.ticks(0...60)
            while dice.roll(1...6) > 1, time < 200 {
                let end = time + dice.ticks(0...20)
                holds.append(hold(from: time, to: end, &dice))
                time = end + dice.ticks(0...20)
            }
            schedule.threads.append(inOrder(records, holds))
        }
        schedule.addWaits(&dice)
        return schedule
    }

    private static func appendPolls(
        from start: UInt64, to end: UInt64, depth: Int, _ dice: inout Dice, _ records: inout [pollscope_poll_record]
    ) {
        if depth < 3 {
            var time = start + dice.ticks(0...5)
            while dice.isOne(in: 2), time < end {
                let inner = min(end, time + dice.ticks(0...10))
                appendPolls(from: time, to: inner, depth: depth + 1, &dice, &records)
                time = inner + dice.ticks(0...5)
            }
        }
        let kinds = [
            POLLSCOPE_RECORD_TASK, POLLSCOPE_RECORD_TASK, POLLSCOPE_RECORD_ACTOR, POLLSCOPE_RECORD_TURN,
            POLLSCOPE_RECORD_WORK,
        ]
        var flags: [pollscope_poll_flags] = depth > 0 ? [POLLSCOPE_POLL_NESTED] : []
        if dice.isOne(in: 10) { flags.append(POLLSCOPE_POLL_WAIT_UNKNOWN) }
        if dice.isOne(in: 10) { flags.append(POLLSCOPE_POLL_TIMER) }
        records.append(
            Made.poll(
                start, end - start, wait: dice.isOne(in: 4) ? 0 : min(start, dice.ticks(0...60)),
                stack: UInt32(dice.roll(1...6)), kind: kinds[dice.roll(0...4)], flags: flags,
                on: executors[dice.roll(0...executors.count - 1)]))
    }

    private static func hold(from start: UInt64, to end: UInt64, _ dice: inout Dice) -> pollscope_poll_record {
        var hold = Made.hold(
            start, end - start, wait: min(start, dice.ticks(0...40)), actor: UInt32(dice.roll(1...3)),
            task: UInt32(dice.roll(1...1_000)))
        hold.waker = UInt16(dice.roll(7...8))
        hold.stack = UInt32(dice.roll(1...4))
        return hold
    }

    /// A pool of `width` threads that takes jobs in the order in which they came; some are drains with jobs inside.
    static func firstInFirstOut(_ seed: Int) -> BlameSchedule {
        var dice = Dice(seed)
        let width = dice.roll(1...4)
        var schedule = BlameSchedule(Array(repeating: [], count: width))
        schedule.widths = [1: width]
        schedule.episodeTicks = dice.ticks(3...40)
        schedule.gapTicks = dice.ticks(0...2)
        var free = Array(repeating: UInt64(0), count: width)
        var arrival: UInt64 = 0
        for _ in 0..<dice.roll(10...80) {
            arrival += dice.ticks(0...6)
            let thread = free.indices.min { free[$0] < free[$1] } ?? 0
            let start = max(arrival, free[thread]) + dice.ticks(0...1)
            let end = start + (dice.isOne(in: 10) ? dice.ticks(20...60) : dice.ticks(0...6))
            let isDrain = dice.isOne(in: 4)
            if isDrain {
                let middle = start + (end - start) / 2
                for (start, end) in [(start, middle), (middle, end)] {
                    schedule.threads[thread].append(
                        Made.poll(
                            start, end - start, wait: start - arrival, stack: UInt32(dice.roll(1...3)),
                            flags: [POLLSCOPE_POLL_NESTED], executor: POLLSCOPE_EXECUTOR_ACTOR))
                    var hold = Made.hold(
                        start, end - start, wait: start - arrival, actor: UInt32(dice.roll(1...2)),
                        task: UInt32(dice.roll(1...1_000)))
                    hold.stack = schedule.threads[thread].last?.stack ?? 1
                    schedule.threads[thread].append(hold)
                }
            }
            schedule.threads[thread].append(
                Made.poll(
                    start, end - start, wait: start - arrival, stack: UInt32(dice.roll(1...6)),
                    kind: isDrain ? POLLSCOPE_RECORD_ACTOR : POLLSCOPE_RECORD_TASK))
            free[thread] = end
        }
        schedule.addWaits(&dice)
        return schedule
    }

    /// In the order of their ends; polls before holds that end with them, those inside before those around them.
    private static func inOrder(
        _ polls: [pollscope_poll_record], _ holds: [pollscope_poll_record]
    ) -> [pollscope_poll_record] {
        (polls + holds).enumerated().sorted { ($0.element.endTicks, $0.offset) < ($1.element.endTicks, $1.offset) }
            .map(\.element)
    }

    /// Slow requests that waited for executors, and for actors in parts of the waits of holds.
    private mutating func addWaits(_ dice: inout Dice) {
        for _ in 0..<dice.roll(0...8) {
            let start = dice.ticks(0...150)
            waits.append(
                TailWait(
                    tail: dice.roll(0...3), start: start, end: start + dice.ticks(1...60),
                    executor: dice.isOne(in: 2) ? 1 : 2, task: 0, pollStart: 0))
        }
        var seen: Set<[UInt64]> = []
        for hold in threads.joined() where hold.isHold && hold.wait_ticks > 1 && dice.isOne(in: 3) {
            // A task begins one hold at a time.
            guard seen.insert([UInt64(hold.task), hold.start_ticks]).inserted else { continue }
            let start = hold.runnableTicks + dice.ticks(0...Int(hold.wait_ticks - 1))
            waits.append(
                TailWait(
                    tail: dice.roll(0...3), start: start, end: hold.start_ticks, executor: nil, task: hold.task,
                    pollStart: hold.start_ticks))
        }
    }
}
