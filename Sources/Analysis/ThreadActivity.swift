// What each thread did in its polls: how many, for how long, and which executors it served.

import CPollscopeLayout
import Sessions

/// A set of the numbers 0 … 255.
struct ExecutorSet: Sendable, Hashable {
    private var words: SIMD4<UInt64> = .zero

    @inline(__always)
    mutating func insert(_ executor: UInt8) { words[Int(executor >> 6)] |= 1 << UInt64(executor & 63) }
    func contains(_ executor: UInt8) -> Bool { words[Int(executor >> 6)] & 1 << UInt64(executor & 63) != 0 }
    mutating func formUnion(_ other: ExecutorSet) { words |= other.words }
}

/// One thread's polls inside the time that coverage is measured over.
struct ThreadActivity: Sendable {
    var polls: UInt64 = 0
    /// Time inside polls; a nested poll is inside its outer one and adds nothing. Holds are no polls.
    var busyTicks: UInt64 = 0
    /// Time between the turns of its event loop, which is the loop's wait.
    var loopWaitTicks: UInt64 = 0
    var executors = ExecutorSet()

    mutating func merge(_ other: ThreadActivity) {
        polls &+= other.polls
        busyTicks &+= other.busyTicks
        loopWaitTicks &+= other.loopWaitTicks
        executors.formUnion(other.executors)
    }
}

/// A time over which busy time is counted: between two looks at the process.
struct TickSpan: Sendable {
    var start: UInt64
    var end: UInt64

    /// `nil` stands for all time.
    init(_ range: ClosedRange<Ticks>?) {
        start = range?.lowerBound.rawValue ?? 0
        end = range?.upperBound.rawValue ?? .max
    }

    /// How much of a poll lies inside.
    @inline(__always)
    func overlap(_ poll: pollscope_poll_record) -> UInt64 { overlap(from: poll.start_ticks, to: poll.endTicks) }

    @inline(__always)
    func overlap(from begin: UInt64, to finish: UInt64) -> UInt64 {
        let from = max(start, begin)
        let to = min(end, finish)
        return to > from ? to - from : 0
    }
}
