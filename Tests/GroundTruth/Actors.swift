// Scenarios in which tasks meet at actors.

func mainActor(hops: Int) async {
    for number in 0..<hops { await onMain(number) }
    expectKind("main", polls: hops)
}

/// A hop to the main actor and one back are a poll each, however many threads there are.
func hops(tasks: Int, count: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await hopping(count) } }
    }
    expectSite("hopping(_:)", awaitPoint: 1, line: hoppingLine, polls: 2 * tasks * count)
    expectKind("main", polls: tasks * count)
    expectKind("first", polls: tasks)
}

let hoppingLine = #line + 3
@Sendable func hopping(_ count: Int) async {
    for number in 0..<count {
        await onMain(number)
        returns.add()  // else an optimiser may see that nothing is done here, and that nobody need come back
    }
}

let returns = Counter()

/// The only task of the process goes to the main actor and back: so many polls, and no others.
func march(count: Int) async {
    await hopping(count)
    say("total \(2 * count + 1)")
}

@MainActor func onMain(_ number: Int) { mainSum += number }
@MainActor var mainSum = 0

/// An actor that nobody is in takes a task on the task's own thread: no job, no poll.
func actorHops(count: Int) async {
    let tally = Tally()
    for number in 0..<count { await tally.add(number) }
    expectKind("actor", polls: 0)
    expectKind("first", polls: 0)
}

actor Tally {
    private var sum = 0
    func add(_ number: Int) { sum += number }
}

/// Tasks that belong to an actor which is busy meanwhile: all of them run in the one drain that is going on.
func actorDrain(tasks count: Int) async {
    let queued = Counter()
    let holder = Task.detached { @Held in
        while queued.load() == 0 {}
    }
    // From an outside thread: this task and the holder may share the only thread of the pool.
    OutsideThread.run {
        let tasks = (0..<count).map { _ in Task.detached { @Held in heldPolls += 1 } }
        heldTasks.add()
        for _ in tasks { heldTasks.add() }
        queued.add()
    }
    await holder.value
    while heldTasks.load() < count + 1 { await nap() }
    while await heldPollsSoFar() < count { await nap() }
    expectKind("actor", polls: 1)
}

let heldTasks = Counter()
@globalActor actor Held { static let shared = Held() }
@Held var heldPolls = 0
@Held func heldPollsSoFar() -> Int { heldPolls }
