// A pool of connections to a database that answers after some time, and says so to Pollscope.

import ConnectionPool
import NIOPosix
import Pollscope
import Synchronization

struct DatabaseConnection: PooledConnection {
    var number: UInt64
    var isUsable: Bool { true }

    /// The database answers after `time`.
    func query(_ text: String, taking time: Duration) async throws -> Int {
        try await Task.sleep(for: time)
        return text.utf8.count
    }
}

final class ObservedPool: Sendable {
    private let connections: ConnectionPool<DatabaseConnection>
    private let observed: Pollscope.Pool

    init(_ name: String, capacity: Int) {
        let opened = Mutex<UInt64>(0)
        observed = Pollscope.pool(name, capacity: capacity)
        connections = ConnectionPool(
            capacity: capacity, patience: .seconds(5), timers: MultiThreadedEventLoopGroup.singleton.next()
        ) {
            DatabaseConnection(
                number: opened.withLock { count in
                    count += 1
                    return count
                })
        } close: { _ in
        }
    }

    func query(_ text: String, taking time: Duration) async throws -> Int {
        try await observed.withLease {
            try await connections.acquire()
        } use: { connection in
            try await connection.query(text, taking: time)
        } release: { connection in
            connections.release(connection)
        }
    }
}
