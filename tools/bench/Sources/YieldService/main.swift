// A program that does nothing but suspend and resume: what observing a poll costs shows here and nowhere better.
//
//   YieldService TASKS YIELDS     prints: yields done, CPU nanoseconds used meanwhile, nanoseconds of CPU time that
//                                 one reading of the session's clock took around the run
//
// POLLSCOPE=off runs it unobserved.

import CPollscopeLayout
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

/// The machine's speed changes from moment to moment, so a reading is timed in the same run as the polls.
func clockReading() -> Double {
    let readings = 200_000
    let before = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
    var sum: UInt64 = 0
    for _ in 0..<readings { sum &+= pollscope_counter() }
    let spent = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - before
    return Double(spent) / Double(readings) + (sum == 1 ? 1 : 0)  // the sum is used, so the readings are made
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
let readingBefore = clockReading()
let before = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
await run(tasks: arguments[0], yields: arguments[1])
let spent = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - before
print(arguments[1] / arguments[0] * arguments[0], spent, (readingBefore + clockReading()) / 2)
