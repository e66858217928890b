// What kind of job a poll ran, as far as figures must be kept apart.

import CPollscopeLayout

/// The kinds of poll that have entries of their own in the report.
public enum PollKind: UInt8, Sendable, Hashable, CaseIterable {
    /// A stretch of a task.
    case task
    /// The runtime's helper that wakes a sleeper; its stack is the sleeper's.
    case timer
    /// The runtime's helper that resumes a task after `Task.yield()`; its stack is the yielding task's.
    case yield
    /// An actor's drain of its queue.
    case actor
    /// A job of a kind that has no name.
    case other
    /// One turn of an event loop.
    case turn
    /// What was given to a Dispatch queue by others than the Swift runtime.
    case work

    @inline(__always)
    package init(of poll: pollscope_poll_record) { self.init(record: poll.kind, flags: poll.flags) }

    /// `record` is an enum pollscope_record_kind, `flags` are enum pollscope_poll_flags.
    @inline(__always)
    package init(record: UInt8, flags: UInt8) {
        switch UInt32(record) {
        case POLLSCOPE_RECORD_TASK.rawValue:
            self = UInt32(flags) & POLLSCOPE_POLL_TIMER.rawValue != 0 ? .timer : .task
        case POLLSCOPE_RECORD_ACTOR.rawValue: self = .actor
        case POLLSCOPE_RECORD_YIELD.rawValue: self = .yield
        case POLLSCOPE_RECORD_TURN.rawValue: self = .turn
        case POLLSCOPE_RECORD_WORK.rawValue: self = .work
        default: self = .other
        }
    }

    /// Whether the poll ran the runtime's code on behalf of the site, not the site itself.
    public var isHelper: Bool { self == .timer || self == .yield }

    /// Whether the poll is there to run others: what runs inside it are polls of their own, and its own is the rest.
    public var isContainer: Bool { self == .actor || self == .turn || self == .work }
}

/// What poll figures are kept by before anything has a name.
struct PollKey: Sendable, Hashable {
    /// The highest number of a stack that a session can give.
    static let stackMax = UInt32(POLLSCOPE_STACKS_MAX)

    var stack: UInt32
    var kind: PollKind
    var executor: UInt8
}
