// Reads the table of live tasks. Its process writes it meanwhile: an entry counts if it was the same task's before and
// after it was copied.

import CPollscopeLayout

extension SessionFile {
    /// Whether a place of the table is a task's.
    private static func isTask(_ entry: pollscope_task_entry) -> Bool {
        entry.task > UInt64(POLLSCOPE_TASK_BEING_CLAIMED)
    }

    private func taskEntries() -> [pollscope_task_entry] {
        values(pollscope_task_entry(), count: Int(layout.tasks.count), at: layout.tasks.offset)
    }

    /// How many tasks there are and were: the table's generations count those that had an entry.
    public func taskTotals() -> TaskTotals { totals(of: taskEntries()) }

    /// The table as it is, and what it says of how many tasks there are.
    func taskTable() -> (entries: [pollscope_task_entry], totals: TaskTotals) {
        let entries = taskEntries()
        return (entries, totals(of: entries))
    }

    private func totals(of entries: [pollscope_task_entry]) -> TaskTotals {
        let header = header()
        var totals = TaskTotals()
        totals.untracked = header.tasks_untracked
        totals.untrackedEnded = header.tasks_untracked_ended
        // Wrapping: a damaged file can count anything.
        for entry in entries {
            totals.created &+= UInt64(entry.generation) &+ UInt64(entry.generation_high) << 32
            if Self.isTask(entry) { totals.tracked &+= 1 }
        }
        totals.ended = totals.created &- totals.tracked &+ totals.untrackedEnded
        totals.created &+= totals.untracked
        return totals
    }

    /// The tasks in the table. `look`: those that the process found at this look and later ones, some of which may have
    /// ended since, and new ones; `nil`: all, with what the process found at any look, if the task has not run since.
    func liveTasks(look: UInt32?) -> (tasks: [LiveTask], totals: TaskTotals) {
        let before = taskEntries()
        let entries = taskEntries()
        let after = taskEntries()
        var tasks: [LiveTask] = []
        for index in entries.indices {
            let entry = entries[index]
            // Otherwise it is being given to another task, and what was copied is a bit of each.
            guard before[index].generation == entry.generation, after[index].generation == entry.generation,
                Self.isTask(entry) || entry.task == 0
            else { continue }
            let isFound =
                entry.look != 0 && entry.look_generation == entry.generation && before[index].look == entry.look
                && after[index].look == entry.look && (look.map { Int32(bitPattern: entry.look &- $0) >= 0 } ?? true)
            if isFound, UInt32(entry.state) == POLLSCOPE_TASK_HAS_ENDED.rawValue { continue }
            guard Self.isTask(entry) || look != nil && isFound else { continue }
            // For the reader that asked, it is what was there at that moment. What others found before may be long ago.
            let isCurrent = isFound && (look != nil || entry.look_polls == entry.polls)
            tasks.append(task(entry, isFound: isCurrent))
        }
        return (tasks, totals(of: after))
    }

    private func task(_ entry: pollscope_task_entry, isFound: Bool) -> LiveTask {
        let flags = { (flag: pollscope_task_flags) in UInt32(entry.flags) & flag.rawValue != 0 }
        var task = LiveTask(id: entry.id, created: Ticks(entry.created_ticks))
        task.parent = entry.parent
        task.polls = entry.polls
        task.started = entry.started_ticks == 0 ? nil : Ticks(entry.started_ticks)
        task.ended = entry.ended_ticks == 0 || entry.polls == 0 ? nil : Ticks(entry.ended_ticks)
        task.startStack = entry.start_stack
        task.spawnStack = entry.spawn_stack
        task.priority = entry.priority
        task.isChild = flags(POLLSCOPE_TASK_CHILD)
        task.isGroupChild = flags(POLLSCOPE_TASK_GROUP_CHILD)
        task.isAsyncLet = flags(POLLSCOPE_TASK_ASYNC_LET)
        task.isLate = flags(POLLSCOPE_TASK_LATE)
        if flags(POLLSCOPE_TASK_NAMED) {
            // Safe: the tuple is plain bytes.
            task.name = withUnsafeBytes(of: entry.name) { PrintableText.text($0.prefix { $0 != 0 }) }
        }
        if isFound {
            take(entry, into: &task)
        } else {
            infer(&task)
        }
        return task
    }

    /// What a look found.
    private func take(_ entry: pollscope_task_entry, into task: inout LiveTask) {
        task.isCancelled = UInt32(entry.look_flags) & POLLSCOPE_TASK_CANCELLED.rawValue != 0
        task.stack = entry.stack
        task.executorType = entry.executor_type
        let since = entry.since_ticks == 0 ? nil : Ticks(entry.since_ticks)
        switch UInt32(entry.state) {
        case POLLSCOPE_TASK_RUNNING.rawValue: (task.state, task.since) = (.running, since)
        case POLLSCOPE_TASK_ENQUEUED.rawValue:
            (task.state, task.since) = (.enqueued, since ?? (task.polls == 0 ? task.created : nil))
            task.actor = entry.awaited
        case POLLSCOPE_TASK_SUSPENDED.rawValue: (task.state, task.since) = (.suspended, since)
        case POLLSCOPE_TASK_AWAITS_TASK.rawValue:
            (task.state, task.since, task.awaitedTask) = (.awaitsTask, since, entry.awaited)
        case POLLSCOPE_TASK_AWAITS_GROUP.rawValue: (task.state, task.since) = (.awaitsGroup, since)
        case POLLSCOPE_TASK_AWAITS_CONTINUATION.rawValue:
            (task.state, task.since) = (.awaitsContinuation, since)
        default: break
        }
    }

    /// What the table knows without a look: not where a task waits, but whether it runs.
    private func infer(_ task: inout LiveTask) {
        if task.polls == 0 {
            (task.state, task.since, task.stack) = (.enqueued, task.created, task.startStack)
        } else if let started = task.started, task.ended.map({ $0 < started }) ?? true {
            (task.state, task.since) = (.running, started)
        } else {
            (task.state, task.since) = (.unknown, task.ended)
        }
    }
}
