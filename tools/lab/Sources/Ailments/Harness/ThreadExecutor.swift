// Threads of one's own for tasks that would hold up others on the runtime's.

import Foundation

final class ThreadExecutor: TaskExecutor {
    private struct Queue {
        var jobs: [UnownedJob] = []
    }

    private let condition = NSCondition()
    /// Read and written with `condition` locked.
    private nonisolated(unsafe) var queue = Queue()

    init(_ name: String, threads: Int) {
        for number in 1...threads {
            OwnThread.start("\(name)-\(number)") { [self] in
                while true { next().runSynchronously(on: asUnownedTaskExecutor()) }
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        queue.jobs.append(job)
        condition.signal()
        condition.unlock()
    }

    private func next() -> UnownedJob {
        condition.lock()
        defer { condition.unlock() }
        while queue.jobs.isEmpty { condition.wait() }
        return queue.jobs.removeFirst()
    }
}
