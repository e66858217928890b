// Requests whose time is known part by part: 2 ms asleep, 5 ms computing, 10 ms behind a known culprit, 3 ms waiting for an
// actor, 4 ms for a pool. Each part is at least what lies between two readings of the clock that were certainly inside it;
// what is between the parts is a machine's, and can be in any of them.

import Glibc
import Pollscope

/// Nanoseconds that a request certainly spent on something.
struct KnownParts: Sendable {
    var outside: UInt64 = 0
    var running: UInt64 = 0
    var executorWait: UInt64 = 0
    var actorWait: UInt64 = 0
    var poolWait: UInt64 = 0

    /// The only request of that name. `running`: on CPU, or ready and not run by the kernel.
    func expect(of name: String) {
        say("anatomy \(name) | outside | \(outside)")
        say("anatomy \(name) | onCPU+kernelWait | \(running)")
        say("anatomy \(name) | executorWait | \(executorWait)")
        say("anatomy \(name) | actorWait | \(actorWait)")
        say("anatomy \(name) | poolWait | \(poolWait)")
    }
}

let anatomyPool = Pollscope.pool("anatomy pool", capacity: 1)

/// The mixture in one task, and in tasks of all kinds that the request makes and awaits.
func requestAnatomy() async {
    await knownRequest("anatomy in one task") { await mixture() }
    await knownRequest("anatomy in an async let") {
        async let parts = mixture()
        return await parts
    }
    await knownRequest("anatomy in a group") {
        await withTaskGroup(of: KnownParts?.self) { group in
            for milliseconds in [1, 1] { group.addTask { shortSibling(milliseconds) } }
            group.addTask { await mixture() }
            return await group.reduce(KnownParts()) { $1 ?? $0 }
        }
    }
    await knownRequest("anatomy in an unstructured task") { await Task { await mixture() }.value }
    await knownRequest("anatomy in a detached task") { await Task.detached { await mixture() }.value }
    await knownRequest("anatomy in a child of a child") {
        async let parts = { () async -> KnownParts in
            async let parts = mixture()
            return await parts
        }()
        return await parts
    }
    await knownRequest("anatomy with a part") { await Pollscope.request("the part") { await mixture() } }
}

@inline(never) @Sendable private func shortSibling(_ milliseconds: Int) -> KnownParts? {
    spinFor(milliseconds: milliseconds)
    return nil
}

/// In a task of its own, so that it has the priority that outside threads' tasks have.
private func knownRequest(_ name: String, _ body: @escaping @Sendable () async -> KnownParts) async {
    let durations = Durations(of: name)
    let parts = await Task.detached {
        await durations.measure { await body() }
    }.value
    parts.expect(of: name)
    durations.expect(.endpoint)
}

private func mixture() async -> KnownParts {
    var parts = KnownParts()
    parts.outside = await knownSleep(nanoseconds: 2_000_000)
    let spun = spinFor(milliseconds: 5)
    parts.running = spun.upperBound - spun.lowerBound
    parts.executorWait = await behindCulprits(milliseconds: 10)
    parts.actorWait = await behindHolder(microseconds: 3000)
    parts.poolWait = await poolWait(microseconds: 4000)
    return parts
}

/// How long the task certainly slept, and its timer was not due.
private func knownSleep(nanoseconds: UInt64) async -> UInt64 {
    let asleep = Moment()
    onceSuspended { asleep.note() }
    let before = monotonicNanoseconds()
    try? await Task.sleep(nanoseconds: nanoseconds)
    let due = before + nanoseconds
    return asleep.value != 0 && asleep.value < due ? due - asleep.value : 0
}

/// As many culprits as the pool has threads are in its queue before this task is. How long it certainly waited: where there
/// is one thread, while the culprit ran. On a busy machine the pool may have a thread to spare: then the culprit has begun
/// too early, or is not done when this task goes on.
private func behindCulprits(milliseconds: Int) async -> UInt64 {
    let width = poolWidth
    let isEnqueued = Counter()
    let began = Moment()
    let ended = Moment()
    // They are nothing that this request made.
    OutsideThread.run {
        for _ in 0..<width {
            Task.detached { await knownCulprit(milliseconds, began, ended) }
        }
        isEnqueued.add()
    }
    while isEnqueued.load() == 0 { sched_yield() }
    let yielding = monotonicNanoseconds()
    await Task.yield()
    return width == 1 && began.value > yielding && ended.value != 0 ? ended.value - began.value : 0
}

@inline(never) @Sendable private func knownCulprit(_ milliseconds: Int, _ began: Moment, _ ended: Moment) async {
    began.note()
    spinFor(milliseconds: milliseconds)
    ended.note()
}

/// An actor that another task is in, on a thread of its own, until some time after this task has begun to wait for it.
private func behindHolder(microseconds: UInt32) async -> UInt64 {
    let holder = AnatomyActor()
    let hasEntered = Counter()
    let isAsking = Counter()
    let waits = Moment()
    let leaves = Moment()
    let thread = currentThread()
    OutsideThread.run {
        Task.detached(executorPreference: ThreadPerJob()) {
            await holder.hold {
                hasEntered.add()
                while isAsking.load() == 0 { usleep(20) }
                Suspended.waitUntilSleeping(thread)
                waits.note()
                usleep(microseconds)
                leaves.note()
            }
        }
    }
    while hasEntered.load() == 0 { sched_yield() }
    isAsking.add()
    await holder.use()
    return leaves.value - waits.value
}

private actor AnatomyActor {
    private var uses = 0
    func hold(_ body: @Sendable () -> Void) { body() }
    func use() { uses += 1 }
}

private final class ThreadPerJob: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        OutsideThread.run { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// A pool that lends some time after this task has begun to wait for it.
private func poolWait(microseconds: UInt32) async -> UInt64 {
    let waits = Moment()
    let lends = Moment()
    let wait = anatomyPool.ask()
    await withUnsafeContinuation { continuation in
        onceSuspended {
            waits.note()
            usleep(microseconds)
            lends.note()
            continuation.resume()
        }
    }
    wait.acquired(connection: 1).release()
    return lends.value - waits.value
}

/// Calls `body` on an outside thread as soon as the calling task has suspended.
private func onceSuspended(_ body: @escaping @Sendable () -> Void) { resumeOnceSuspended(body) }
