// Scenarios that suspend a known number of times.

import Glibc

/// Each task begins once and resumes after each yield; each yield is a helper job of the runtime's besides.
func yields(tasks: Int, count: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await yielding(count) } }
    }
    expectYieldSite("yielding(_:)", awaitPoint: 1, line: yieldingLine, polls: tasks * count)
    expectKind("yield", polls: tasks * count)
}

let yieldingLine = #line + 2
@Sendable func yielding(_ count: Int) async {
    for _ in 0..<count { await Task.yield() }
}

/// Await points are numbered as they stand in the source, those that never suspend included.
func steps(tasks: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for number in 0..<tasks { group.addTask { await stepping(number) } }
    }
    expectSite("stepping(_:)", awaitPoint: 1, line: steppingLine, polls: tasks)
    expectSite("stepping(_:)", awaitPoint: 3, line: steppingLine + 2, polls: tasks)
    expectKind("first", polls: tasks)
}

let stepsTaken = Counter()
let steppingLine = #line + 2
@Sendable func stepping(_ number: Int) async {
    await withUnsafeContinuation { continuation in resumeOnceSuspended { continuation.resume() } }
    if await child(number) == number { stepsTaken.add() }
    await withUnsafeContinuation { continuation in resumeOnceSuspended { continuation.resume() } }
}

/// Suspensions below more callers than a captured stack has room for.
func deep(tasks: Int, frames: Int) async {
    await withTaskGroup(of: Int.self) { group in
        for _ in 0..<tasks { group.addTask { await descend(frames) } }
        for await depth in group { precondition(depth == frames) }
    }
    expectSite("suspendedDeep()", awaitPoint: 1, line: deepLine, polls: tasks)
}

@inline(never) @Sendable func descend(_ frames: Int) async -> Int {
    if frames == 0 {
        await suspendedDeep()
        return 0
    }
    return await descend(frames - 1) + 1
}

let deepLine = #line + 2
@inline(never) func suspendedDeep() async {
    await withUnsafeContinuation { continuation in resumeOnceSuspended { continuation.resume() } }
}

/// Each sleep is a timer's helper task, and the sleeper's own poll. The sleeps are so long that a sleeper has
/// suspended before its timer fires, on a busy machine too.
func sleeps(tasks: Int, count: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await sleeping(count, milliseconds: 25) } }
    }
    expectSite("sleeping(_:milliseconds:)", awaitPoint: 1, line: sleepingLine, polls: tasks * count)
    expectKind("timer", polls: tasks * count)
}

let sleepingLine = #line + 2
@Sendable func sleeping(_ count: Int, milliseconds: UInt64) async {
    for _ in 0..<count { try? await Task.sleep(nanoseconds: milliseconds * 1_000_000) }
}

/// Waiting for something to happen: its polls are few, and not counted.
func nap() async { try? await Task.sleep(nanoseconds: 1_000_000) }

func tolerantSleeps(tasks: Int, count: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await sleepingTolerantly(count) } }
    }
    expectSite("sleepingTolerantly(_:)", awaitPoint: 1, line: tolerantLine, polls: tasks * count)
    expectKind("timer", polls: tasks * count)
}

let tolerantLine = #line + 2
@Sendable func sleepingTolerantly(_ count: Int) async {
    for _ in 0..<count { try? await Task.sleep(for: .milliseconds(25), tolerance: .milliseconds(1)) }
}

/// Sleepers that are cancelled: each begins, and resumes once. The timers are left behind, an hour ahead.
func cancellation(tasks count: Int) async {
    let tasks = (0..<count).map { _ in Task.detached { await cancelled() } }
    // Wait until all of them sleep: only then does each cancellation wake exactly one.
    while sleepers.load() < count { await nap() }
    Suspended.waitUntilOthersSleep()
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
    expectSite("cancelled()", awaitPoint: 1, line: cancelledLine, polls: count)
    say("pending \(count)")
}

let sleepers = Counter()
let cancelledLine = #line + 3
@Sendable func cancelled() async {
    sleepers.add()
    try? await Task.sleep(nanoseconds: 3_600_000_000_000)
}

/// Continuations resumed by threads that know nothing of tasks.
func continuations(tasks: Int, count: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await resumedFromOutside(count) } }
    }
    expectSite("resumedFromOutside(_:)", awaitPoint: 1, line: outsideLine, polls: tasks * count)
}

let outsideLine = #line + 3
@Sendable func resumedFromOutside(_ count: Int) async {
    for _ in 0..<count {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            resumeOnceSuspended { continuation.resume() }
        }
    }
}

/// Calls `resume` on an outside thread as soon as the calling task has suspended: sooner would be no poll.
func resumeOnceSuspended(_ resume: @escaping @Sendable () -> Void) {
    let thread = currentThread()
    let isLaunched = Counter()
    OutsideThread.run {
        while isLaunched.load() == 0 { usleep(20) }
        Suspended.waitUntilSleeping(thread)
        resume()
    }
    isLaunched.add()
}

/// A sequence whose elements come from outside, each after its consumer has suspended: one poll an element, and one
/// for the end.
func asyncSequence(elements: Int) async {
    await Task.detached { await consuming(elements) }.value
    expectSite("arrival(_:)", awaitPoint: 1, line: arrivalLine, polls: elements + 1)
}

@Sendable func consuming(_ elements: Int) async {
    var sum = 0
    for await number in Arrivals(count: elements) { sum += number }
    precondition(sum == elements * (elements - 1) / 2)
}

struct Arrivals: AsyncSequence {
    let count: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        let count: Int
        var next = 0

        mutating func next() async -> Int? {
            let number = next < count ? next : nil
            next += 1
            return await arrival(number)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(count: count) }
}

let arrivalLine = #line + 2
@Sendable func arrival(_ number: Int?) async -> Int? {
    await withUnsafeContinuation { continuation in
        resumeOnceSuspended { continuation.resume(returning: number) }
    }
}
