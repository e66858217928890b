// Polls of one thread do not overlap, except nested ones, which lie inside the outer one.
//
// A thread's polls come in the order of their ends, so inner ones come before the outer one. Nested polls wait on
// a list until a poll comes that began before them: that is the one they lie inside. Whatever is still on the list
// when a poll of the outermost level comes has no poll around it.

import CPollscopeLayout

struct OverlapLaw {
    private(set) var result = LawResult(
        name: "polls of a thread do not overlap",
        statement: "A thread's poll begins when the one before it has ended; a nested poll lies inside another.")
    /// Here it is found out which poll lies in which.
    private(set) var nested = NestedAllocationsLaw()

    private struct Interval {
        var start: UInt64
        var end: UInt64
        var allocations: AllocationCounts
    }
    private struct Progress {
        /// End of the last poll of the outermost level.
        var outerEnd: UInt64 = 0
        var lastEnd: UInt64 = 0
        /// Nested polls whose outer one has not come yet; they do not overlap, the latest is last.
        var inner: [Interval] = []
    }
    private var threads: [Int: Progress] = [:]

    /// More of them without an outer poll are not kept: an honest run loop nests one or two deep, many times.
    private static let innerMax = 1 << 16

    mutating func add(_ batch: ThreadPolls) {
        // Among what was lost may be the outer polls of those that wait for one.
        if batch.lost > 0 { threads[batch.thread]?.inner.removeAll() }
        guard !batch.polls.isEmpty else { return }
        var progress = threads[batch.thread] ?? Progress()
        for poll in batch.polls { check(poll, of: batch.thread, &progress) }
        threads[batch.thread] = progress
    }

    private mutating func check(_ poll: pollscope_poll_record, of thread: Int, _ progress: inout Progress) {
        let interval = Interval(
            start: poll.start_ticks, end: poll.endTicks, allocations: AllocationCounts(of: poll))
        func name(_ text: String) -> String { "thread \(thread): the poll \(interval.start)…\(interval.end) \(text)" }

        result.expect(interval.end >= progress.lastEnd, else: name("comes after one that ended at \(progress.lastEnd)"))
        progress.lastEnd = max(progress.lastEnd, interval.end)

        while let last = progress.inner.last, last.start >= interval.start {
            nested.check(last.allocations, in: interval.allocations, at: last.start, of: thread)
            progress.inner.removeLast()
        }
        if poll.isNested {
            let before = progress.inner.last?.end ?? progress.outerEnd
            result.expect(before <= interval.start, else: name("begins inside one that ended at \(before)"))
            if progress.inner.count < Self.innerMax { progress.inner.append(interval) }
        } else {
            result.expect(
                progress.outerEnd <= interval.start, else: name("begins inside one that ended at \(progress.outerEnd)"))
            if let stray = progress.inner.last {
                result.violate(name("follows the nested poll \(stray.start)…\(stray.end), which no poll holds"))
                progress.inner.removeAll()
            }
            progress.outerEnd = max(progress.outerEnd, interval.end)
        }
    }
}
