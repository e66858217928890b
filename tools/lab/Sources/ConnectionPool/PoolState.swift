// Who has what in a pool, and who waits for it: decides, and does nothing itself.

import NIOCore

/// What someone who asks is given.
enum PoolGrant<Connection: Sendable>: Sendable {
    case connection(Connection)
    /// There is room for one more: open it, and say so if that fails.
    case room
}

struct PoolState<Connection: Sendable, Waiter> {
    /// What is to be done with a connection that came back.
    enum Return {
        case hand(Connection, to: Waiter)
        case keep
        case close
    }

    private let capacity: Int
    /// Open, or being opened; never more than the capacity.
    private(set) var existing = 0
    /// The one used last is lent first: the others may go to sleep.
    private var idle: [Connection] = []
    /// First come, first served. Numbers whose waiter has left are skipped.
    private var line = CircularBuffer<UInt64>()
    private var waiters: [UInt64: Waiter] = [:]
    private var nextNumber: UInt64 = 0
    private(set) var isClosed = false

    init(capacity: Int) {
        precondition(capacity > 0, "a pool lends something")
        self.capacity = capacity
    }

    var inUse: Int { existing - idle.count }
    var waiting: Int { waiters.count }

    /// Nil: wait.
    mutating func take() throws(PoolError) -> PoolGrant<Connection>? {
        guard !isClosed else { throw .closed }
        // Nothing is idle while somebody waits: what comes back is handed on.
        if let connection = idle.popLast() { return .connection(connection) }
        guard existing < capacity else { return nil }
        existing += 1
        return .room
    }

    /// A number for someone who may have to wait.
    mutating func drawNumber() -> UInt64 {
        nextNumber += 1
        return nextNumber
    }

    mutating func wait(_ waiter: Waiter, number: UInt64) {
        line.append(number)
        waiters[number] = waiter
    }

    /// The waiter, if it still waits.
    mutating func leave(_ number: UInt64) -> Waiter? {
        let waiter = waiters.removeValue(forKey: number)
        while let first = line.first, waiters[first] == nil { line.removeFirst() }
        return waiter
    }

    mutating func giveBack(_ connection: Connection) -> Return {
        precondition(inUse > 0, "given back more often than lent")
        guard !isClosed else {
            existing -= 1
            return .close
        }
        if let waiter = nextWaiter() { return .hand(connection, to: waiter) }
        idle.append(connection)
        return .keep
    }

    /// A connection is gone, or could not be opened. Whoever is returned has room to open one.
    mutating func lose() -> Waiter? {
        precondition(inUse > 0, "lost more than there was")
        existing -= 1
        guard let waiter = nextWaiter() else { return nil }
        existing += 1
        return waiter
    }

    /// Everything that has to be told, and to be closed.
    mutating func shutDown() -> (waiters: [Waiter], connections: [Connection]) {
        isClosed = true
        var left: [Waiter] = []
        while let waiter = nextWaiter() { left.append(waiter) }
        existing -= idle.count
        defer { idle = [] }
        return (left, idle)
    }

    private mutating func nextWaiter() -> Waiter? {
        while let number = line.popFirst() {
            if let waiter = waiters.removeValue(forKey: number) { return waiter }
        }
        return nil
    }
}
