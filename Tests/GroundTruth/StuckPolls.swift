// Polls that do not end, and what must be told of each while it goes on.

import Glibc

func stuckComputing() async {
    expectStuck("computesForEver(_:)", in: "StuckPolls.swift", line: computesLine, state: "cpu", call: "")
    await Task.detached { await neverEnding(computesForEver) }.value
}

func stuckReading() async {
    expectStuck("readsForEver(_:)", in: "StuckPolls.swift", line: readsLine, state: "blocked", call: "read")
    await Task.detached { await neverEnding(readsForEver) }.value
}

func stuckLocking() async {
    expectStuck(
        "locksForEver(_:)", in: "StuckPolls.swift", line: locksLine, state: "blocked", call: "pthread_mutex_lock")
    await Task.detached { await neverEnding(locksForEver) }.value
}

private func expectStuck(_ function: String, in file: String, line: Int, state: String, call: String) {
    say("stuck \(function) | \(file) | \(line) | \(state) | \(call)")
    say("running")
}

@Sendable func neverEnding(_ work: @Sendable (Int) -> Void) async {
    await onMain(0)
    work(1)
}

private let computesLine = #line + 3
@inline(never) @Sendable func computesForEver(_ step: Int) {
    while victimBegan.value == 0 {
        spinFor(milliseconds: step)
    }
}

private let readsLine = #line + 4
@inline(never) @Sendable func readsForEver(_ bytes: Int) {
    let pipe = Ends.pipe()
    var byte: UInt8 = 0
    require(read(pipe.reading, &byte, bytes) == 1)
}

private let locksLine = #line + 4
@inline(never) @Sendable func locksForEver(_ times: Int) {
    let lock = Shared(pthread_mutex_t()) { pthread_mutex_init($0, nil) }
    require(pthread_mutex_lock(lock.pointer) == 0)
    require(pthread_mutex_lock(lock.pointer) == 0)
}
