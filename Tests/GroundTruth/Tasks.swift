// Scenarios that start a known number of tasks, of every kind.

/// Children that do not suspend are one poll each.
func group(children: Int) async {
    let sum = await withTaskGroup(of: Int.self) { group in
        for number in 0..<children { group.addTask { await child(number) } }
        return await group.reduce(0, +)
    }
    precondition(sum == children * (children - 1) / 2)
    expectSite("closure 1 in closure 1 in group(children:)", awaitPoint: 0, line: 0, polls: children)
    expectKind("first", polls: children)
}

@inline(never) @Sendable func child(_ number: Int) async -> Int { number }

/// Groups inside the children of a group.
func nestedGroups(outer: Int, inner: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<outer {
            group.addTask {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<inner { group.addTask { await grandchild() } }
                }
            }
        }
    }
    expectYieldSite("grandchild()", awaitPoint: 1, line: grandchildLine, polls: outer * inner)
    expectKind("first", polls: outer + outer * inner)
}

let grandchildLine = #line + 2
@Sendable func grandchild() async {
    await Task.yield()
}

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

/// Tasks that end by throwing, each after one suspension.
func throwingTasks(count: Int) async {
    struct Planned: Error {}
    let tasks = (0..<count).map { number in
        Task.detached {
            try await throwing(Planned())
        }
    }
    var thrown = 0
    for task in tasks {
        do { try await task.value } catch { thrown += 1 }
    }
    precondition(thrown == count)
    expectYieldSite("throwing(_:)", awaitPoint: 1, line: throwingLine, polls: count)
    expectKind("first", polls: count)
}

let throwingLine = #line + 2
@Sendable func throwing(_ error: any Error) async throws {
    await Task.yield()
    throw error
}

func detached(tasks count: Int) async {
    let tasks = (0..<count).map { number in Task.detached { await child(number) } }
    var sum = 0
    for task in tasks { sum += await task.value }
    precondition(sum == count * (count - 1) / 2)
    expectSite("closure 1 in closure 1 in detached(tasks:)", awaitPoint: 0, line: 0, polls: count)
    expectKind("first", polls: count)
}

/// Each priority has a queue of its own.
func priorities(tasks: Int, count: Int) async {
    let all: [TaskPriority] = [.background, .low, .medium, .high]
    await withTaskGroup(of: Void.self) { group in
        for priority in all {
            for _ in 0..<tasks { group.addTask(priority: priority) { await yielding(count) } }
        }
    }
    expectYieldSite("yielding(_:)", awaitPoint: 1, line: yieldingLine, polls: all.count * tasks * count)
    expectKind("yield", polls: all.count * tasks * count)
}
