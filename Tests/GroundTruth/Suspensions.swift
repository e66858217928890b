// Scenarios that suspend a known number of times.

import Dispatch
import Glibc

/// Each task begins once and resumes after each yield; each yield is a helper job of the runtime's besides.
func yields(tasks: Int, count: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await yielding(count) } }
    }
    expectSite("yielding(_:)", awaitPoint: 1, line: yieldingLine, polls: tasks * count)
    expectKind("yield", polls: tasks * count)
}

let yieldingLine = #line + 2
@Sendable func yielding(_ count: Int) async {
    for _ in 0..<count { await Task.yield() }
}

/// Each sleep is a timer's helper task, and the sleeper's own poll.
func sleeps(tasks: Int, count: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await sleeping(count) } }
    }
    expectSite("sleeping(_:)", awaitPoint: 1, line: sleepingLine, polls: tasks * count)
    expectKind("timer", polls: tasks * count)
}

let sleepingLine = #line + 2
@Sendable func sleeping(_ count: Int) async {
    for _ in 0..<count { try? await Task.sleep(nanoseconds: 1_000_000) }
}

func tolerantSleeps(tasks: Int, count: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await sleepingTolerantly(count) } }
    }
    expectSite("sleepingTolerantly(_:)", awaitPoint: 1, line: tolerantLine, polls: tasks * count)
    expectKind("timer", polls: tasks * count)
}

let tolerantLine = #line + 2
@Sendable func sleepingTolerantly(_ count: Int) async {
    for _ in 0..<count { try? await Task.sleep(for: .milliseconds(1), tolerance: .microseconds(100)) }
}

/// Children that do not suspend are one poll each.
func group(children: Int) async {
    let sum = await withTaskGroup(of: Int.self) { group in
        for number in 0..<children { group.addTask { await child(number) } }
        return await group.reduce(0, +)
    }
    precondition(sum == children * (children - 1) / 2)
    expectSite("closure 1 in closure 1 in group(children:)", awaitPoint: 0, line: 0, polls: children)
}

@Sendable func child(_ number: Int) async -> Int { number }

func asyncLet(count: Int) async {
    var sum = 0
    for number in 0..<count {
        async let left = child(number)
        async let right = child(number)
        sum += await left + right
    }
    precondition(sum == count * (count - 1))
    expectKind("first", polls: 2 * count)
}

/// Sleepers that are cancelled: each begins, and resumes once. The timers are left behind, an hour ahead.
func cancellation(tasks count: Int) async {
    let tasks = (0..<count).map { _ in Task.detached { await cancelled() } }
    // Wait until all of them sleep: only then does each cancellation wake exactly one.
    while sleepers.load() < count { await Task.yield() }
    // The count is raised just before the sleep; give the last ones time to fall asleep.
    usleep(100_000)
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
            OutsideThread.run {
                usleep(200)  // the task has suspended by then: a resume before that would be no poll
                continuation.resume()
            }
        }
    }
}

func mainActor(hops: Int) async {
    for number in 0..<hops { await onMain(number) }
    expectKind("main", polls: hops)
}

@MainActor func onMain(_ number: Int) { mainSum += number }
@MainActor var mainSum = 0
