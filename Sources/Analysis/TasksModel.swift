// Live tasks as plain values: what every rendering of `pollscope tasks` is made from. Seconds are Doubles.

import Sessions

/// The live tasks of a process, by where they wait and one by one.
public struct TasksModel: Sendable {
    public var processID: Int32
    /// Path of the executable.
    public var executable: String
    public var answer: TaskLook.Answer
    /// Whether the process is held up (by a stop signal, or a debugger).
    public var isStopped: Bool
    public var totals: TaskTotals
    /// Those with the most tasks first.
    public var groups: [TaskGroupReport]
    /// Depth first: each behind the task that made it, where that lives. What is made earlier comes first.
    public var tasks: [TaskReport]
}

/// What a task waits for.
public struct TaskWait: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Nobody looked, or the task has gone on since.
        case unknown
        /// A poll of it runs.
        case running
        /// An executor, to begin.
        case start
        /// An executor, to go on.
        case executor
        /// Its turn after `Task.yield()`.
        case yield
        /// The end of a sleep.
        case sleep
        /// A child of its own: an `async let`.
        case child
        /// Another task's value.
        case task
        /// The children of a group.
        case group
        /// Somebody to resume a continuation.
        case continuation
        /// Something that the runtime does not tell.
        case other
    }

    public var kind: Kind
    /// Of an executor its name, such as `actor Ledger`; of a continuation the library's function that made it; `nil`:
    /// not known, or none.
    public var what: String?
}

/// One live task.
public struct TaskReport: Sendable {
    /// How it was made.
    public enum Kind: String, Sendable {
        case task, groupChild, asyncLet
        /// It had begun when it was first seen.
        case unknown
    }

    /// The low half of its id.
    public var id: UInt32
    /// As the service named it; `nil`: not at all.
    public var name: String?
    public var kind: Kind
    /// The task that made it, which may have ended; `nil`: none, or not known.
    public var parent: UInt32?
    /// How many of its makers live: its depth in the tree.
    public var depth: Int
    public var priority: UInt8
    public var isCancelled: Bool
    public var polls: UInt32
    /// Since it was made.
    public var ageSeconds: Double
    public var wait: TaskWait
    /// The task that it waits for, if it is one.
    public var awaited: UInt32?
    /// Since when it waits, or runs; `nil`: not known.
    public var waitSeconds: Double?
    /// Where it waits, or where the poll that runs resumed.
    public var place: CodePlace
    /// Its async stack, innermost first; empty: not known.
    public var stack: [StackFrame]
    public var isStackCut: Bool
    /// The function that it was made of; `nil`: not known.
    public var code: CodePlace?
    /// Where the poll that made it resumed; `nil`: it was made outside polls, or this is not known.
    public var maker: CodePlace?

    /// `#12 "worker"`, `#12`.
    public var label: String { name.map { "#\(id) \"\($0)\"" } ?? "#\(id)" }
}

/// All tasks that wait for the same kind of thing on the same stack.
public struct TaskGroupReport: Sendable {
    public var wait: TaskWait
    public var place: CodePlace
    public var stack: [StackFrame]
    public var isStackCut: Bool
    /// Indices in the model's tasks, those that wait longest first.
    public var tasks: [Int]
    public var cancelled: Int
    /// Over those of which it is known; `nil`: of none.
    public var oldestSeconds: Double?
    public var medianSeconds: Double?
    /// What they were made of, the most frequent first.
    public var codes: [Counted<CodePlace>]
    /// Where the polls that made them resumed, likewise.
    public var makers: [Counted<CodePlace>]
    /// The tasks that made them, likewise.
    public var parents: [Counted<TaskName>]

    /// How often something occurs.
    public struct Counted<Value: Sendable>: Sendable {
        public var value: Value
        public var count: Int
    }
}

/// A task by its id, and by its name if it lives and has one.
public struct TaskName: Sendable, Hashable {
    public var id: UInt32
    public var name: String?
}
