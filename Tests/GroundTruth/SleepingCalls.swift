// Calls that wait for time to pass, or for a signal that ends the wait.

import Glibc

let sleepingCalls: [KnownCall] = [
    KnownCall("usleep", in: "sleepsMicroseconds()", line: usleepLine, on: "none") {
        sleepsMicroseconds()
        return brief
    },
    KnownCall("nanosleep", in: "sleepsNanoseconds()", line: nanosleepLine, on: "none") {
        sleepsNanoseconds()
        return brief
    },
    KnownCall("clock_nanosleep", in: "sleepsByTheClock()", line: clockLine, on: "none") {
        sleepsByTheClock()
        return brief
    },
    KnownCall("sleep", in: "sleepsUntilWoken()", line: sleepLine, on: "none") { woken { sleepsUntilWoken() } },
    KnownCall("pause", in: "pauses()", line: pauseLine, on: "none") { woken { pauses() } },
]

private let brief: UInt64 = 4_000_000

private let usleepLine = #line + 2
@inline(never) func sleepsMicroseconds() {
    require(usleep(4000) == 0)
}

private let nanosleepLine = #line + 3
@inline(never) func sleepsNanoseconds() {
    var time = timespec(tv_sec: 0, tv_nsec: 4_000_000)
    require(nanosleep(&time, nil) == 0)
}

private let clockLine = #line + 3
@inline(never) func sleepsByTheClock() {
    var time = timespec(tv_sec: 0, tv_nsec: 4_000_000)
    require(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil) == 0)
}

private let sleepLine = #line + 2
@inline(never) func sleepsUntilWoken() {
    require(sleep(1000) > 900)
}

private let pauseLine = #line + 2
@inline(never) func pauses() {
    require(pause() == -1 && errno == EINTR)
}

/// The program's own signal ends the call. The pool's threads do not let it in by themselves.
private func woken(_ call: () -> Void) -> UInt64 {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    require(sigaction(SIGUSR1, &action, nil) == 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGUSR1)
    require(pthread_sigmask(SIG_UNBLOCK, &signals, nil) == 0)
    defer { pthread_sigmask(SIG_BLOCK, &signals, nil) }
    let caller = pthread_self()
    return Late.wait(for: { pthread_kill(caller, SIGUSR1) }, in: call)
}
