// Records as a service makes them that does its work in actors, for tests of size.

import CPollscopeLayout
import Sessions

@testable import Recording

/// Eight actors of two types on four threads, and tasks that call them: drains of one to five jobs, each job a poll with
/// its hold, and every fourth time a task that takes a free actor over in the middle of its poll.
struct RealisticHolds {
    static let types = [ObjectType(id: 7, name: "Quotes.Ledger"), ObjectType(id: 9, name: "Quotes.Cache")]
    static let executors = [
        ExecutorIdentity(
            number: 17, kind: POLLSCOPE_EXECUTOR_QUEUE.rawValue, type: 0, name: "com.example.files",
            identity: 0x7F12_3456_7890),
        ExecutorIdentity(
            number: 239, kind: POLLSCOPE_EXECUTOR_SERIAL.rawValue, type: 9, name: "", identity: .max),
    ]

    private var random: SplitMix64
    private let actors: [(number: UInt32, type: UInt16)]
    private var now: [UInt64]
    private var sequences: [UInt64]
    /// false: the same without the holds.
    private let hasHolds: Bool

    init(seed: UInt64, threads: Int = 4, hasHolds: Bool = true) {
        var random = SplitMix64(seed: seed)
        actors = (0..<8).map { (0x5412_0000 + UInt32(random.next() % 0x10_0000), $0 % 2 == 0 ? 7 : 9) }
        now = Array(repeating: 1 << 50, count: threads)
        sequences = Array(repeating: 1, count: threads)
        self.random = random
        self.hasHolds = hasHolds
    }

    /// The records of about `count` of these on one thread.
    mutating func batch(thread: Int, count: Int) -> PollBatch {
        var records: [pollscope_poll_record] = []
        while records.count < count {
            now[thread] += ticks(0.3e-6, 100e-6)
            if random.next() % 4 == 0 {
                addTask(&records, thread: thread)
            } else {
                addDrain(&records, thread: thread)
            }
        }
        let first = sequences[thread]
        for index in records.indices { records[index].sequence = UInt32(truncatingIfNeeded: first + UInt64(index)) }
        sequences[thread] += UInt64(records.count)
        return PollBatch(
            thread: ThreadIdentity(
                tid: UInt32(4_242 + thread), slot: UInt16(thread + 1), claimed: Ticks(1 << 49), name: "pool"),
            ring: UInt32(thread), firstSequence: first, lost: 0, polls: records, running: nil)
    }

    private mutating func addDrain(_ records: inout [pollscope_poll_record], thread: Int) {
        let actor = Int(random.next() % 8)
        let start = now[thread]
        let wait = ticks(1e-6, 100e-6)
        for _ in 0...(random.next() % 5) {
            now[thread] += ticks(50e-9, 100e-9)
            var poll = record(POLLSCOPE_RECORD_TASK, POLLSCOPE_EXECUTOR_ACTOR, actor: actor)
            poll.flags = UInt8(POLLSCOPE_POLL_NESTED.rawValue | POLLSCOPE_POLL_WAKER_POLL.rawValue)
            poll.start_ticks = now[thread]
            poll.wait_ticks = ticks(1e-6, 100e-6)
            poll.duration_ticks = ticks(300e-9, 50e-6)
            poll.waker = UInt16(random.next() % 6 + 1)
            if hasHolds { records.append(hold(in: poll, of: actor)) }
            now[thread] += poll.duration_ticks
            records.append(poll)
        }
        var drain = record(POLLSCOPE_RECORD_ACTOR, POLLSCOPE_EXECUTOR_GLOBAL, actor: actor)
        drain.task = actors[actor].number
        drain.stack = actors[actor].type == 7 ? 900 : 901
        drain.start_ticks = start
        drain.wait_ticks = wait
        now[thread] += ticks(50e-9, 100e-9)
        drain.duration_ticks = now[thread] - start
        drain.waker = UInt16(random.next() % 6 + 1)
        records.append(drain)
    }

    private mutating func addTask(_ records: inout [pollscope_poll_record], thread: Int) {
        let actor = Int(random.next() % 8)
        var poll = record(POLLSCOPE_RECORD_TASK, POLLSCOPE_EXECUTOR_GLOBAL, actor: actor)
        poll.start_ticks = now[thread]
        poll.wait_ticks = ticks(1e-6, 100e-6)
        poll.duration_ticks = ticks(300e-9, 50e-6)
        poll.waker = UInt16(random.next() % 6 + 1)
        if hasHolds {
            var hold = hold(in: poll, of: actor)
            let before = poll.duration_ticks / 4
            hold.start_ticks += before
            hold.duration_ticks -= 2 * before
            hold.wait_ticks = 0
            hold.flags = UInt8(POLLSCOPE_HOLD_AT_ONCE.rawValue)
            records.append(hold)
        }
        now[thread] += poll.duration_ticks
        records.append(poll)
    }

    private mutating func record(
        _ kind: pollscope_record_kind, _ executor: pollscope_executor, actor: Int
    ) -> pollscope_poll_record {
        var poll = pollscope_poll_record()
        poll.kind = UInt8(kind.rawValue)
        poll.executor = UInt8(executor.rawValue)
        poll.priority = 21
        poll.task = 5_000_000 + UInt32(random.next() % 1_000)
        poll.stack = UInt32(actors[actor].type) * 10 + UInt32(random.next() % 3)
        pollscope_poll_set_allocations(&poll, poll.stack % 4, UInt64(poll.stack % 4) * 64, poll.stack % 4)
        return poll
    }

    private func hold(in poll: pollscope_poll_record, of actor: Int) -> pollscope_poll_record {
        var hold = poll
        hold.kind = UInt8(POLLSCOPE_RECORD_HOLD.rawValue)
        hold.executor = UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)
        hold.flags = 0
        hold.waker = actors[actor].type
        hold.allocations = actors[actor].number
        hold.allocated_bytes_and_frees = 0
        hold.frees_high = 0
        hold.blocked_ticks = 0
        return hold
    }

    private mutating func ticks(_ low: Double, _ high: Double) -> UInt64 {
        UInt64((low + (high - low) * random.unit * random.unit) * RealisticPolls.hertz)
    }
}
