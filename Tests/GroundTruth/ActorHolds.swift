// Scenarios whose holds of actors are known: how many, and between which bounds their times lie.
//
//   holds TYPE | N                    tasks had actors of this type so often, exactly
//   held TYPE | LEAST | MOST          for so long in all, in nanoseconds
//   actor-wait TYPE | LEAST | MOST    the longest wait for one lasted between these, in nanoseconds

import Synchronization

func expectHolds(_ type: String, _ count: Int) { say("holds \(type) | \(count)") }

/// Calls by 8 tasks, every fourth of them reentrant: the actor is left for another one, and taken again.
func actorCalls(_ calls: Int) async {
    let ledger = Ledger(), tasks = 8
    let outside = await withTaskGroup(of: UInt64.self) { group in
        for _ in 0..<tasks { group.addTask { await calling(ledger, calls / tasks) } }
        return await group.reduce(0, +)
    }
    let (entries, inside) = await ledger.account()
    let reentrant = tasks * (calls / tasks / 4)
    precondition(entries == calls / tasks * tasks + reentrant)
    expectHolds("Ledger", entries + 1)
    expectHolds("Auditor", reentrant)
    say("held Ledger | \(inside) | \(outside + inside + interruption)")
}

/// How long it was in its calls, what it waited included.
@Sendable private func calling(_ ledger: Ledger, _ count: Int) async -> UInt64 {
    var outside: UInt64 = 0
    for call in 1...count {
        // Between two calls the clock is read, which is no actor's business: the task has to leave.
        let begin = monotonicNanoseconds()
        if call % 4 == 0 { await ledger.enterChecked() } else { await ledger.enter() }
        outside += monotonicNanoseconds() - begin
    }
    return outside
}

actor Ledger {
    private var entries = 0
    private var inside: UInt64 = 0
    private let auditor = Auditor()

    func enter() {
        let begin = monotonicNanoseconds()
        entries += 1
        for _ in 0..<20 { returns.add() }
        inside += monotonicNanoseconds() - begin
    }

    func enterChecked() async {
        enter()
        await auditor.check()
        enter()
    }

    func account() -> (entries: Int, insideNanoseconds: UInt64) { (entries, inside) }
}

actor Auditor {
    private var checks = 0
    func check() {
        checks += 1
        returns.add()
    }
}

/// An actor that is held while others queue for it: each of them waits at least until the holder is done.
func actorQueue(tasks count: Int, milliseconds: Int) async {
    let vault = Vault(), asked = Counter()
    let holder = Task.detached { await vault.hold(until: asked, is: count, milliseconds: milliseconds) }
    while vaultIsHeld.value == 0 { await nap() }
    let waits = await withTaskGroup(of: UInt64.self) { group in
        for _ in 0..<count {
            group.addTask {
                let begin = monotonicNanoseconds()
                asked.add()
                return await vault.enter() - begin
            }
        }
        return await group.reduce(0, max)
    }
    let least = await holder.value
    say("actor-wait Vault | \(least) | \(waits)")
    expectHolds("Vault", count + 1)
}

private let vaultIsHeld = Moment()

actor Vault {
    /// Until all have asked and sleep, and then for a while: that is what each of them waits at least.
    func hold(until asked: Counter, is count: Int, milliseconds: Int) -> UInt64 {
        vaultIsHeld.note()
        while asked.load() < count {}
        Suspended.waitUntilOthersSleep()
        let held = spinFor(milliseconds: milliseconds)
        return held.upperBound - held.lowerBound
    }

    /// When it was entered.
    func enter() -> UInt64 { monotonicNanoseconds() }
}

/// A task that suspends on an actor leaves it, and has it again when it resumes there.
func actorSuspensions(tasks: Int, count: Int) async {
    let pausing = Pausing()
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks {
            group.addTask {
                for _ in 0..<count {
                    await pausing.pause()
                    returns.add()
                }
            }
        }
    }
    expectHolds("Pausing", 2 * tasks * count)
}

actor Pausing {
    private var pauses = 0
    func pause() async {
        pauses += 1
        await withUnsafeContinuation { continuation in resumeOnceSuspended { continuation.resume() } }
        pauses += 1
    }
}

/// Calls that throw, and calls by tasks that are cancelled, are calls.
func actorThrows(tasks: Int, count: Int) async {
    let refusing = Refusing()
    let running = (0..<tasks).map { _ in
        Task.detached {
            var thrown = 0
            for _ in 0..<count {
                do { try await refusing.refuse() } catch { thrown += 1 }
                returns.add()
            }
            return thrown
        }
    }
    for task in running { task.cancel() }
    for task in running {
        let thrown = await task.value
        precondition(thrown == count)
    }
    expectHolds("Refusing", tasks * count)
}

actor Refusing {
    private struct Refusal: Error {}
    private var refusals = 0
    func refuse() throws {
        refusals += 1
        throw Refusal()
    }
}

/// However often a task goes to an actor and back without suspending, its stack stays as deep as it was.
func actorMarch(hops: Int) async {
    let deepest = await Task.detached {
        let stepping = Stepping()
        let begin = stackAddress()
        var deepest = 0
        for _ in 0..<hops {
            await stepping.step()
            deepest = max(deepest, abs(stackAddress() - begin))
        }
        return deepest
    }.value
    precondition(deepest < 1024, "the stack has moved by \(deepest) bytes")
    expectHolds("Stepping", hops)
}

actor Stepping {
    private var steps = 0
    func step() { steps += 1 }
}

@inline(never) private func stackAddress() -> Int {
    var local = 0
    // Safe: the address is a number that is compared, and not followed.
    return withUnsafeMutablePointer(to: &local) { Int(bitPattern: $0) }
}
