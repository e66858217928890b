// A pool whose waits and holds Pollscope sees: the pattern for any pool with an acquire and a release.

import ConnectionPool
import NIOCore
import Pollscope

struct ObservedPool<Connection: PooledConnection>: Sendable {
    private let pool: ConnectionPool<Connection>
    private let meter: Pollscope.Pool

    init(
        _ name: String, capacity: Int, patience: Duration, timers: any EventLoop,
        open: @escaping @Sendable () async throws -> Connection, close: @escaping @Sendable (Connection) -> Void
    ) {
        let meter = Pollscope.pool(name, capacity: capacity)
        self.meter = meter
        pool = ConnectionPool(capacity: capacity, patience: .init(patience), timers: timers) {
            let connection = try await open()
            meter.connectionOpened(connection.number)
            return connection
        } close: { connection in
            close(connection)
            meter.connectionClosed(connection.number)
        }
    }

    func withConnection<Result>(_ body: (Connection) async throws -> Result) async throws -> Result {
        let wait = meter.ask()
        let connection: Connection
        do {
            connection = try await pool.acquire()
        } catch {
            wait.failed(error as? PoolError == .timedOut ? .timedOut : .init(of: error))
            throw error
        }
        let lease = wait.acquired(connection: connection.number)
        defer {
            // In this order: who waits for it may have it before the next line is reached.
            lease.release()
            pool.release(connection)
        }
        return try await body(connection)
    }

    func shutDown() {
        pool.shutDown()
        meter.close()
    }
}
