// Polls that are long for a known reason: computing, blocked, or kept off the CPU.

import Glibc
import GroundTruthC

/// A path of calls, outermost first, in which a long poll spent most of its time on the CPU.
func expectPath(_ frames: (function: String, file: String, line: Int)...) {
    say("path " + frames.map { "\($0.function) at \($0.file):\($0.line)" }.joined(separator: " > "))
}

// MARK: On the CPU

func deepSpin(milliseconds: Int) async {
    await Task.detached { await deeplySpinning(milliseconds) }.value.expect(of: "deeplySpinning(_:)")
    let file = "LongPolls.swift"
    expectPath(
        ("deeplySpinning(_:)", file, deeplySpinningLine), ("spinsOuter(_:)", file, outerLine),
        ("spinsMiddle(_:)", file, middleLine), ("spinsInner(_:)", file, innerLine))
}

private let deeplySpinningLine = #line + 4
@Sendable func deeplySpinning(_ milliseconds: Int) async -> TimeSpent {
    await onMain(0)
    let begin = ThreadAccount()
    require(spinsOuter(milliseconds) > 0)
    return TimeSpent(since: begin)
}

private let outerLine = #line + 2
@inline(never) func spinsOuter(_ milliseconds: Int) -> UInt64 {
    spinsMiddle(milliseconds) | 1
}

private let middleLine = #line + 2
@inline(never) func spinsMiddle(_ milliseconds: Int) -> UInt64 {
    spinsInner(milliseconds) | 2
}

private let innerLine = #line + 2
@inline(never) func spinsInner(_ milliseconds: Int) -> UInt64 {
    spinFor(milliseconds: milliseconds).upperBound | 4
}

/// Computes in a C library that keeps no frame pointers.
func librarySpin(milliseconds: Int) async {
    await Task.detached { await digesting(milliseconds, with: digests) }.value.expect(of: "digesting(_:with:)")
    expectPath(
        ("digesting(_:with:)", "LongPolls.swift", digestingLine), ("digests(_:)", "LongPolls.swift", digestsLine),
        ("ground_archive_digest", "archive_code.h", 0), ("ground_archive_fold", "archive_code.h", 0),
        ("ground_archive_mix", "archive_code.h", 0))
}

/// In one that has no debug information either.
func bareLibrarySpin(milliseconds: Int) async {
    await Task.detached { await digesting(milliseconds, with: digestsBare) }.value.expect(of: "digesting(_:with:)")
    expectPath(
        ("digesting(_:with:)", "LongPolls.swift", digestingLine), ("digestsBare(_:)", "LongPolls.swift", bareLine),
        ("ground_bare_digest", "", 0), ("ground_bare_fold", "", 0), ("ground_bare_mix", "", 0))
}

private let digestingLine = #line + 4
@Sendable func digesting(_ milliseconds: Int, with digest: @Sendable (Int) -> UInt64) async -> TimeSpent {
    await onMain(0)
    let begin = ThreadAccount()
    require(digest(milliseconds) > 0)
    return TimeSpent(since: begin)
}

private let digestsLine = #line + 2
@inline(never) @Sendable func digests(_ milliseconds: Int) -> UInt64 {
    ground_archive_digest(UInt64(milliseconds) * 1_000_000) | 2
}

private let bareLine = #line + 2
@inline(never) @Sendable func digestsBare(_ milliseconds: Int) -> UInt64 {
    ground_bare_digest(UInt64(milliseconds) * 1_000_000) & (.max << UInt64(milliseconds % 8)) | 4
}

/// Several long polls at the same time, more than the pool has threads.
func manySpins(tasks: Int, milliseconds: Int) async {
    let begin = monotonicNanoseconds()
    let spent = await withTaskGroup(of: TimeSpent.self) { group in
        for _ in 0..<tasks { group.addTask { await oneOfMany(milliseconds) } }
        return await group.reduce(into: [TimeSpent]()) { $0.append($1) }
    }
    var total = TimeSpent(since: ThreadAccount())
    total.length = spent.reduce(0) { $0 + $1.length }
    total.cpu = spent.reduce(0) { $0 + $1.cpu }
    total.runQueue = spent.reduce(0) { $0 + $1.runQueue }
    precondition(monotonicNanoseconds() - begin >= UInt64(milliseconds) * 1_000_000)
    total.expect(of: "oneOfMany(_:)", polls: tasks)
}

@Sendable func oneOfMany(_ milliseconds: Int) async -> TimeSpent {
    await onMain(0)
    let begin = ThreadAccount()
    spinFor(milliseconds: milliseconds)
    return TimeSpent(since: begin)
}

// MARK: Off the CPU

/// One poll that computes, sleeps, and waits for a pipe.
func mixture(milliseconds: Int) async {
    let (spent, least, most) = await Task.detached { await mixed(milliseconds) }.value
    spent.expect(of: "mixed(_:)", blocked: least[0] + least[1])
    for (index, (name, line)) in [("usleep", mixedLine + 5), ("read", mixedLine + 9)].enumerated() {
        say(
            "call \(name) | mixed(_:) | LongPolls.swift | \(line) | \(least[index]) | \(most[index]) "
                + "| \(name == "read" ? "pipe" : "none") | ")
    }
}

private let mixedLine = #line + 1
@Sendable func mixed(_ milliseconds: Int) async -> (TimeSpent, least: [UInt64], most: [UInt64]) {
    await onMain(0)
    let pipe = Ends.pipe()
    let begin = ThreadAccount()
    let sleeping = spinFor(milliseconds: milliseconds).upperBound
    require(usleep(UInt32(milliseconds) * 1000) == 0)
    let reading = monotonicNanoseconds()
    let late = Late(by: milliseconds * 3 / 4) { pipe.writeByte() }
    var byte: UInt8 = 0
    require(read(pipe.reading, &byte, 1) == 1)
    let end = monotonicNanoseconds()
    return (
        TimeSpent(since: begin), [UInt64(milliseconds) * 1_000_000, late.nanoseconds],
        [reading - sleeping, end - reading]
    )
}

/// A poll that has to share its processor with threads that compute all the time. To be run on one processor.
func crowd(threads: Int, milliseconds: Int) async {
    let isOver = Counter()
    let running = Counter()
    for _ in 0..<threads {
        OutsideThread.run {
            running.add()
            while isOver.load() == 0 {}
        }
    }
    while running.load() < threads { usleep(100) }
    let spent = await Task.detached { await crowded(milliseconds) }.value
    isOver.add()
    spent.expect(of: "crowded(_:)")
}

@Sendable func crowded(_ milliseconds: Int) async -> TimeSpent {
    await onMain(0)
    let begin = ThreadAccount()
    while ThreadAccount.cpu() - begin.cpu < UInt64(milliseconds) * 1_000_000 { usesTheCPU() }
    return TimeSpent(since: begin)
}

/// About a millisecond's work.
@inline(never) func usesTheCPU() {
    var sum = 0
    for number in 0..<200_000 { sum = sum &* 31 &+ number }
    work.store(sum)
}
private let work = Counter()

// MARK: Nothing wrong

/// What services do all the time: short polls, timers, hops. Ends in the middle of it, so that nothing of the program's
/// own is in the way.
func healthy() async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
            group.addTask { await yielding(500) }
            group.addTask { await sleeping(20, milliseconds: 2) }
            group.addTask { await hopping(100) }
        }
    }
    exit(0)
}
