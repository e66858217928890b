// A pool under tasks: nobody waits too long, is forgotten or is served twice, and there are never too many connections.

import ConnectionPool
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

/// Counts what is open; its pool's timers run when a test says so.
private final class Bank: Sendable {
    struct Connection: PooledConnection {
        var number: UInt64
        var isUsable = true
    }

    struct Refused: Error {}

    struct Counts {
        var opened: UInt64 = 0
        var closed: UInt64 = 0
        var mostOpen: UInt64 = 0
        var refuses = false
    }

    let clock = NIOAsyncTestingEventLoop()
    let counts = Mutex(Counts())
    /// The waiters that were served, in order, where a test notes them.
    let served = Mutex<[Int]>([])
    /// What is lent now, where a test notes it.
    let held = Mutex<Set<UInt64>>([])

    func pool(of capacity: Int) -> ConnectionPool<Connection> {
        ConnectionPool(capacity: capacity, patience: .seconds(1), timers: clock) { [self] in
            // Opening takes a while, in which others ask.
            await Task.yield()
            let number: UInt64? = counts.withLock { counts in
                guard !counts.refuses else { return nil }
                counts.opened += 1
                counts.mostOpen = max(counts.mostOpen, counts.opened - counts.closed)
                return counts.opened
            }
            guard let number else { throw Refused() }
            return Connection(number: number)
        } close: { [self] _ in
            counts.withLock { $0.closed += 1 }
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct ConnectionPoolTests {
    private let bank = Bank()

    @Test func whatIsGivenBackIsLentAgain() async throws {
        let pool = bank.pool(of: 3)
        let first = try await pool.acquire()
        pool.release(first)
        let second = try await pool.acquire()
        #expect(second.number == first.number)
        #expect(bank.counts.withLock(\.opened) == 1)
    }

    @Test func waitersAreServedInTheOrderInWhichTheyCame() async throws {
        let pool = bank.pool(of: 1)
        let held = try await pool.acquire()
        try await withThrowingTaskGroup { group in
            for waiter in 0..<20 {
                group.addTask { [bank] in
                    let connection = try await pool.acquire()
                    bank.served.withLock { $0.append(waiter) }
                    pool.release(connection)
                }
                try await until { pool.load.waiting == waiter + 1 }
            }
            pool.release(held)
            try await group.waitForAll()
        }
        #expect(bank.served.withLock(\.self) == Array(0..<20))
    }

    @Test func whoHasWaitedTooLongIsToldSoAndTheOthersStillWait() async throws {
        let pool = bank.pool(of: 1)
        let held = try await pool.acquire()
        let early = Task { try await pool.acquire() }
        try await until { pool.load.waiting == 1 }
        await bank.clock.advanceTime(by: .milliseconds(600))
        let late = Task { try await pool.acquire() }
        try await until { pool.load.waiting == 2 }
        await bank.clock.advanceTime(by: .milliseconds(600))
        await #expect(throws: PoolError.timedOut) { try await early.value }
        #expect(pool.load.waiting == 1)
        pool.release(held)
        #expect(try await late.value.number == held.number)
    }

    @Test func whoIsServedInTimeIsNotTimedOutLater() async throws {
        let pool = bank.pool(of: 1)
        let held = try await pool.acquire()
        let waiter = Task { try await pool.acquire() }
        try await until { pool.load.waiting == 1 }
        pool.release(held)
        let connection = try await waiter.value
        await bank.clock.advanceTime(by: .seconds(5))
        #expect(pool.load.inUse == 1)
        pool.release(connection)
        #expect(pool.load.inUse == 0)
    }

    @Test func whoIsCancelledLeavesTheLine() async throws {
        let pool = bank.pool(of: 1)
        let held = try await pool.acquire()
        let cancelled = Task { try await pool.acquire() }
        try await until { pool.load.waiting == 1 }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(pool.load.waiting == 0)
        pool.release(held)
        #expect(pool.load.inUse == 0)
    }

    @Test func whoIsCancelledBeforehandDoesNotWait() async throws {
        let pool = bank.pool(of: 1)
        let held = try await pool.acquire()
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await pool.acquire()
        }
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(pool.load.waiting == 0)
        pool.release(held)
    }

    @Test func whatCannotBeOpenedIsNoPlaceLost() async throws {
        let pool = bank.pool(of: 1)
        bank.counts.withLock { $0.refuses = true }
        await #expect(throws: Bank.Refused.self) { try await pool.acquire() }
        bank.counts.withLock { $0.refuses = false }
        pool.release(try await pool.acquire())
        #expect(pool.load.inUse == 0)
    }

    @Test func aBrokenConnectionIsReplacedForWhoWaits() async throws {
        let pool = bank.pool(of: 1)
        var broken = try await pool.acquire()
        let waiter = Task { try await pool.acquire() }
        try await until { pool.load.waiting == 1 }
        broken.isUsable = false
        pool.release(broken)
        #expect(try await waiter.value.number != broken.number)
        #expect(bank.counts.withLock { $0.closed } == 1)
    }

    @Test func theEndTurnsAwayWhoWaitsAndClosesAll() async throws {
        let pool = bank.pool(of: 2)
        let idle = try await pool.acquire()
        let held = try await pool.acquire()
        pool.release(idle)
        let taken = try await pool.acquire()
        let waiter = Task { try await pool.acquire() }
        try await until { pool.load.waiting == 1 }
        pool.shutDown()
        await #expect(throws: PoolError.closed) { try await waiter.value }
        await #expect(throws: PoolError.closed) { try await pool.acquire() }
        pool.release(held)
        pool.release(taken)
        #expect(bank.counts.withLock { $0.opened - $0.closed } == 0)
    }

    @Test(arguments: [1, 2, 7, 200])
    func underCancellationTimeOutsAndBreakageThereAreNeverTooMany(capacity: Int) async throws {
        let pool = bank.pool(of: capacity)
        await withTaskGroup { group in
            for number in 0..<2_000 {
                group.addTask { [bank] in
                    let borrower = Task {
                        var connection = try await pool.acquire()
                        // Nobody else has it.
                        #expect(bank.held.withLock { $0.insert(connection.number).inserted })
                        await Task.yield()
                        bank.held.withLock { _ = $0.remove(connection.number) }
                        connection.isUsable = !number.isMultiple(of: 11)
                        pool.release(connection)
                    }
                    if number.isMultiple(of: 3) { borrower.cancel() }
                    if number.isMultiple(of: 500) { await bank.clock.advanceTime(by: .seconds(1)) }
                    _ = await borrower.result
                }
            }
        }
        #expect(pool.load == (0, 0))
        pool.shutDown()
        let counts = bank.counts.withLock(\.self)
        #expect(counts.mostOpen <= UInt64(capacity))
        #expect(counts.opened == counts.closed)
    }
}

/// Lets others run until `condition` holds; the suite's time limit is the bound.
private func until(_ condition: () -> Bool) async throws {
    while !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
