// Polls as a busy service makes them, for tests of size: no recording at hand is needed to know what a poll
// costs.

import CPollscopeLayout
import Glibc
import Sessions

/// A service of a few threads, about a thousand live tasks and a hundred await points, on a 2.6 GHz counter:
/// polls of 300 ns to 50 µs, waits of 1 to 100 µs, gaps of 0.3 to 100 µs, each spread evenly over its
/// octaves.
struct RealisticPolls {
    static let hertz = 2.6e9

    private var random: SplitMix64
    private var live: [UInt32]
    private var newestTask: UInt32
    private let stacks: [UInt32]
    private var ends: [UInt64]
    private var sequences: [UInt64]
    /// Polls after which a task ends, on average.
    private let pollsPerTask: UInt64
    /// nil: allocations are not counted.
    private var allocations: RealisticAllocations?

    /// - Parameters:
    ///   - pollsPerTask: 1 for a service that does all with short tasks, many for tasks that live long.
    ///   - isAllocating: what polls allocate was counted.
    init(
        seed: UInt64, threads: Int = 4, liveTasks: Int = 1_000, pollsPerTask: UInt64 = 10, isAllocating: Bool = false
    ) {
        var random = SplitMix64(seed: seed)
        newestTask = 5_000_000
        live = []
        for _ in 0..<liveTasks {
            newestTask += UInt32(random.next() % 4) + 1
            live.append(newestTask)
        }
        stacks = (0..<100).map { _ in UInt32(random.next() % 16_384) + 1 }
        ends = Array(repeating: 1 << 50, count: threads)
        sequences = Array(repeating: 1, count: threads)
        self.pollsPerTask = pollsPerTask
        allocations = isAllocating ? RealisticAllocations(seed: seed, stacks: stacks.count) : nil
        self.random = random
    }

    /// The next `count` polls of a thread.
    mutating func batch(thread: Int, count: Int) -> PollBatch {
        let first = sequences[thread]
        sequences[thread] += UInt64(count)
        let polls = (0..<count).map { poll(thread: thread, sequence: first + UInt64($0)) }
        return PollBatch(
            thread: ThreadIdentity(
                tid: UInt32(4_242 + thread), slot: UInt16(thread + 1), claimed: Ticks(1 << 49),
                name: "NIO-ELT-0-#\(thread)"),
            ring: UInt32(thread), firstSequence: first, lost: 0, polls: polls, running: nil)
    }

    private mutating func poll(thread: Int, sequence: UInt64) -> pollscope_poll_record {
        let stack = skewed(stacks.count)
        let place = Int(random.next() % UInt64(live.count))
        var flags: UInt32 = random.next() % 10 < 7 ? POLLSCOPE_POLL_WAKER_POLL.rawValue : 0
        if random.next() % pollsPerTask == 0 {
            newestTask += 1
            live[place] = newestTask
            flags |= POLLSCOPE_POLL_FIRST.rawValue
        }
        let isTimer = random.next() % 50 == 0
        if isTimer { flags = POLLSCOPE_POLL_TIMER.rawValue }
        var poll = pollscope_poll_record()
        poll.sequence = UInt32(truncatingIfNeeded: sequence)
        poll.kind = UInt8(
            stack % 17 == 0 ? POLLSCOPE_RECORD_ACTOR.rawValue : POLLSCOPE_RECORD_TASK.rawValue)
        poll.executor = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)
        poll.priority = stack % 5 == 0 ? 25 : 21
        poll.flags = UInt8(flags)
        poll.start_ticks = ends[thread] + ticks(0.3e-6, 100e-6)
        poll.duration_ticks = ticks(300e-9, 50e-6)
        poll.wait_ticks = ticks(1e-6, 100e-6)
        ends[thread] = poll.start_ticks + poll.duration_ticks
        poll.task = live[place]
        poll.stack = stacks[stack]
        poll.waker = isTimer ? UInt16(POLLSCOPE_NO_SLOT) : UInt16(random.next() % 6 + 1)
        allocations?.count(in: &poll, stack: stack)
        return poll
    }

    /// Evenly spread over the octaves between two lengths in seconds.
    private mutating func ticks(_ low: Double, _ high: Double) -> UInt64 {
        let seconds = low * pow(high / low, random.unit)
        return UInt64(seconds * Self.hertz)
    }

    /// A number below `count`, small ones far more often.
    private mutating func skewed(_ count: Int) -> Int {
        let unit = random.unit
        return min(count - 1, Int(unit * unit * unit * Double(count)))
    }
}

/// A small generator whose runs can be repeated.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to 1.
    var unit: Double {
        mutating get { Double(next() >> 11) * 0x1p-53 }
    }
}
