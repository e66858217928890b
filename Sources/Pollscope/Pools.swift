// What a service says of its pools: who asks for something, who gets it, and who gives it back.

import CPollscopeProbes
import Synchronization

extension Pollscope {
    /// Makes a pool known: of connections, or of anything else that is lent and given back. Make one for each that the
    /// service has, and keep it as long as the pool. It never fails: where nothing is observed, or there is no room for
    /// another (there is for 64), it does nothing.
    /// - Parameters:
    ///   - name: What it is: `postgres`.
    ///   - capacity: How many can be lent at once; 0: that is not known.
    public static func pool(_ name: String, capacity: Int) -> Pool { Pool(name, capacity: capacity) }

    /// A pool, as the service tells of it.
    ///
    /// Tell when something is asked for, got, and given back:
    /// ```swift
    /// let wait = pool.ask()
    /// let connection = try await connections.take()  // if it throws, the wait is answered when it goes away
    /// let lease = wait.acquired()
    /// …
    /// lease.release()
    /// connections.giveBack(connection)
    /// ```
    /// or let ``withLease(isTimeout:isolation:acquire:use:release:)`` do so. For a pool that lends inside a closure:
    /// ```swift
    /// try pool.waiting { wait in
    ///     try database.read { database in
    ///         let lease = wait.acquired()
    ///         defer { lease.release() }
    ///         …
    ///     }
    /// }
    /// ```
    public final class Pool: Sendable {
        private struct Description {
            var capacity: UInt32
            var isClosed = false
        }

        private let name: String
        private let description: Mutex<Description>
        /// What the session calls it. 0: nothing has been observed yet.
        private let number = Atomic<UInt32>(0)

        init(_ name: String, capacity: Int) {
            self.name = name
            description = Mutex(Description(capacity: UInt32(clamping: capacity)))
            _ = open()
        }

        deinit { close() }

        /// The number of the pool. It is made known as soon as this process is observed.
        var known: UInt32 {
            let known = number.load(ordering: .relaxed)
            return known == 0 ? open() : known
        }

        private func open() -> UInt32 {
            guard pollscope_now() != 0 else { return 0 }
            return description.withLock { description in
                let known = number.load(ordering: .relaxed)
                guard known == 0 else { return known }
                let made = withBytes(of: name) { pollscope_pool_open($0, $1, description.capacity) }
                if description.isClosed { pollscope_pool_close(made) }
                number.store(made, ordering: .relaxed)
                return made
            }
        }

        /// Something is asked for, now. Answer what is returned: a wait that nobody answers is one that failed.
        public func ask() -> Wait {
            let wait = pollscope_pool_ask(known)
            return wait.since_ticks == 0 ? Wait.unobserved : Wait(for: self, wait)
        }

        /// So many can be lent from now on; 0: that is not known.
        public func resize(to capacity: Int) {
            description.withLock {
                $0.capacity = UInt32(clamping: capacity)
                pollscope_pool_resize(number.load(ordering: .relaxed), $0.capacity)
            }
        }

        /// Nothing is to be lent any more. What is lent may still be given back; what is asked for all the same is
        /// counted.
        public func close() {
            description.withLock {
                $0.isClosed = true
                pollscope_pool_close(number.load(ordering: .relaxed))
            }
        }

        /// The pool has opened a connection. `number` is a number that the connection has.
        public func connectionOpened(_ number: UInt64) { pollscope_pool_connection(known, number, true) }

        /// The pool has closed a connection.
        public func connectionClosed(_ number: UInt64) { pollscope_pool_connection(known, number, false) }
    }
}
