// Episodes of starvation whose begins and ends are known: every thread of the pool computes, and others' jobs wait.

import Glibc
import Pollscope

let starvationScenarios: [String: @Sendable ([Int]) async -> Void] = [
    "starvation": { await starvation(episodes: $0[0], milliseconds: $0[1], trickle: $0.count > 2 && $0[2] > 0) },
    "starvation-for-ever": { _ in await starvationForEver() },
    "paced": { await paced(tasks: $0[0], yields: $0[1]) },
    "sleepers": { await sleepers(tasks: $0[0], milliseconds: $0[1]) },
]

/// Prints a line an episode: `starved BEGIN END JOBS`, nanoseconds of CLOCK_REALTIME. From begin to end all threads of the
/// pool computed, and all of the jobs were enqueued at the begin or, where they trickle in, one a millisecond from then on.
func starvation(episodes: Int, milliseconds: Int, trickle: Bool) async {
    for _ in 0..<episodes {
        await sleeping(1, milliseconds: 300)
        let width = poolWidth
        let begun = Counter()
        let spinners = (0..<width).map { _ in
            Task.detached { await starving(milliseconds, begun) }
        }
        let jobs = trickle ? milliseconds / 2 : 40
        OutsideThread.run {
            while begun.load() < width { usleep(100) }
            let begin = realtimeNanoseconds()
            for _ in 0..<jobs {
                Task.detached { await starved() }
                if trickle { usleep(1000) }
            }
            say("starved \(begin) \(jobs)")
        }
        for spinner in spinners { await spinner.value }
        say("fed \(realtimeNanoseconds())")
    }
    await nap()
}

private func realtimeNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

@Sendable func starving(_ milliseconds: Int, _ begun: Counter) async {
    await onMain(0)
    begun.add()
    spinFor(milliseconds: milliseconds)
}

@Sendable func starved() async {}

/// All threads of the pool compute, and jobs wait, until the process is ended.
func starvationForEver() async {
    let begun = Counter()
    for _ in 0..<poolWidth {
        Task.detached { await starving(1_000_000_000, begun) }
    }
    OutsideThread.run {
        while begun.load() < poolWidth { usleep(100) }
        for _ in 0..<5 { Task.detached { await starved() } }
        say("running")
    }
    while true { await nap() }
}

/// Long polls in all threads while others sleep and nobody waits: no starvation.
func sleepers(tasks: Int, milliseconds: Int) async {
    for _ in 0..<tasks { Task.detached { await sleeping(1, milliseconds: 60_000) } }
    say("running")
    for _ in 0..<20 {
        await sleeping(1, milliseconds: 50)
        let begun = Counter()
        let spinners = (0..<poolWidth).map { _ in Task.detached { await starving(milliseconds, begun) } }
        for spinner in spinners { await spinner.value }
    }
}

/// Tasks that yield so often, sleep for a millisecond, and go on until the process is ended.
func paced(tasks: Int, yields: Int) async {
    say("running")
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks {
            group.addTask {
                while true {
                    await yielding(yields)
                    await nap()
                }
            }
        }
    }
}
