// Scenarios whose pools are known: who asks, who gets, for how long, and what goes wrong.
//
// Lines on stdout:
//   pool NAME | FIGURE | N                   a figure of a pool, exactly
//   pool-most NAME | FIGURE | N              at most
//   pool-wait NAME | sum | LEAST | MOST      likewise p50, p99 and max; of waits that got something
//   pool-hold NAME | sum | LEAST | MOST      of holds

import Glibc
import Pollscope

let poolScenarios: [String: @Sendable ([Int]) async -> Void] = [
    "pool-leases": { await poolLeases(tasks: $0[0], count: $0[1], capacity: $0[2]) },
    "pool-closures": { await poolClosures(count: $0[0]) },
    "pool-failures": { await poolFailures(count: $0[0]) },
    "pool-misuse": { await poolMisuse(count: $0[0]) },
    "pool-changes": { _ in await poolChanges() },
    "pool-crowd": { await poolCrowd(pools: $0[0]) },
]

private func expectPool(_ name: String, _ figures: KeyValuePairs<String, Int>) {
    for (figure, number) in figures { say("pool \(name) | \(figure) | \(number)") }
}

/// Many tasks, few leases: each wait and each hold is measured from both sides.
func poolLeases(tasks: Int, count: Int, capacity: Int) async {
    let lender = LendingPool("leases", capacity: capacity)
    let waits = Durations(of: "leases")
    let holds = Durations(of: "leases")
    await withTaskGroup(of: Void.self) { group in
        for task in 0..<tasks {
            group.addTask {
                for round in 0..<count {
                    let asking = monotonicNanoseconds()
                    let wait = lender.pool.ask()
                    let asked = monotonicNanoseconds()
                    let connection = try! await lender.take()
                    let getting = monotonicNanoseconds()
                    let lease = wait.acquired(connection: connection)
                    let got = monotonicNanoseconds()
                    waits.add(inside: getting - asked, outside: got - asking)
                    if (task + round) % 7 == 0 { await nap() } else { await Task.yield() }
                    let releasing = monotonicNanoseconds()
                    lease.release()
                    holds.add(inside: releasing - got, outside: monotonicNanoseconds() - getting)
                    lender.giveBack(connection)
                }
            }
        }
    }
    let all = tasks * count
    expectPool(
        "leases",
        [
            "capacity": capacity, "asked": all, "acquired": all, "failed": 0, "released": all, "inUse": 0, "waiting": 0,
            "connectionsOpened": capacity, "releasedTwice": 0, "dropped": 0,
        ])
    say("pool-most leases | inUsePeak | \(min(tasks, capacity))")
    say("pool-most leases | waitingPeak | \(tasks)")
    waits.expect("pool-wait")
    holds.expect("pool-hold")
}

/// The ways to borrow that need no lease in the service's hands.
func poolClosures(count: Int) async {
    struct Planned: Error {}
    let lender = LendingPool("closures", capacity: 2)
    for number in 0..<count {
        let got = try! await lender.pool.withLease {
            try await lender.take()
        } use: { connection in
            await Task.yield()
            return connection
        } release: { connection in
            lender.giveBack(connection)
        }
        precondition(got == 1 || got == 2)
        // Using it fails, asking for it fails, asking for it takes too long.
        try? await lender.pool.withLease {
            try await lender.take()
        } use: { _ in
            throw Planned()
        } release: { connection in
            lender.giveBack(connection)
        }
        for error in [Planned(), LendingPool.TimedOut(), CancellationError()] as [any Error] {
            try? await lender.pool.withLease(isTimeout: { $0 is LendingPool.TimedOut }) {
                throw error
            } use: {
            } release: {
            }
        }
        lender.pool.waiting { wait in
            let lease = wait.acquired()
            defer { lease.release() }
            returns.add()
        }
        try? lender.pool.waiting { _ in throw Planned() }
        try? await lender.pool.waiting { wait in
            await Task.yield()
            _ = wait
            throw CancellationError()
        }
        if number % 2 == 0 { lender.pool.waiting { _ in returns.add() } }
    }
    let unanswered = (count + 1) / 2
    expectPool(
        "closures",
        [
            "asked": 8 * count + unanswered, "acquired": 3 * count, "failed": 5 * count + unanswered,
            "released": 3 * count, "timedOut": count, "cancelled": 2 * count, "inUse": 0, "waiting": 0,
            "dropped": 0, "releasedTwice": 0,
        ])
}

