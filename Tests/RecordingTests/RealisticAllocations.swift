// What the polls of a busy service allocate, for tests of size.

import CPollscopeLayout
import Glibc
import Sessions

/// Allocations of polls by await point: each has its usual number of blocks and bytes, which three polls of five keep
/// to; the others do up to twice as much, and with bytes of any size, since that depends on the data.
struct RealisticAllocations {
    private struct Usual {
        var blocks: UInt32
        var bytes: UInt64
        var frees: UInt32
    }

    private var random: SplitMix64
    private let usual: [Usual]

    init(seed: UInt64, stacks: Int) {
        var random = SplitMix64(seed: ~seed)
        usual = (0..<stacks).map { _ in
            let blocks = UInt32(pow(40, random.unit)) - 1
            let frees = UInt32(Double(blocks) * 1.2 * random.unit)
            return Usual(
                blocks: blocks, bytes: (0..<blocks).reduce(0) { sum, _ in sum + random.blockBytes }, frees: frees)
        }
        self.random = random
    }

    mutating func count(in poll: inout pollscope_poll_record, stack: Int) {
        let usual = usual[stack]
        guard random.next() % 5 > 2 else {
            pollscope_poll_set_allocations(&poll, usual.blocks, usual.bytes, usual.frees)
            return
        }
        let more = UInt32(random.next() % (UInt64(usual.blocks) + 3))
        let bytes = (0..<more).reduce(usual.bytes) { sum, _ in sum + random.blockBytes }
        let frees = usual.frees + UInt32(random.next() % UInt64(more + 1))
        pollscope_poll_set_allocations(&poll, usual.blocks + more, bytes, frees)
    }
}

/// Timed calls of the allocator in polls of a busy service: about 20,000 a second, half of them frees.
struct RealisticTimings {
    private var random: SplitMix64
    private var polls: RealisticPolls

    init(seed: UInt64, pollsPerTask: UInt64) {
        random = SplitMix64(seed: seed)
        polls = RealisticPolls(seed: seed, pollsPerTask: pollsPerTask)
    }

    /// The timings of so many polls of each of four threads, in the order of time.
    mutating func timings(polls count: Int) -> [AllocatorTiming] {
        var timings: [AllocatorTiming] = []
        for thread in 0..<4 {
            let batch = polls.batch(thread: thread, count: count)
            // A service of four such threads runs 140,000 polls a second.
            for poll in batch.polls where random.next() % 7 == 0 { timings.append(timing(in: poll, of: batch.thread)) }
        }
        return timings.sorted { $0.at < $1.at }
    }

    private mutating func timing(in poll: pollscope_poll_record, of thread: ThreadIdentity) -> AllocatorTiming {
        let isFree = random.next() % 2 == 0
        let seconds = 20e-9 * pow(20, random.unit) * (random.next() % 100 == 0 ? 100 : 1)
        return AllocatorTiming(
            context: PollContext(
                poll: PollIdentity(tid: thread.tid, start: Ticks(poll.start_ticks)), stack: poll.stack,
                task: poll.task, kind: poll.kind, executor: poll.executor, flags: 0),
            tid: thread.tid, at: Ticks(poll.start_ticks + UInt64(Double(poll.duration_ticks) * random.unit)),
            operation: UInt8((isFree ? POLLSCOPE_ALLOCATION_RELEASE : POLLSCOPE_ALLOCATION_MALLOC).rawValue),
            bytes: isFree ? 0 : random.blockBytes, duration: .ticks(UInt64(seconds * RealisticPolls.hertz)))
    }
}

extension SplitMix64 {
    /// Bytes of a block as a service asks for them: from 16 to 4,096, small ones far more often.
    fileprivate var blockBytes: UInt64 {
        mutating get { UInt64(16 * pow(256, unit * unit)) }
    }
}
