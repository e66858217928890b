// Who used how much CPU time during a recording, from the looks at the process.

import Sessions

/// CPU time between the first look and the last.
struct CPUAccount {
    /// Of each thread the time on a CPU, and the time that it could have run and was not let.
    private(set) var threads: [UInt32: (name: String, nanoseconds: UInt64, runQueueNanoseconds: UInt64)] = [:]
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
        var previous: [UInt32: ThreadCPU] = [:]
        for (number, status) in statuses.enumerated() {
            for thread in status.threads {
                // A thread that a later look sees first, or whose time went back, is a new one with an old number.
                let used = thread.added(since: previous[thread.tid] ?? (number == 0 ? thread : nil))
                previous[thread.tid] = thread
                threads[thread.tid, default: ("", 0, 0)].nanoseconds &+= used.cpuNanoseconds
                threads[thread.tid]?.runQueueNanoseconds &+= used.runQueueNanoseconds
                threads[thread.tid]?.name = thread.name
            }
        }
        if watcher != 0, let own = threads.removeValue(forKey: watcher) {
            watcherNanoseconds = own.nanoseconds
            processNanoseconds = processNanoseconds.map { $0 - min($0, own.nanoseconds) }
        }
    }
}

extension ThreadCPU {
    /// What came to the thread's times since an earlier look at it; `nil`: it was not there then. Times that went back are
    /// those of a new thread with an old number.
    func added(since earlier: ThreadCPU?) -> ThreadCPU {
        guard let earlier, cpuNanoseconds >= earlier.cpuNanoseconds else { return self }
        var added = self
        added.cpuNanoseconds -= earlier.cpuNanoseconds
        // A file can say anything.
        added.runQueueNanoseconds -= min(runQueueNanoseconds, earlier.runQueueNanoseconds)
        return added
    }
}
