// Tasks that stood still when a recording ended, as plain values of the report.

import Sessions

/// How the tasks that stood still were found.
public struct StuckTasksLook: Sendable {
    /// Whether the process itself has looked where its tasks wait.
    public var answer: TaskLook.Answer
    /// When, since the recording began.
    public var atSeconds: Double
    /// A task that has been in one state for less is no stuck one.
    public var leastSeconds: Double
    /// Tasks that lived.
    public var live: UInt64
    /// Tasks that stood still, and those of them that `ReportModel.stuckTasks` count: the ones that did longest.
    public var stuck: UInt64
    public var kept: Int
}

/// Tasks that stood still, of one kind of wait at one place, started with the same function.
public struct StuckTasks: Sendable {
    public var wait: TaskWait
    /// Where they wait, or where the poll that runs resumed.
    public var site: SiteName
    /// Of the oldest, innermost first; empty: not known.
    public var stack: [StackFrame]
    public var isStackCut: Bool
    public var count: Int
    public var cancelled: Int
    public var oldestSeconds: Double
    public var medianSeconds: Double
    /// Polls of the recording that resumed at the same place, of any task: how often such a wait has ended.
    public var resumed: UInt64
    /// What the oldest was made of; `nil`: not known. Of a process that ended before anybody asked where its tasks wait,
    /// this is known and the site is not.
    public var code: CodePlace?
    /// Where the polls that made most of them resumed; `nil`: they were made outside polls, or this is not known.
    public var maker: CodePlace?
    /// The oldest first; a bounded number.
    public var tasks: [StuckTaskReport]
}

/// One of them.
public struct StuckTaskReport: Sendable {
    /// The low half of its id.
    public var id: UInt32
    /// As the service named it; `nil`: not at all.
    public var name: String?
    public var priority: UInt8
    public var isCancelled: Bool
    /// Polls begun since it was made.
    public var polls: UInt32
    public var ageSeconds: Double
    public var stuckSeconds: Double
    /// The task that it waits for, if it is one.
    public var awaited: UInt32?
}
