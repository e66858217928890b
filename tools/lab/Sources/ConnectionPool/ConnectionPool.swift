// A pool of connections: opened when they are first needed, lent to one at a time, first come, first served.
//
// A waiter is resumed exactly once, by whoever takes it out of the state under the lock: a connection that comes back, the
// timer, its task's cancellation, or the pool's end. Nothing is resumed, opened or closed while the lock is held.

import NIOCore
import Synchronization

package final class ConnectionPool<Connection: PooledConnection>: Sendable {
    private struct Waiter: Sendable {
        var continuation: CheckedContinuation<PoolGrant<Connection>, any Error>
        var timer: Scheduled<Void>

        func resume(with outcome: Result<PoolGrant<Connection>, any Error>) {
            timer.cancel()
            continuation.resume(with: outcome)
        }
    }

    /// At most so many connections at once.
    package let capacity: Int
    private let patience: TimeAmount
    private let timers: any EventLoop
    private let open: @Sendable () async throws -> Connection
    private let close: @Sendable (Connection) -> Void
    private let state: Mutex<PoolState<Connection, Waiter>>

    /// - Parameters:
    ///   - patience: how long to wait for a connection at most.
    ///   - timers: the event loop that keeps the time.
    ///   - open: makes a connection. What it throws is thrown to the one who asked.
    ///   - close: ends a connection, which must not take long.
    package init(
        capacity: Int, patience: TimeAmount, timers: any EventLoop,
        open: @escaping @Sendable () async throws -> Connection, close: @escaping @Sendable (Connection) -> Void
    ) {
        self.capacity = capacity
        self.patience = patience
        self.timers = timers
        self.open = open
        self.close = close
        state = Mutex(PoolState(capacity: capacity))
    }

    /// In use, and waiting for one, now.
    package var load: (inUse: Int, waiting: Int) {
        state.withLock { ($0.inUse, $0.waiting) }
    }

    /// A connection, to be given back.
    /// - Throws: ``PoolError``, `CancellationError`, or what opening one threw.
    package func acquire() async throws -> Connection {
        switch try await grant() {
        case .connection(let connection):
            return connection
        case .room:
            do {
                return try await open()
            } catch {
                // Whoever waits may have better luck.
                state.withLock { $0.lose() }?.resume(with: .success(.room))
                throw error
            }
        }
    }

    /// Once for each ``acquire()``.
    package func release(_ connection: Connection) {
        guard connection.isUsable else {
            close(connection)
            state.withLock { $0.lose() }?.resume(with: .success(.room))
            return
        }
        switch state.withLock({ $0.giveBack(connection) }) {
        case .hand(let connection, let waiter): waiter.resume(with: .success(.connection(connection)))
        case .keep: break
        case .close: close(connection)
        }
    }

    /// Turns all away who wait, and closes the connections: those in use as they come back.
    package func shutDown() {
        let left = state.withLock { $0.shutDown() }
        for waiter in left.waiters { waiter.resume(with: .failure(PoolError.closed)) }
        for connection in left.connections { close(connection) }
    }

    private func grant() async throws -> PoolGrant<Connection> {
        let (grant, number) = try state.withLock { state in (try state.take(), state.drawNumber()) }
        if let grant { return grant }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if let outcome = enter(continuation, number: number) { continuation.resume(with: outcome) }
            }
        } onCancel: {
            dismiss(number, CancellationError())
        }
    }

    /// Nil: it stands in line.
    private func enter(
        _ continuation: CheckedContinuation<PoolGrant<Connection>, any Error>, number: UInt64
    ) -> Result<PoolGrant<Connection>, any Error>? {
        state.withLock { state in
            do {
                // One may have come back since it was asked for.
                if let grant = try state.take() { return .success(grant) }
            } catch {
                return .failure(error)
            }
            // Cancelled before it stood in line: the handler found nobody to dismiss.
            if Task.isCancelled { return .failure(CancellationError()) }
            // In the lock, so that nobody is in line without a timer; it runs on the event loop, never here.
            let timer = timers.scheduleTask(in: patience) { self.dismiss(number, PoolError.timedOut) }
            state.wait(Waiter(continuation: continuation, timer: timer), number: number)
            return nil
        }
    }

    private func dismiss(_ number: UInt64, _ error: any Error) {
        state.withLock { $0.leave(number) }?.resume(with: .failure(error))
    }
}
