// What a poll used of the CPU, and how long it was ready and did not run, as the kernel's own accounts tell the poll
// itself.

import Glibc

/// The kernel's account of the calling thread, in nanoseconds.
struct ThreadAccount {
    var clock = monotonicNanoseconds()
    var cpu: UInt64
    var runQueue: UInt64

    init() {
        cpu = Self.cpu()
        runQueue = Self.runQueue()
    }

    static func cpu() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// CPU time, time ready and not run, pieces run.
    private static func runQueue() -> UInt64 {
        let file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        // Safe: reads at most the array's size into it.
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress!, $0.count) }
        let words = String(decoding: bytes[..<max(0, count)], as: UTF8.self).split(separator: " ")
        return words.count > 1 ? UInt64(words[1]) ?? 0 : 0
    }
}

/// What became of a poll's time between two accounts.
struct TimeSpent: Sendable {
    var length, cpu, runQueue: UInt64

    /// Between the making of `begin` and now.
    init(since begin: ThreadAccount) {
        let end = ThreadAccount()
        length = monotonicNanoseconds() - begin.clock
        cpu = end.cpu - begin.cpu
        runQueue = end.runQueue - begin.runQueue
    }

    /// The poll that resumes in `function`, and is over the threshold. Of its time `blocked` was spent in calls.
    func expect(of function: String, polls: Int = 1, blocked: UInt64 = 0) {
        say("long \(function) | \(polls) | \(length) | \(cpu) | \(blocked) | \(runQueue)")
    }
}
