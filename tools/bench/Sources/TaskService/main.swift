// A program that does nothing but go to an actor and back, or make tasks: what observing that costs shows here.
//
//   TaskService hops|tasks COUNT     prints how many there were, and the CPU nanoseconds that they took
//
// A call of a free actor is two hops: there and back. A task is made, runs, and is waited for. POLLSCOPE=off runs it
// unobserved.

import Glibc
import Pollscope

actor Counting {
    private var count = 0
    func add() { count += 1 }
}

func nanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

/// Work that belongs to no actor, so that a task has to come back for it.
nonisolated(unsafe) var work = 0
@inline(never) nonisolated func step(_ number: Int) { work &+= number }

@Sendable func hop(_ count: Int) async {
    let counting = Counting()
    for number in 0..<count / 2 {
        await counting.add()
        step(number)
    }
}

@Sendable func makeTasks(_ count: Int) async {
    for number in 0..<count { await Task.detached { step(number) }.value }
}

let words = CommandLine.arguments
guard words.count == 3, ["hops", "tasks"].contains(words[1]), let count = Int(words[2]), count >= 20 else {
    print("usage: TaskService hops|tasks COUNT")
    exit(64)
}
do {
    try Pollscope.start()
} catch {
    print(error)
    exit(70)
}
let run = words[1] == "hops" ? hop : makeTasks
let spent = await Task.detached {
    await run(count / 10)  // threads are up, caches are warm
    let before = nanoseconds()
    await run(count)
    return nanoseconds() - before
}.value
print(count, spent)
