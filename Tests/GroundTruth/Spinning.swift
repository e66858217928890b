// Scenarios with polls of known length, and what has to wait behind them.
//
// Every bound that is printed comes from readings of the clock that must lie inside, or outside, of what is measured:
// a machine that is busy with something else makes the ranges wider, and none of them wrong.

import Glibc
import Synchronization

/// Computes for a while; when it began and ended, at most and at least.
@discardableResult
func spinFor(milliseconds: Int) -> ClosedRange<UInt64> {
    let begin = monotonicNanoseconds()
    let end = begin + UInt64(milliseconds) * 1_000_000
    var now = begin
    while now < end { now = monotonicNanoseconds() }
    return begin...now
}

/// What an unlucky thread may lose between two neighbouring lines.
let interruption: UInt64 = 2_000_000_000

/// One poll of that length.
func spin(milliseconds: Int) async {
    let spun = await Task.detached { await spinning(milliseconds) }.value
    expectSite("spinning(_:)", awaitPoint: 1, line: spinningLine, polls: 2)
    let length = spun.upperBound - spun.lowerBound
    expectLength("poll", "spinning(_:)", nanoseconds: length...length + interruption)
}

let spinningLine = #line + 2
@Sendable func spinning(_ milliseconds: Int) async -> ClosedRange<UInt64> {
    await onMain(0)
    return spinFor(milliseconds: milliseconds)
}

/// As many spinners as the pool has threads, then one job: it waits until the first of them ends.
func queueBehindSpin(milliseconds: Int) async {
    let width = poolWidth
    let begun = Counter()
    let spinners = (0..<width).map { _ in
        Task.detached {
            begun.add()
            return spinFor(milliseconds: milliseconds)
        }
    }
    let enqueuing = Moment()
    let enqueued = Moment()
    // This poll keeps a thread itself, so it leaves before the last spinner can begin.
    OutsideThread.run {
        while begun.load() < width { usleep(100) }
        enqueuing.note()
        _ = Task.detached { await victim() }
        enqueued.note()
    }
    var firstEnd = UInt64.max
    for spinner in spinners { firstEnd = min(firstEnd, await spinner.value.upperBound) }
    while victimBegan.value == 0 { await nap() }
    // It was enqueued between the two moments, and began after the end of the first spinner.
    // On a busy machine the pool may have had a thread to spare for it.
    let wasBehind = firstEnd > enqueued.value && victimBegan.value > firstEnd
    let least = wasBehind ? firstEnd - enqueued.value : 0
    expectLength(
        "wait", "closure 1 in closure 2 in queueBehindSpin(milliseconds:)",
        nanoseconds: least...victimBegan.value - enqueuing.value)
}

let victimBegan = Moment()
@Sendable func victim() async { victimBegan.note() }

/// A sleeper whose timer falls due while all threads spin: it waits, and does not sleep longer.
func sleepBehindSpin(milliseconds: Int) async {
    let width = poolWidth
    let sleep: UInt64 = 50_000_000
    let sleeper = Task.detached { await sleepingBehind(nanoseconds: sleep) }
    while sleepCalled.value == 0 { await nap() }
    Suspended.waitUntilOthersSleep()
    // The sleeper has suspended, so its time to wake is fixed: between these two.
    let dueAtLeast = sleepCalled.value + sleep
    let dueAtMost = monotonicNanoseconds() + sleep
    let spinners = (0..<width).map { _ in Task.detached { spinFor(milliseconds: milliseconds) } }
    let wereQueuedBeforeIt = monotonicNanoseconds() < dueAtLeast
    var firstEnd = UInt64.max
    for spinner in spinners { firstEnd = min(firstEnd, await spinner.value.upperBound) }
    await sleeper.value
    expectSite("sleepingBehind(nanoseconds:)", awaitPoint: 1, line: sleepingBehindLine, polls: 1)
    // On a busy machine a spinner may begin after the sleeper has woken.
    let wereBeforeIt = wereQueuedBeforeIt && sleeperWoke.value > firstEnd
    let least = wereBeforeIt && firstEnd > dueAtMost ? firstEnd - dueAtMost : 0
    expectLength(
        "timer-wait", "sleepingBehind(nanoseconds:)", nanoseconds: least...sleeperWoke.value - dueAtLeast)
}

let sleepCalled = Moment()
let sleeperWoke = Moment()
let sleepingBehindLine = #line + 3
@Sendable func sleepingBehind(nanoseconds: UInt64) async {
    sleepCalled.note()
    try? await Task.sleep(nanoseconds: nanoseconds)
    sleeperWoke.note()
}

/// A reading of the clock that another thread can see; 0 before it was taken.
final class Moment: Sendable {
    private let nanoseconds = Atomic<UInt64>(0)
    func note() { nanoseconds.store(monotonicNanoseconds(), ordering: .sequentiallyConsistent) }
    var value: UInt64 { nanoseconds.load(ordering: .sequentiallyConsistent) }
}
