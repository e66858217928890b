// A pool as services have them: it lends what is free to who asks first, and whoever comes too late waits.

import Pollscope
import Synchronization

/// Lends numbers, first come, first served, and tells Pollscope of it.
final class LendingPool: Sendable {
    struct TimedOut: Error {}
    struct Refused: Error {}

    private struct State {
        var free: [UInt64]
        var waiting: [(number: Int, continuation: CheckedContinuation<UInt64, any Error>)] = []
        var next = 0
        var waitingPeak = 0
    }

    let pool: Pollscope.Pool
    private let state: Mutex<State>

    init(_ name: String, capacity: Int) {
        pool = Pollscope.pool(name, capacity: capacity)
        for number in 1...UInt64(capacity) { pool.connectionOpened(number) }
        state = Mutex(State(free: Array(1...UInt64(capacity))))
    }

    var waiting: Int { state.withLock { $0.waiting.count } }

    func take() async throws -> UInt64 {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let free: UInt64? = state.withLock { state in
                    if let free = state.free.popLast() { return free }
                    state.waiting.append((number, continuation))
                    return nil
                }
                if let free { continuation.resume(returning: free) }
            }
        } onCancel: {
            giveUp(number, CancellationError())
        }
    }

    func giveBack(_ connection: UInt64) {
        let first = state.withLock { state in
            if state.waiting.isEmpty {
                state.free.append(connection)
                return nil as CheckedContinuation<UInt64, any Error>?
            }
            return state.waiting.removeFirst().continuation
        }
        first?.resume(returning: connection)
    }

    /// Nobody waits any more.
    func failAll(_ error: any Error) {
        let all = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in all { waiting.continuation.resume(throwing: error) }
    }

    private func giveUp(_ number: Int, _ error: any Error) {
        let one = state.withLock { state in
            state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
        }
        one?.continuation.resume(throwing: error)
    }
}
