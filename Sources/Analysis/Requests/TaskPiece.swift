// One poll of a task that works for a request, as the critical path sees it.

import CPollscopeLayout

struct TaskPiece: Sendable {
    /// Who made it runnable.
    enum Waker: UInt8, Sendable {
        /// Nobody knows.
        case unknown
        /// A thread outside all polls.
        case outside
        /// A poll that works for no request.
        case poll
        /// A poll of a task that works for one: `wakerTask`.
        case task
        /// The runtime's helper that wakes a sleeper: `wakerStart`, `wakerRunnable` and `wakerQueued` are its own.
        case timer
        /// The runtime's helper that resumes a task after `Task.yield()`; likewise.
        case yield
    }

    struct Flags: OptionSet, Sendable {
        var rawValue: UInt8
        /// It was runnable since its own timer was due.
        static let isTimer = Flags(rawValue: 1 << 0)
        /// `runnable` is its start, since nobody knows more.
        static let isWaitUnknown = Flags(rawValue: 1 << 1)
        /// The poll that woke it has not come.
        static let awaitsWaker = Flags(rawValue: 1 << 2)
        /// The drain around it has not come.
        static let awaitsDrain = Flags(rawValue: 1 << 3)
        /// `drainRunnable` and `drainStart` are known.
        static let hasDrain = Flags(rawValue: 1 << 4)
    }

    var start: UInt64
    var end: UInt64
    var runnable: UInt64
    /// Of its time, in observed calls.
    var blocked: UInt64
    /// Of the drain of its actor that it ran in.
    var drainRunnable: UInt64 = 0
    var drainStart: UInt64 = 0
    var wakerStart: UInt64 = 0
    var wakerRunnable: UInt64 = 0
    var wakerQueued: UInt64 = 0
    /// Since when its thread had something else to run, until right before it; its start, if it had not.
    var queued: UInt64 = 0
    /// Index in the recording's table of threads.
    var thread: UInt32
    var stack: UInt32
    var wakerTask: UInt32 = 0
    var wakerStack: UInt32 = 0
    /// Index in the recording's table of threads; `noThread`: not known.
    var wakerThread: UInt32 = Self.noThread
    var executor: UInt8
    var drainExecutor: UInt8 = 0
    var waker = Waker.unknown
    var flags: Flags = []

    static let noThread = UInt32.max

    init(_ poll: pollscope_poll_record, thread: Int) {
        start = poll.start_ticks
        end = poll.endTicks
        runnable = poll.wait_ticks <= poll.start_ticks ? poll.start_ticks - poll.wait_ticks : 0
        blocked = min(poll.blocked_ticks, poll.duration_ticks)
        self.thread = UInt32(truncatingIfNeeded: thread)
        stack = poll.stack
        executor = poll.executor
        if poll.has(POLLSCOPE_POLL_TIMER) { flags.insert(.isTimer) }
        if poll.has(POLLSCOPE_POLL_WAIT_UNKNOWN) {
            flags.insert(.isWaitUnknown)
            runnable = start
        }
    }
}

/// A task waited for what a pool lends.
struct PoolWait: Sendable {
    var since: UInt64
    var until: UInt64
    /// In observed calls, if all of it was in one poll; `nil`: it was not, or nobody knows.
    var blocked: UInt64?
    /// As records have it: index + 1.
    var pool: UInt32
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element `isAtLeast` accepts; all behind it are accepted, too.
    @inline(__always)
    func firstIndexSorted(_ isAtLeast: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if isAtLeast(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
