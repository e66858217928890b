// A program that does nothing but suspend and resume: what observing a poll costs shows here and nowhere better.
//
//   YieldService TASKS YIELDS     prints: yields done, CPU nanoseconds used meanwhile, wall nanoseconds
//
// POLLSCOPE=off runs it unobserved.

import Glibc
import Pollscope

@Sendable func yield(_ count: Int) async {
    for _ in 0..<count { await Task.yield() }
}

func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

func run(tasks: Int, yields: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await yield(yields / tasks) } }
    }
}

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard arguments.count == 2, arguments[0] > 0, arguments[1] >= arguments[0] else {
    print("usage: YieldService TASKS YIELDS")
    exit(64)
}
do {
    try Pollscope.start()
} catch {
    print(error)
    exit(70)
}
await run(tasks: arguments[0], yields: arguments[1] / 10)  // threads are up, caches are warm
let cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
let wall = nanoseconds(CLOCK_MONOTONIC)
await run(tasks: arguments[0], yields: arguments[1])
print(
    arguments[1] / arguments[0] * arguments[0], nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu,
    nanoseconds(CLOCK_MONOTONIC) - wall)
