// The usual ways to borrow from a pool, told as they happen.

extension Pollscope.Pool {
    /// Borrows from a pool, uses what it lends, and gives it back, also if using it fails.
    /// ```swift
    /// try await pool.withLease {
    ///     try await connections.take()
    /// } use: { connection in
    ///     try await connection.query("SELECT 1")
    /// } release: { connection in
    ///     connections.giveBack(connection)
    /// }
    /// ```
    /// - Parameters:
    ///   - isTimeout: Whether an error of `acquire` says that it took too long.
    ///   - acquire: Waits until something is lent.
    ///   - use: Uses it.
    ///   - release: Gives it back.
    /// - Returns: What `use` returns.
    /// - Throws: What `acquire` or `use` throws.
    public func withLease<Borrowed, Value>(
        isTimeout: (any Error) -> Bool = { _ in false }, isolation: isolated (any Actor)? = #isolation,
        acquire: () async throws -> Borrowed, use: (Borrowed) async throws -> Value,
        release: (Borrowed) async -> Void
    ) async rethrows -> Value {
        let wait = ask()
        let borrowed: Borrowed
        do {
            borrowed = try await acquire()
        } catch {
            wait.failed(isTimeout(error) ? .timedOut : Pollscope.Outcome(of: error))
            throw error
        }
        let lease = wait.acquired()
        do {
            let value = try await use(borrowed)
            lease.release()
            await release(borrowed)
            return value
        } catch {
            lease.release()
            await release(borrowed)
            throw error
        }
    }

    /// For a pool that lends inside a closure: `body` asks for it, and answers the wait in that closure. If it does not,
    /// the wait has failed, with the error that `body` throws if it does.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, and nothing else.
    public func waiting<Value, Failure: Error>(
        isolation: isolated (any Actor)? = #isolation, _ body: (Wait) async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let wait = ask()
        do {
            let value = try await body(wait)
            wait.failed()
            return value
        } catch {
            wait.failed(Pollscope.Outcome(of: error))
            throw error
        }
    }

    /// The same where nothing suspends.
    public func waiting<Value, Failure: Error>(_ body: (Wait) throws(Failure) -> Value) throws(Failure) -> Value {
        let wait = ask()
        do {
            let value = try body(wait)
            wait.failed()
            return value
        } catch {
            wait.failed(Pollscope.Outcome(of: error))
            throw error
        }
    }
}
