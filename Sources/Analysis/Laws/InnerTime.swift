// How much of a poll's time was that of polls inside it, as polls of a thread stream by in the order of their ends.

import CPollscopeLayout

struct InnerTime {
    /// Polls whose outer one has not come, the latest last.
    private var waiting: [(start: UInt64, ticks: UInt64)] = []
    /// What lies inside the polls around the present one is not known in full.
    private var isInterrupted = false

    private static let waitingMax = 1 << 15

    /// Records were lost: a poll that some of them lay in cannot be told from others until one ends that lies in none.
    mutating func interrupt() {
        waiting.removeAll(keepingCapacity: true)
        isInterrupted = true
    }

    /// Ticks of the polls directly inside; nil: not known. To be asked for each poll of the thread, once.
    mutating func ticks(inside poll: pollscope_poll_record) -> UInt64? {
        var sum: UInt64 = 0
        while let last = waiting.last, last.start >= poll.start_ticks {
            sum = sum.addingClamped(last.ticks)
            waiting.removeLast()
        }
        let known = isInterrupted ? nil : sum
        if poll.isNested {
            if waiting.count == Self.waitingMax { interrupt() }
            waiting.append((poll.start_ticks, poll.duration_ticks))
        } else {
            waiting.removeAll(keepingCapacity: true)
            isInterrupted = false
        }
        return known
    }
}