/// Waits that end without a lease: refused, timed out, cancelled, given up without a word.
func poolFailures(count: Int) async {
    let lender = LendingPool("failures", capacity: 1)
    let held = lender.pool.ask().acquired(connection: try! await lender.take())
    @Sendable func wait(_ ending: @escaping @Sendable (any Error) -> Pollscope.Outcome) -> Task<Void, Never> {
        Task.detached {
            let wait = lender.pool.ask()
            do {
                _ = try await lender.take()
                _ = wait.acquired()
            } catch {
                wait.failed(ending(error))
            }
        }
    }
    for (outcome, error) in [
        (Pollscope.Outcome.timedOut, LendingPool.TimedOut()), (.error, LendingPool.Refused()),
    ] as [(Pollscope.Outcome, any Error)] {
        let tasks = (0..<count).map { _ in wait { _ in outcome } }
        while lender.waiting < count { await nap() }
        lender.failAll(error)
        for task in tasks { await task.value }
    }
    let cancelled = (0..<count).map { _ in wait { Pollscope.Outcome(of: $0) } }
    while lender.waiting < count { await nap() }
    for task in cancelled { task.cancel() }
    for task in cancelled { await task.value }
    // Thrown out of the function that waited: nobody says what became of the wait.
    for isCancelled in [false, true] {
        let tasks = (0..<count).map { _ in
            Task.detached {
                let wait = lender.pool.ask()
                _ = try await lender.take()
                _ = wait.acquired()
            }
        }
        while lender.waiting < count { await nap() }
        if isCancelled { for task in tasks { task.cancel() } } else { lender.failAll(LendingPool.Refused()) }
        for task in tasks { _ = await task.result }
    }
    held.release()
    expectPool(
        "failures",
        [
            "asked": 5 * count + 1, "acquired": 1, "failed": 5 * count, "timedOut": count, "cancelled": 2 * count,
            "released": 1, "inUse": 0, "waiting": 0, "waitingPeak": count,
        ])
}

/// Leases given back twice or never, waits answered twice or never, a pool closed in use, and asked all the same.
func poolMisuse(count: Int) async {
    let pool = Pollscope.pool("misuse", capacity: 2)
    for _ in 0..<count {
        let lease = pool.ask().acquired()
        lease.release()
        lease.release()
        lease.release()
        _ = pool.ask().acquired()
        _ = pool.ask()
        let wait = pool.ask()
        wait.failed(.timedOut)
        wait.failed()
        wait.acquired().release()
        wait.failed(.ok)
    }
    let kept = pool.ask().acquired()
    pool.close()
    for _ in 0..<count { pool.ask().failed() }
    kept.release()
    expectPool(
        "misuse",
        [
            "asked": 5 * count + 1, "acquired": 2 * count + 1, "failed": 3 * count, "timedOut": count,
            "released": 2 * count + 1, "releasedTwice": 2 * count, "dropped": count, "askedAfterClose": count,
            "isOpen": 0, "inUse": 0, "waiting": 0,
        ])
}

/// A pool that is resized, opens and closes connections, and is in use when the process ends; one that nobody keeps; one
/// whose numbers are out of bounds; one that nobody uses.
func poolChanges() async {
    let pool = Pollscope.pool("changes", capacity: 2)
    for number in 1...10 as ClosedRange<UInt64> { pool.connectionOpened(number) }
    pool.resize(to: 10)
    for number in 1...4 as ClosedRange<UInt64> { pool.connectionClosed(number) }
    let leases = (0..<6).map { pool.ask().acquired(connection: UInt64($0 + 5)) }
    leases[0].release()
    let waits = (0..<3).map { _ in pool.ask() }
    expectPool(
        "changes",
        [
            "capacity": 10, "connectionsOpened": 10, "connectionsClosed": 4, "asked": 9, "acquired": 6, "released": 1,
            "inUse": 5, "waiting": 3, "inUsePeak": 6, "waitingPeak": 3, "isOpen": 1,
        ])
    Pollscope.pool("nobody's", capacity: 1).ask().acquired().release()
    expectPool("nobody's", ["asked": 1, "acquired": 1, "released": 1, "isOpen": 0])
    let odd = Pollscope.pool("odd", capacity: -5)
    odd.resize(to: .max)
    odd.ask().acquired(connection: .max).release()
    expectPool("odd", ["capacity": Int(UInt32.max), "asked": 1, "acquired": 1])
    _ = Unmanaged.passRetained(odd)
    _ = Unmanaged.passRetained(pool)
    // They are lent, and waited for, as long as the process lives.
    for lease in leases { _ = Unmanaged.passRetained(lease) }
    for wait in waits { _ = Unmanaged.passRetained(wait) }
}

/// More pools than there is room for.
func poolCrowd(pools count: Int) async {
    let pools = (0..<count).map { Pollscope.pool("pool number \($0)", capacity: 1) }
    for pool in pools { pool.ask().acquired().release() }
    let room = 64
    for number in 0..<min(count, room) {
        expectPool("pool number \(number)", ["asked": 1, "acquired": 1, "released": 1])
    }
    expectCount("poolsRefused", max(0, count - room))
}
