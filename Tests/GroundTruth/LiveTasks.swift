// Scenarios whose tasks wait, each for something known, until the program is killed.
//
// Lines on stdout, and then `ready`:
//   waiting KIND | FUNCTION | LINE | TASKS     so many tasks wait for such a thing there; line 0: any
//   live TASKS                                 so many tasks live, the main task among them

import Glibc

let liveTaskScenarios: [String: @Sendable ([Int]) async -> Void] = [
    "live-tree": { _ in await liveTree() },
    "live-crowd": { await liveCrowd(tasks: $0[0]) },
    "live-churn": { await liveChurn(milliseconds: $0[0]) },
]

private func expectWaiting(_ kind: String, _ function: String, line: Int, tasks: Int) {
    say("waiting \(kind) | \(function) | \(line) | \(tasks)")
}

/// All is as it was announced, and stays so. Called by the main task.
private func stayForever(live: Int) async {
    Suspended.waitUntilOthersSleep()
    expectWaiting("continuation", "leak()", line: leakLine, tasks: leaked.load() + 1)
    say("live \(live)")
    say("ready")
    await leak()
}

private let leaked = Counter()
private let used = Counter()

let leakLine = #line + 2
@inline(never) func leak() async {
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
}

let sleeperLine = #line + 2
@inline(never) private func sleepLong() async {
    try? await Task.sleep(for: .seconds(100_000))
}

let valueLine = #line + 2
@inline(never) private func waitForValue(_ task: Task<Void, Never>) async {
    await task.value
}

private let groupLine = #line + 6
@inline(never) private func waitForGroup(children: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for number in 0..<children {
            group.addTask(name: "child \(number)") { await leak() }
        }
        await group.waitForAll()
    }
}

private let asyncLetLine = #line + 3
@inline(never) private func waitForAsyncLet() async {
    async let child: Void = leak()
    await child
}

/// An actor that a thread of its own keeps for ever.
private actor Busy {
    func keep(_ kept: Counter) {
        kept.add()
        while true { sleep(1000) }
    }
    @inline(never) func use() { used.add() }
}

private final class OwnThread: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        OutsideThread.run { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

private let busyLine = #line + 2
@inline(never) private func waitForActor(_ actor: Busy) async {
    await actor.use()
}

/// An executor that never runs anything.
private final class DeadExecutor: SerialExecutor {
    func enqueue(_ job: consuming ExecutorJob) { _ = UnownedJob(job) }
}

private actor Dead {
    static let executor = DeadExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { Self.executor.asUnownedSerialExecutor() }
    @inline(never) func use() { used.add() }
}

private let deadLine = #line + 2
@inline(never) private func waitForExecutor(_ actor: Dead) async {
    await actor.use()
}

/// A thousand tasks and the main task.
private func liveTree() async {
    let leakers = 300
    let sleepers = 199
    let groups = 50
    let children = 5
    let asyncLets = 40
    let values = 70
    let users = 30
    let deadUsers = 30
    for number in 0..<leakers { Task.detached(name: "leaker \(number)") { await leak() } }
    let sleeper = Task.detached(name: "a sleeper with a name that is too long for the table") { await sleepLong() }
    for _ in 1..<sleepers { Task.detached { await sleepLong() } }
    for _ in 0..<groups { Task.detached { await waitForGroup(children: children) } }
    for _ in 0..<asyncLets { Task.detached { await waitForAsyncLet() } }
    for _ in 0..<values { Task { await waitForValue(sleeper) } }
    let cancelled = Task.detached(name: "cancelled") { await leak() }
    let busy = Busy()
    let kept = Counter()
    Task.detached(name: "keeper", executorPreference: OwnThread()) { await busy.keep(kept) }
    while kept.load() == 0 { await nap() }
    for _ in 0..<users { Task.detached { await waitForActor(busy) } }
    let dead = Dead()
    for _ in 0..<deadUsers { Task.detached { await waitForExecutor(dead) } }
    await nap()
    cancelled.cancel()
    leaked.store(leakers + 1 + groups * children + asyncLets)
    expectWaiting("sleep", "sleepLong()", line: sleeperLine, tasks: sleepers)
    expectWaiting("group", "closure 1 in waitForGroup(children:)", line: groupLine, tasks: groups)
    expectWaiting("child", "waitForAsyncLet()", line: asyncLetLine, tasks: asyncLets)
    expectWaiting("task", "waitForValue(_:)", line: valueLine, tasks: values)
    expectWaiting("executor", "waitForActor(_:)", line: busyLine, tasks: users)
    expectWaiting("executor", "waitForExecutor(_:)", line: deadLine, tasks: deadUsers)
    expectWaiting("running", "closure 8 in liveTree()", line: 0, tasks: 1)
    let tasks = leakers + sleepers + groups * (1 + children) + 2 * asyncLets + values + 1 + 1 + users + deadUsers
    await stayForever(live: tasks + 1)
}

/// More tasks than the table has room for.
private func liveCrowd(tasks: Int) async {
    for _ in 0..<tasks { Task.detached { await leak() } }
    leaked.store(tasks)
    await stayForever(live: tasks + 1)
}

// MARK: Coming and going

// Some live long enough to be seen in several copies of the table.

@inline(never) private func churnGroupChild(_ number: Int) async {
    await Task.yield()
    if number == 0 { await nap() }
}
@inline(never) private func churnAsyncLet(_ number: Int) async -> Int {
    await Task.yield()
    if number == 0 { await nap() }
    return 1
}
@inline(never) private func churnDetached(_ number: Int) async {
    await Task.yield()
    if number == 0 { await nap() }
}
@inline(never) private func churnNamed(_ number: Int) async {
    await Task.yield()
    if number == 0 { await nap() }
}

/// Tasks of four kinds, as fast as they can come and go, in as many tasks as there are processors; then none.
private func liveChurn(milliseconds: Int) async {
    say("churning")
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
            group.addTask { while ContinuousClock.now < end { await churnOnce() } }
        }
    }
    await stayForever(live: 1)
}

@inline(never) private func churnOnce() async {
    async let first = churnAsyncLet(0)
    async let second = churnAsyncLet(1)
    let detached = (0..<4).map { number in Task.detached { await churnDetached(number) } }
    let named = (0..<4).map { number in Task.detached(name: "named \(number)") { await churnNamed(number) } }
    await withTaskGroup(of: Void.self) { group in
        for number in 0..<8 { group.addTask { await churnGroupChild(number) } }
    }
    _ = await first + second
    for task in detached + named { await task.value }
}
