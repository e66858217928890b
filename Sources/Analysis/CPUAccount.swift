// Who used how much CPU time during a recording, from the looks at the process.

import Sessions

/// CPU time between the first look and the last.
struct CPUAccount {
    private(set) var threads: [UInt32: (name: String, nanoseconds: UInt64)] = [:]
    /// `nil` if the kernel did not tell.
    private(set) var processNanoseconds: UInt64?
    /// Of Pollscope's own thread, which is in neither of the others.
    private(set) var watcherNanoseconds: UInt64 = 0

    /// `statuses` are looks at a process that was alive; `watcher` is Pollscope's thread in it, 0 if there is none.
    init(statuses: [ProcessStatus], watcher: UInt32) {
        if let first = statuses.first, let last = statuses.last, first.at < last.at {
            let (nanoseconds, wentBack) = last.processCPUNanoseconds.subtractingReportingOverflow(
                first.processCPUNanoseconds)
            processNanoseconds = wentBack ? nil : nanoseconds
        }
        var previous: [UInt32: UInt64] = [:]
        for (number, status) in statuses.enumerated() {
            for thread in status.threads {
                // A thread that a later look sees first, or whose time went back, is a new one with an old number.
                let before = previous[thread.tid] ?? (number == 0 ? thread.cpuNanoseconds : 0)
                let used = thread.cpuNanoseconds >= before ? thread.cpuNanoseconds - before : thread.cpuNanoseconds
                previous[thread.tid] = thread.cpuNanoseconds
                threads[thread.tid, default: ("", 0)].nanoseconds &+= used
                threads[thread.tid]?.name = thread.name
            }
        }
        if watcher != 0, let own = threads.removeValue(forKey: watcher) {
            watcherNanoseconds = own.nanoseconds
            processNanoseconds = processNanoseconds.map { $0 - min($0, own.nanoseconds) }
        }
    }
}
