// What a thread says of actors that its tasks held fits what it says of its polls.
//
// A hold's record comes when the hold has ended, so before the record of the poll that it lies in; holds wait on a list
// until that comes. One thread reads the clock for the poll's start, the holds in it and the poll's end, one after the
// other: no tolerance.

import CPollscopeLayout

struct HoldsLaw {
    private(set) var result = LawResult(
        name: "holds lie inside their polls",
        statement:
            "A task's hold of an actor lies inside a poll of its thread, of that task where the poll is a task's; "
            + "holds directly inside one poll do not overlap.")

    private struct Hold {
        var start: UInt64
        var end: UInt64
        var task: UInt32
    }
    /// By thread: holds whose poll has not come; they do not overlap, the latest is last.
    private var waiting: [Int: [Hold]] = [:]

    /// More of them without a poll are not kept: a poll of a hundred thousand hops is rare.
    private static let holdsMax = 1 << 17

    mutating func add(_ batch: ThreadPolls) {
        // Among what was lost may be the polls around those that wait for one.
        if batch.lost > 0 { waiting[batch.thread] = nil }
        var holds = waiting.removeValue(forKey: batch.thread) ?? []
        guard !batch.holds.isEmpty || !holds.isEmpty else { return }
        for record in batch.records {
            if record.isHold {
                add(record, of: batch.thread, &holds)
            } else if !holds.isEmpty {
                check(record, of: batch.thread, &holds)
            }
        }
        if !holds.isEmpty { waiting[batch.thread] = holds }
    }

    private mutating func add(_ hold: pollscope_poll_record, of thread: Int, _ holds: inout [Hold]) {
        let before = holds.last?.end ?? 0
        result.expect(
            before <= hold.start_ticks,
            else: "thread \(thread): the hold \(hold.start_ticks)…\(hold.endTicks) begins inside one that ended at "
                + "\(before)")
        guard holds.count < Self.holdsMax else { return }
        holds.append(Hold(start: hold.start_ticks, end: hold.endTicks, task: hold.task))
    }

    private mutating func check(_ poll: pollscope_poll_record, of thread: Int, _ holds: inout [Hold]) {
        let isTask = UInt32(poll.kind) == POLLSCOPE_RECORD_TASK.rawValue
        while let hold = holds.last, hold.start >= poll.start_ticks {
            holds.removeLast()
            func name() -> String { "thread \(thread): the hold \(hold.start)…\(hold.end) of task \(hold.task)" }
            result.expect(
                hold.end <= poll.endTicks,
                else: "\(name()) ends after its poll \(poll.start_ticks)…\(poll.endTicks)")
            result.expect(
                !isTask || hold.task == poll.task,
                else: "\(name()) lies in the poll at \(poll.start_ticks) of task \(poll.task)")
        }
        guard !poll.isNested, let stray = holds.last else { return }
        result.violate(
            "thread \(thread): the poll at \(poll.start_ticks) follows the hold \(stray.start)…\(stray.end), which no "
                + "poll holds")
        holds.removeAll()
    }
}
