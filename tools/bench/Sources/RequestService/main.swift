// A program that does nothing but requests: what telling of one costs shows here, and many of them make a recording.
//
//   RequestService cost COUNT     requests that do nothing, in one task: prints how many there were, and the CPU
//                                 nanoseconds that they took
//   RequestService sync COUNT     the same of requests that cannot suspend
//   RequestService pool COUNT     the same of leases of a pool that is never empty
//   RequestService many COUNT     requests that suspend and wait for a child, by 64 tasks; waits for a line on stdin
//                                 before it begins and, when it is done, before it ends
//
// POLLSCOPE=off runs it unobserved.

import Glibc
import Pollscope

func nanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

nonisolated(unsafe) var work = 0
@inline(never) nonisolated func step(_ number: Int) { work &+= number }

@inline(never) nonisolated func answer(_ number: Int) async { step(number) }

@Sendable func request(_ count: Int) async {
    for number in 0..<count {
        await Pollscope.request("GET /quote") { await answer(number) }
    }
}

@Sendable func requestAtOnce(_ count: Int) async {
    for number in 0..<count {
        Pollscope.request("GET /quote") { step(number) }
    }
}

let pool = Pollscope.pool("connections", capacity: 10)

@Sendable func lease(_ count: Int) async {
    for number in 0..<count {
        let lease = pool.ask().acquired()
        step(number)
        lease.release()
    }
}

/// A request that suspends twice, once for a child.
@Sendable func work(_ number: Int) async {
    await Pollscope.request("GET /quote") {
        await Task.yield()
        async let child: Void = step(number)
        await child
    }
}

@Sendable func many(_ count: Int) async {
    let tasks = 64
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks {
            group.addTask { for number in 0..<count / tasks { await work(number) } }
        }
    }
}

func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}

let words = CommandLine.arguments
guard words.count == 3, ["cost", "sync", "pool", "many"].contains(words[1]), let count = Int(words[2]), count >= 64
else {
    print("usage: RequestService cost|sync|pool|many COUNT")
    exit(64)
}
do {
    try Pollscope.start()
} catch {
    print(error)
    exit(70)
}
if words[1] == "many" {
    say("ready")
    _ = readLine()
    await many(count)
    say("done")
    _ = readLine()
} else {
    let run = words[1] == "cost" ? request : words[1] == "sync" ? requestAtOnce : lease
    let spent = await Task.detached {
        await run(count / 10)  // caches are warm, the thread has its rings
        let before = nanoseconds()
        await run(count)
        return nanoseconds() - before
    }.value
    print(count, spent)
}
