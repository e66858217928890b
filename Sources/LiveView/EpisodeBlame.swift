// Who made whom wait in a stretch of time: each instant with Q jobs waiting while all threads are busy charges Q/B to
// each of the B polls that run; with a thread free it charges nobody.
//
// A sweep over starts and ends. The integral of Q/B up to a moment is kept, so what a poll is charged is the integral at
// its end less that at its start. What ran inside a poll of the same executor, as a job in its actor's drain, is charged
// for its own time, and the poll around it for the rest.

import CPollscopeLayout
import Sessions

/// One poll, for the sweep.
struct BlamedPoll {
    var context: PollContext
    var ring: UInt32
    var start: UInt64
    var end: UInt64
    /// When its job could have run; `start` where it waited for nothing that counts here.
    var runnable: UInt64

    init(context: PollContext, ring: UInt32, start: UInt64, end: UInt64, runnable: UInt64) {
        self.context = context
        self.ring = ring
        self.start = start
        self.end = max(start, end)
        self.runnable = min(runnable, start)
    }

    init(_ poll: pollscope_poll_record, thread: UInt32, ring: UInt32) {
        let waited = Lane.waited(kind: poll.kind, executor: poll.executor, flags: poll.flags)
        self.init(
            context: PollContext(
                poll: PollIdentity(tid: thread, start: Ticks(poll.start_ticks)), stack: poll.stack, task: poll.task,
                kind: poll.kind, executor: poll.executor, flags: poll.flags),
            ring: ring, start: poll.start_ticks, end: poll.start_ticks.addingClamped(poll.duration_ticks),
            runnable: waited ? poll.start_ticks.subtractingClamped(poll.wait_ticks) : poll.start_ticks)
    }
}

/// What a stretch of time came to.
struct EpisodeBlame {
    /// What polls are charged by: where they resumed.
    struct Key: Hashable {
        var stack: UInt32
        var kind: UInt8
        var flags: UInt8
        var executor: UInt8

        init(_ context: PollContext) {
            stack = context.stack
            kind = context.kind
            flags = context.flags & UInt8(POLLSCOPE_POLL_TIMER.rawValue)
            executor = context.executor
        }
    }

    /// Ticks of waiting, by who is charged.
    private(set) var charges: [Key: Double] = [:]
    /// One of the polls that have a key, for its name.
    private(set) var examples: [Key: PollContext] = [:]
    /// Charged to nobody: a thread was free.
    private(set) var scheduler = 0.0

    var total: Double { charges.values.reduce(scheduler, +) }

    private struct Change {
        var at: UInt64
        var poll: Int32
        var isStart: Bool
        var waiting: Int8
        var running: Int8
    }

    /// Charges the waiting between `from` and `to`. The polls are those of one executor, of each ring in the order of
    /// their ends.
    mutating func add(_ polls: [BlamedPoll], from: UInt64, to: UInt64, width: Int) {
        guard to > from else { return }
        let around = Self.surroundings(polls)
        var changes: [Change] = []
        changes.reserveCapacity(polls.count * 3)
        for (index, poll) in polls.enumerated() {
            let (start, end) = (max(poll.start, from), min(poll.end, to))
            if start < end {
                let isOutermost: Int8 = around[index] == nil ? 1 : 0
                changes.append(
                    Change(at: start, poll: Int32(index), isStart: true, waiting: 0, running: isOutermost))
                changes.append(
                    Change(at: end, poll: Int32(index), isStart: false, waiting: 0, running: -isOutermost))
            }
            let (runnable, begun) = (max(poll.runnable, from), min(poll.start, to))
            if runnable < begun {
                changes.append(Change(at: runnable, poll: -1, isStart: true, waiting: 1, running: 0))
                changes.append(Change(at: begun, poll: -1, isStart: false, waiting: -1, running: 0))
            }
        }
        changes.sort { $0.at < $1.at }
        charge(polls, around, in: changes, width: width)
    }

    private mutating func charge(_ polls: [BlamedPoll], _ around: [Int?], in changes: [Change], width: Int) {
        var integral = 0.0
        var charged = [Double](repeating: 0, count: polls.count)
        var waiting = 0
        var running = 0
        var last = changes.first?.at ?? 0
        for change in changes {
            let ticks = Double(change.at - last)
            if ticks > 0, waiting > 0 {
                if running >= width, running > 0 {
                    integral += ticks * Double(waiting) / Double(running)
                } else {
                    scheduler += ticks * Double(waiting)
                }
            }
            last = change.at
            waiting += Int(change.waiting)
            running += Int(change.running)
            if change.poll >= 0 { charged[Int(change.poll)] += change.isStart ? -integral : integral }
        }
        for (index, poll) in polls.enumerated() where charged[index] > 0 {
            let key = Key(poll.context)
            charges[key, default: 0] += charged[index]
            if examples[key] == nil { examples[key] = poll.context }
            // What ran inside is not charged twice.
            if let outer = around[index] { charges[Key(polls[outer].context), default: 0] -= charged[index] }
        }
    }

    /// Of each poll the one around it: of the same ring, and begun before it. Ends come in order.
    private static func surroundings(_ polls: [BlamedPoll]) -> [Int?] {
        var around = [Int?](repeating: nil, count: polls.count)
        var open: [UInt32: [Int]] = [:]
        for (index, poll) in polls.enumerated() {
            var inside = open[poll.ring] ?? []
            while let last = inside.last, polls[last].start >= poll.start, polls[last].end <= poll.end {
                around[last] = index
                inside.removeLast()
            }
            // Those before are over: nothing that ends later began before them and is not around them.
            inside.append(index)
            if inside.count > 64 { inside.removeFirst(32) }
            open[poll.ring] = inside
        }
        return around
    }
}
