// What a process had to do, and its tasks that stood still, as small examples.

import Sessions

enum SampleLoad {
    /// Twenty moments a second from `second` on.
    static func moments(_ second: UInt64, count: UInt64 = 20) -> [LoadMoment] {
        (0..<count).map { number in
            let moment = 20 * second + number
            return LoadMoment(
                at: Ticks(1 << 40 + moment * 130_000_000), created: moment * 1_000, ended: moment * 990,
                pending: moment * 7 % 41)
        }
    }

    static let census = TaskCensus(
        at: Ticks(1 << 40), live: 20_001, tracked: 8_192,
        groups: [
            .init(startStack: 1, spawnStack: 16_384, tasks: 8_000), .init(startStack: 0, spawnStack: .max, tasks: 190),
            .init(startStack: 2, spawnStack: 0, tasks: 2),
        ])

    static var totals: TaskTotals {
        var totals = TaskTotals()
        totals.created = 1 << 33
        totals.ended = 7
        totals.untracked = 6
        totals.untrackedEnded = 5
        totals.tracked = 4
        return totals
    }

    /// One task of each state, with all that can be known of it, and one of which next to nothing is.
    static let stuckTasks = StuckTaskLook(
        answer: .answered, at: Ticks(1 << 41), totals: totals, count: 9_000,
        tasks: LiveTask.State.allCases.enumerated().map { number, state in
            var task = LiveTask(id: UInt32(number) + 1, created: Ticks(1 << 40))
            task.state = state
            task.parent = .max
            task.polls = UInt32(number) << 24
            task.started = Ticks(1 << 40 + 1)
            task.ended = Ticks(1 << 40 + 2)
            task.since = Ticks(1 << 40 + UInt64(number))
            task.startStack = 1
            task.spawnStack = 16_384
            task.stack = .max
            task.priority = 25
            task.isChild = number.isMultiple(of: 2)
            task.isGroupChild = number.isMultiple(of: 3)
            task.isAsyncLet = number == 1
            task.isLate = number == 2
            task.isCancelled = number == 3
            task.name = number == 4 ? "" : "wörker \(number)"
            task.awaitedTask = UInt32(number)
            task.actor = 77
            task.executorType = .max
            return StuckTask(task, awaitsChild: number == 4)
        } + [StuckTask(LiveTask(id: 0, created: Ticks(0)))])
}
