// The live tasks of a process as values: what the table in its session knows, and what a look found.

import CPollscopeLayout

/// A task that had not ended when it was looked at.
public struct LiveTask: Sendable, Hashable {
    /// What it does, as the Swift runtime tells it.
    public enum State: Sendable, Hashable, CaseIterable {
        /// Not known: nobody looked, or the task has gone on since.
        case unknown
        case running
        case enqueued
        /// Waits for something that the runtime does not tell.
        case suspended
        case awaitsTask
        case awaitsGroup
        case awaitsContinuation
    }

    /// The low half of its id, as polls have it.
    public var id: UInt32
    /// The id of the task that made it; 0: none, or not known.
    public var parent: UInt32 = 0
    /// Polls begun.
    public var polls: UInt32 = 0
    public var created: Ticks
    /// The start of its latest poll, and the end of its latest poll that has ended; `nil`: there was none.
    public var started: Ticks?
    public var ended: Ticks?
    /// Id of the stack of what it was made of; 0: not captured.
    public var startStack: UInt32 = 0
    /// Id of the async stack of the poll that made it; 0: made outside polls.
    public var spawnStack: UInt32 = 0
    public var priority: UInt8 = 0
    public var isChild: Bool = false
    public var isGroupChild: Bool = false
    public var isAsyncLet: Bool = false
    /// It had begun when it was first seen: who made it is not known.
    public var isLate: Bool = false
    /// As the service named it, cut at 31 bytes; empty: not at all.
    public var name: String = ""

    public var state: State = .unknown
    public var isCancelled: Bool = false
    /// Id of the stack where it waits, or of the poll that runs; 0: not captured.
    public var stack: UInt32 = 0
    /// The low half of the id of the task that it waits for; 0: of none.
    public var awaitedTask: UInt32 = 0
    /// Of an enqueued task: the actor that it waits for, its address / 16, low half; 0: of none, or not known.
    public var actor: UInt32 = 0
    /// Id of the type of the actor or executor that it is enqueued on; 0: not known.
    public var executorType: UInt16 = 0
    /// Since when it runs, is enqueued, or waits; `nil`: not known.
    public var since: Ticks?

    public init(id: UInt32, created: Ticks) {
        self.id = id
        self.created = created
    }
}

/// How many tasks there were in all.
public struct TaskTotals: Sendable, Hashable {
    /// That were seen to be made, and to end, since the session's start.
    public var created: UInt64 = 0
    public var ended: UInt64 = 0
    /// Of those created, those that the table had no room for, and of these those that have ended.
    public var untracked: UInt64 = 0
    public var untrackedEnded: UInt64 = 0
    /// Tasks that are in the table.
    public var tracked: UInt64 = 0

    public init() {}

    // Wrapping: a damaged file can count anything.
    public var untrackedLive: UInt64 { untracked &- untrackedEnded }
    public var live: UInt64 { tracked &+ untrackedLive }
}

/// The live tasks of a process at one time.
public struct TaskLook: Sendable {
    /// Whether the process itself has looked where its tasks wait.
    public enum Answer: Sendable, Hashable {
        case answered
        /// The process is gone: this is what it knew.
        case processEnded
        /// It has no thread that could look: it runs without long polls.
        case noWatcher
        /// It did not answer in time.
        case silent
    }

    public var answer: Answer
    public var tasks: [LiveTask]
    public var totals: TaskTotals
    /// When, on the session's clock.
    public var at: Ticks
    /// The stacks and the names of types that `tasks` refer to, by id.
    public var stacks: [UInt32: AsyncStack]
    public var types: [UInt16: String]

    public init(
        answer: Answer, tasks: [LiveTask], totals: TaskTotals, at: Ticks, stacks: [UInt32: AsyncStack],
        types: [UInt16: String]
    ) {
        self.answer = answer
        self.tasks = tasks
        self.totals = totals
        self.at = at
        self.stacks = stacks
        self.types = types
    }
}
