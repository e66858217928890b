// An executor that records refer to by a number, as a value.

import CPollscopeLayout

/// An executor beyond the global pool, the main actor and default actors: a custom executor, a Dispatch queue, an event
/// loop.
public struct ExecutorIdentity: Sendable, Hashable {
    /// What records call it: POLLSCOPE_EXECUTOR_FIRST or more. Never another executor's in the same session.
    public var number: UInt8
    public var kind: UInt32  // enum pollscope_executor_kind
    /// Number of its object's type; 0: none, or not known.
    public var type: UInt16
    /// A queue's label, else the name of the thread that was met first running it; may be empty.
    public var name: String
    /// Address of the object or queue; of an event loop: its thread's id. Later executors can have it again.
    public var identity: UInt64

    public init(number: UInt8, kind: UInt32, type: UInt16, name: String, identity: UInt64) {
        self.number = number
        self.kind = kind
        self.type = type
        self.name = name
        self.identity = identity
    }
}
