// What a recording keeps of a look at the live tasks: those that have stood still for a while.

/// A task that has been in one state for a while: it waits, is enqueued, or runs without suspending.
public struct StuckTask: Sendable, Hashable {
    public var task: LiveTask
    /// The task that it waits for is a child of its own.
    public var awaitsChild: Bool

    public init(_ task: LiveTask, awaitsChild: Bool = false) {
        self.task = task
        self.awaitsChild = awaitsChild
    }
}

/// The tasks that had stood still when a process was looked at.
public struct StuckTaskLook: Sendable, Hashable {
    /// How long a task is in one state before it counts. A request that takes a second is one that somebody waits for; what
    /// waits for the next request all night is here, too, and known by where it waits.
    public static let leastSeconds = 1.0
    /// Tasks that are kept one by one: half of what a process has room for in its table, 300 KiB of a recording.
    public static let keptMax = 4_096

    public var answer: TaskLook.Answer
    /// When, on the session's clock.
    public var at: Ticks
    public var totals: TaskTotals
    /// Tasks that had stood still, those that are not kept included.
    public var count: UInt64
    /// Those that stood still longest, the longest first.
    public var tasks: [StuckTask]

    public init(answer: TaskLook.Answer, at: Ticks, totals: TaskTotals, count: UInt64, tasks: [StuckTask]) {
        self.answer = answer
        self.at = at
        self.totals = totals
        self.count = count
        self.tasks = tasks
    }

    /// What a look shows to have stood still.
    public init(_ look: TaskLook, secondsPerTick: Double, keeping most: Int = keptMax) {
        let parents = Dictionary(look.tasks.map { ($0.id, $0.parent) }) { first, _ in first }
        let stuck = look.tasks.filter { task in
            task.since.map {
                $0 < look.at && Double(look.at.rawValue - $0.rawValue) * secondsPerTick >= Self.leastSeconds
            } ?? false
        }.sorted { ($0.since ?? look.at, $0.id) < ($1.since ?? look.at, $1.id) }
        self.init(
            answer: look.answer, at: look.at, totals: look.totals, count: UInt64(stuck.count),
            tasks: stuck.prefix(most).map { task in
                StuckTask(task, awaitsChild: task.awaitedTask != 0 && parents[task.awaitedTask] == task.id)
            })
    }
}
