// What a session tells of requests and pools, as values.

import CPollscopeLayout

/// What one look found of requests and pools.
public struct SessionEvents: Sendable {
    /// Of each ring in the order they were written; the rings one after another.
    public var records: [pollscope_event_record] = []
    /// Records that were overwritten before they could be read, or were damaged.
    public var recordsLost: UInt64 = 0
    /// How the records were numbered, by ring.
    public var runs: [EvidenceRun] = []

    public init() {}

    public var isEmpty: Bool { records.isEmpty && recordsLost == 0 && runs.isEmpty }
}

/// What requests are called.
public struct RequestName: Sendable, Hashable {
    /// What records call it, from 1 on.
    public var number: UInt32
    /// As the session has it: identifiers in it are replaced already.
    public var text: String
    public var isCut: Bool

    public init(number: UInt32, text: String, isCut: Bool) {
        self.number = number
        self.text = text
        self.isCut = isCut
    }
}

/// A pool at one look: its counters go on from the session's start.
public struct PoolStatus: Sendable, Hashable {
    /// What records call it, from 1 on.
    public var number: UInt32
    public var name: String
    public var isOpen: Bool
    /// As the service says; 0: it does not.
    public var capacity: UInt32
    public var opened: Ticks
    public var asked: UInt64 = 0
    public var acquired: UInt64 = 0
    /// Timed out, cancelled or refused.
    public var failed: UInt64 = 0
    public var released: UInt64 = 0
    public var timedOut: UInt64 = 0
    public var releasedTwice: UInt64 = 0
    public var dropped: UInt64 = 0
    public var inUse: UInt64 = 0
    public var waiting: UInt64 = 0
    /// The most since the session's start.
    public var inUsePeak: UInt64 = 0
    public var waitingPeak: UInt64 = 0
    public var connectionsOpened: UInt64 = 0
    public var connectionsClosed: UInt64 = 0
    public var askedAfterClose: UInt64 = 0

    public init(number: UInt32, name: String, isOpen: Bool, capacity: UInt32, opened: Ticks) {
        self.number = number
        self.name = name
        self.isOpen = isOpen
        self.capacity = capacity
        self.opened = opened
    }
}
