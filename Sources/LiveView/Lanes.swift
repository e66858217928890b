// Which polls take threads of an executor, and which jobs wait for them.

import CPollscopeLayout
import Sessions

enum Lane {
    static let global = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)
    private static let actor = UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)

    /// Whose threads a poll on `executor` takes: default actors have none of their own.
    @inline(__always)
    static func number(of executor: UInt8) -> UInt8 { executor == actor ? global : executor }

    /// Whether the poll's job waited in its executor's own queue, for a thread, and it is known since when.
    @inline(__always)
    static func waited(kind: UInt8, executor: UInt8, flags: UInt8) -> Bool {
        let unknown = UInt8(POLLSCOPE_POLL_WAIT_UNKNOWN.rawValue | POLLSCOPE_POLL_WAIT_AT_MOST.rawValue)
        // A job of an actor waited for the actor, whose drain is a job of the pool.
        return executor != actor && kind != UInt8(POLLSCOPE_RECORD_HOLD.rawValue)
            && kind != UInt8(POLLSCOPE_RECORD_TURN.rawValue) && flags & unknown == 0
    }
}
