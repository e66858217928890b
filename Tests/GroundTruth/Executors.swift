// Scenarios with executors of the program's own.
//
//   executor TYPE | POLLS     polls of tasks on executors of this type, exactly

import Dispatch
import Glibc
import Synchronization

func expectExecutor(_ type: String, polls: Int) { say("executor \(type) | \(polls)") }

/// Actors that have an executor of their own: each call from elsewhere is a poll there.
func executorCalls(tasks: Int, count: Int) async {
    let onThread = ThreadActor(), onQueue = QueueActor()
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks {
            group.addTask {
                for _ in 0..<count {
                    await onThread.step()
                    returns.add()
                    await onQueue.step()
                    returns.add()
                }
            }
        }
    }
    expectExecutor("ThreadExecutor", polls: tasks * count)
    expectExecutor("QueueExecutor", polls: tasks * count)
}

/// Tasks that prefer an executor with a few threads: all their polls are there.
func executorPreference(tasks: Int, count: Int) async {
    let pool = PoolExecutor(threads: 3)
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks {
            group.addTask(executorPreference: pool) {
                for _ in 0..<count {
                    await withUnsafeContinuation { continuation in resumeOnceSuspended { continuation.resume() } }
                }
            }
        }
    }
    expectExecutor("PoolExecutor", polls: tasks * (count + 1))
}

/// Threads that take jobs from one queue.
final class JobThreads: Sendable {
    private let jobs = Mutex<[UnownedJob]>([])
    private let available = DispatchSemaphore(value: 0)

    init(_ count: Int, run: @escaping @Sendable (UnownedJob) -> Void) {
        for _ in 0..<count {
            OutsideThread.run { [self] in
                while true {
                    available.wait()
                    run(jobs.withLock { $0.removeFirst() })
                }
            }
        }
    }

    func add(_ job: UnownedJob) {
        jobs.withLock { $0.append(job) }
        available.signal()
    }
}

final class ThreadExecutor: SerialExecutor {
    private let threads = Mutex<JobThreads?>(nil)
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        threads.withLock { threads in
            if threads == nil {
                threads = JobThreads(1) { [unowned self] in $0.runSynchronously(on: asUnownedSerialExecutor()) }
            }
            threads!.add(job)
        }
    }
}

final class QueueExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "ground-truth.executor")
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

final class PoolExecutor: TaskExecutor {
    private let threads = Mutex<JobThreads?>(nil)
    init(threads count: Int) {
        threads.withLock {
            $0 = JobThreads(count) { [unowned self] in $0.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        threads.withLock { $0!.add(job) }
    }
}

actor ThreadActor {
    private static let executor = ThreadExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { Self.executor.asUnownedSerialExecutor() }
    private var steps = 0
    func step() { steps += 1 }
}

actor QueueActor {
    private static let executor = QueueExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { Self.executor.asUnownedSerialExecutor() }
    private var steps = 0
    func step() { steps += 1 }
}
