// Waiting for something of a pool, and what it has lent: each is answered, or given back, exactly once in the figures,
// whatever the service does.

import CPollscopeProbes
import Synchronization

extension Pollscope.Pool {
    /// Somebody waits for something of a pool. The first answer counts; a wait that goes away without one has failed:
    /// cancelled if its task is, else with an error.
    public final class Wait: Sendable {
        static let unobserved = Wait(for: nil, pollscope_pool_wait())

        private let pool: Pollscope.Pool?
        private let begun: pollscope_pool_wait
        private let isAnswered = Atomic<Bool>(false)

        init(for pool: Pollscope.Pool?, _ begun: pollscope_pool_wait) {
            self.pool = pool
            self.begun = begun
        }

        deinit {
            guard pool != nil, !isAnswered.load(ordering: .relaxed) else { return }
            failed(Task.isCancelled ? .cancelled : .error)
        }

        /// Something was lent, now.
        /// - Parameter connection: A number that it has; 0: it has none.
        /// - Returns: What is to be released when it is given back.
        public func acquired(connection: UInt64 = 0) -> Lease {
            guard let pool, isFirst else { return Lease.unobserved }
            let lease = pollscope_pool_answer(pool.known, begun, Pollscope.Outcome.ok.number, connection)
            return lease.since_ticks == 0 ? Lease.unobserved : Lease(of: pool, lease, connection: connection)
        }

        /// Nothing was lent.
        public func failed(_ outcome: Pollscope.Outcome = .error) {
            guard let pool, isFirst else { return }
            let outcome = outcome == .ok ? .error : outcome
            _ = pollscope_pool_answer(pool.known, begun, outcome.number, 0)
        }

        private var isFirst: Bool { !isAnswered.exchange(true, ordering: .relaxed) }
    }

    /// Something that a pool has lent.
    ///
    /// Release it once, right before it is given back: who waits for it may have it as soon as it is. A second release is
    /// counted, and is nothing else. A lease that goes away without one was dropped: that is counted, too.
    public final class Lease: Sendable {
        static let unobserved = Lease(of: nil, pollscope_pool_lease(), connection: 0)

        private let pool: Pollscope.Pool?
        private let lent: pollscope_pool_lease
        private let connection: UInt64
        private let isReleased = Atomic<Bool>(false)

        init(of pool: Pollscope.Pool?, _ lent: pollscope_pool_lease, connection: UInt64) {
            self.pool = pool
            self.lent = lent
            self.connection = connection
        }

        deinit {
            guard let pool, !isReleased.load(ordering: .relaxed) else { return }
            pollscope_pool_release(pool.known, lent, connection, true)
        }

        /// It is given back, now.
        public func release() {
            guard let pool else { return }
            guard !isReleased.exchange(true, ordering: .relaxed) else {
                return pollscope_pool_released_twice(pool.known)
            }
            pollscope_pool_release(pool.known, lent, connection, false)
        }
    }
}
