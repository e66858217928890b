// An enqueue has one start: a task is enqueued again only after its previous poll has begun.
//
// For any two polls of a task, the later one was enqueued no earlier than the other one started; this holds for
// neighbours and for others, so lost polls do no harm. (The ends may overlap: another thread can resume a task
// while the first one is still leaving it.) Polls of a chunk are compared in the order of their starts. Across
// chunks a poll can come late, since a long one is recorded at its end: then the comparison is turned around.
//
// Of a poll whose wait is not known it is only known that it was enqueued before it started.
//
// Memory is bounded: of the tasks that were seen longest ago, the last poll is forgotten.

import CPollscopeLayout

struct EnqueueLaw {
    private(set) var result = LawResult(
        name: "one start for each enqueue",
        statement: "No two polls of a task come from one enqueue, and a task is enqueued only after its previous poll "
            + "has started.")

    private struct Poll {
        var start: UInt64
        var runnable: UInt64
        var task: UInt32
        var isTimer: Bool
        var isWaitUnknown: Bool
        var isFirst: Bool
    }
    private struct Last {
        var start: UInt64
        var runnable: UInt64
        var isTimer: Bool
        var isWaitUnknown: Bool
    }

    private var chunk: [Poll] = []
    private var recent: [UInt32: Last] = [:]
    private var older: [UInt32: Last] = [:]
    private let tasksKept: Int

    init(tasksKept: Int = 1 << 18) { self.tasksKept = tasksKept }

    mutating func add(_ batch: ThreadPolls) {
        for poll in batch.polls where UInt32(poll.kind) == POLLSCOPE_RECORD_TASK.rawValue {
            chunk.append(
                Poll(
                    start: poll.start_ticks, runnable: poll.runnableTicks, task: poll.task,
                    isTimer: poll.has(POLLSCOPE_POLL_TIMER), isWaitUnknown: poll.has(POLLSCOPE_POLL_WAIT_UNKNOWN),
                    isFirst: poll.has(POLLSCOPE_POLL_FIRST)))
        }
    }

    mutating func endChunk() {
        chunk.sort { ($0.start, $0.task) < ($1.start, $1.task) }
        for poll in chunk { check(poll) }
        chunk.removeAll(keepingCapacity: true)
    }

    private mutating func check(_ poll: Poll) {
        let known = recent[poll.task] ?? older[poll.task]
        let this = Last(
            start: poll.start, runnable: poll.runnable, isTimer: poll.isTimer, isWaitUnknown: poll.isWaitUnknown)
        // Numbers of tasks come again after 2^32 tasks: a first poll is another task's. But the same poll cannot
        // come twice.
        if let known, !poll.isFirst || known.start == poll.start {
            let (early, late) = known.start <= poll.start ? (known, this) : (this, known)
            result.expect(
                Self.mayFollow(late, early),
                else: "task \(poll.task): the poll that started at \(late.start) was enqueued at \(late.runnable), "
                    + "and the one before it, enqueued at \(early.runnable), started at \(early.start) (ticks)")
        }
        if let known, known.start > poll.start { return }
        recent[poll.task] = this
        if recent.count >= tasksKept {
            older = recent
            recent.removeAll(keepingCapacity: true)
        }
    }

    private static func mayFollow(_ late: Last, _ early: Last) -> Bool {
        guard early.start < late.start else { return false }
        // A timer's poll was runnable when the timer was due, whenever that was asked for.
        if late.isTimer || late.isWaitUnknown { return true }
        return late.runnable >= early.start && (early.isWaitUnknown || late.runnable != early.runnable)
    }
}
