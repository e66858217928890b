// Scenarios with polls of known length, and what has to wait behind them.

import Glibc

func spinFor(milliseconds: Int) {
    let end = monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000
    while monotonicNanoseconds() < end {}
}

/// One poll of that length.
func spin(milliseconds: Int) async {
    await Task.detached { await spinning(milliseconds) }.value
    expectSite("spinning(_:)", awaitPoint: 1, line: spinningLine, polls: 1)
}

let spinningLine = #line + 2
@Sendable func spinning(_ milliseconds: Int) async {
    await Task.yield()
    spinFor(milliseconds: milliseconds)
}

/// As many spinners as the pool has threads, then one job: it waits until the first of them ends.
func queueBehindSpin(milliseconds: Int) async {
    let width = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let begun = Counter()
    let spinners = (0..<width).map { _ in
        Task.detached {
            begun.add()
            spinFor(milliseconds: milliseconds)
        }
    }
    // This poll keeps a thread itself, so it leaves before the last spinner can begin.
    OutsideThread.run {
        while begun.load() < width { usleep(100) }
        _ = Task.detached { await victim() }
    }
    for spinner in spinners { await spinner.value }
    while victims.load() == 0 { try? await Task.sleep(nanoseconds: 1_000_000) }
}

let victims = Counter()
@Sendable func victim() async { victims.add() }

/// A sleeper whose timer falls due while all threads spin: it waits, and does not sleep longer.
func sleepBehindSpin(milliseconds: Int) async {
    let width = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let sleeper = Task.detached { await sleepingBehind() }
    while sleepersBehind.load() == 0 { await Task.yield() }
    let spinners = (0..<width).map { _ in Task.detached { spinFor(milliseconds: milliseconds) } }
    for spinner in spinners { await spinner.value }
    await sleeper.value
}

let sleepersBehind = Counter()
@Sendable func sleepingBehind() async {
    sleepersBehind.add()
    try? await Task.sleep(nanoseconds: 10_000_000)
}
