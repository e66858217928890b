// How much a process has to do at a moment: the tasks that live, the jobs that wait, and what the tasks are.

import CPollscopeLayout

/// How much there was to do at one moment.
public struct LoadMoment: Sendable, Hashable {
    public var at: Ticks
    /// Tasks seen to be made and to end since the session's start.
    public var created: UInt64
    public var ended: UInt64
    /// Jobs enqueued and not begun, the timers of sleepers included.
    public var pending: UInt64
    /// The most since the moment before, this one included.
    public var livePeak: UInt64
    public var pendingPeak: UInt64

    public init(at: Ticks, created: UInt64, ended: UInt64, pending: UInt64) {
        self.at = at
        self.created = created
        self.ended = ended
        self.pending = pending
        // A damaged file can count anything.
        livePeak = created > ended ? created - ended : 0
        pendingPeak = pending
    }

    public init(at: Ticks, counters: SessionCounters) {
        self.init(at: at, created: counters.tasksCreated, ended: counters.tasksEnded, pending: counters.pending)
    }

    /// Tasks that lived.
    public var live: UInt64 { created > ended ? created - ended : 0 }

    /// One moment in the place of two: the later one, with the peaks of both.
    public mutating func absorb(_ later: LoadMoment) {
        let peaks = (max(livePeak, later.livePeak), max(pendingPeak, later.pendingPeak))
        self = later
        (livePeak, pendingPeak) = peaks
    }
}

/// What the live tasks were at one moment, by what they were made of and who made them.
public struct TaskCensus: Sendable, Hashable {
    /// Tasks of one origin.
    public struct Group: Sendable, Hashable {
        /// Id of the stack of what they were made of; 0: not captured.
        public var startStack: UInt32
        /// Id of the async stack of the poll that made them; 0: made outside polls.
        public var spawnStack: UInt32
        public var tasks: UInt64

        public init(startStack: UInt32, spawnStack: UInt32, tasks: UInt64) {
            self.startStack = startStack
            self.spawnStack = spawnStack
            self.tasks = tasks
        }
    }

    /// Groups that are kept: those with the most tasks.
    public static let groupsMax = 64

    public var at: Ticks
    /// Tasks that lived; those that the table had no room for are in no group.
    public var live: UInt64
    public var tracked: UInt64
    /// Those with the most tasks first.
    public var groups: [Group]

    public init(at: Ticks, live: UInt64, tracked: UInt64, groups: [Group]) {
        self.at = at
        self.live = live
        self.tracked = tracked
        self.groups = groups
    }
}

extension SessionFile {
    /// Counts the live tasks by their origin.
    public func taskCensus(at moment: Ticks) -> TaskCensus {
        let (entries, totals) = taskTable()
        var counts: [UInt64: UInt64] = [:]
        // An entry that is just being given to another task counts as one or the other.
        for entry in entries where entry.task > UInt64(POLLSCOPE_TASK_BEING_CLAIMED) {
            counts[UInt64(entry.start_stack) << 32 | UInt64(entry.spawn_stack), default: 0] += 1
        }
        let groups = counts.map { origin, tasks in
            TaskCensus.Group(
                startStack: UInt32(origin >> 32), spawnStack: UInt32(truncatingIfNeeded: origin), tasks: tasks)
        }.sorted { ($1.tasks, $0.startStack, $0.spawnStack) < ($0.tasks, $1.startStack, $1.spawnStack) }
        return TaskCensus(
            at: moment, live: totals.live, tracked: totals.tracked, groups: Array(groups.prefix(TaskCensus.groupsMax)))
    }
}
