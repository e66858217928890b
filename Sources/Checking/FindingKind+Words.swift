// Each kind of finding in general: what it is called, what it means, and what helps. For readers of a rule, not of a case.

import Diagnosis

extension FindingKind {
    /// One sentence.
    var meaning: String {
        switch self {
        case .starvation: "All threads of an executor are busy while jobs wait for one."
        case .longPoll: "Code computes for long without suspending, and holds up what is queued behind it."
        case .blockingCall: "A call blocks a thread that others wait for."
        case .lockContention: "Code waits for a lock while it holds a thread."
        case .allocationHotspot: "Much of the CPU time goes into allocating memory."
        case .overYielding: "Code gives way so often that switching costs more than it gains."
        case .poolTooSmall: "Requests wait for a connection while the pool lends all it has."
        case .poolTooLarge: "A pool lends more at once than what is behind it can serve, or than anybody needs."
        case .actorContention: "Tasks wait for an actor that another task holds."
        case .mainActorOverload: "The main actor is kept busy while others wait for it."
        case .eventLoopBlocked: "An event loop is held up, with all connections that it serves."
        case .blockingPoolSaturated: "All threads that are there for blocking work are busy while more of it waits."
        case .threadChurn: "Threads are started and ended all the time."
        case .taskExplosion: "Many more tasks are made than can run or than end."
        case .kernelContention: "Threads are ready to run, and the kernel runs something else."
        case .hang: "A task or a poll does not get on."
        case .timerLateness: "Timers fire long after they are due."
        case .noSignal: "Too little was seen to say anything of the service."
        }
    }

    /// What helps, in general; a finding's own advice has the place and the figures.
    var remedy: String {
        switch self {
        case .starvation: "Find what keeps the threads, and shorten it, split it, or move it to an executor of its own."
        case .longPoll:
            "Suspend now and then (await Task.yield()), or run it on an executor of its own: "
                + "Task(executorPreference:)."
        case .blockingCall: "Use an asynchronous call, or move it to a pool of threads that are there for blocking."
        case .lockContention: "Hold the lock for less time, split what it guards, or use an actor."
        case .allocationHotspot: "Reuse buffers, reserve capacity, and avoid copies and boxes on the hot path."
        case .overYielding: "Yield after a stretch of work of about a millisecond, not after each item."
        case .poolTooSmall: "Enlarge the pool to rate × hold time, or hold what it lends for less time."
        case .poolTooLarge: "Make the pool smaller: what is behind it serves fewer at once, each of them sooner."
        case .actorContention: "Do less inside the actor, split its state, or hand work out of it."
        case .mainActorOverload: "Take work off the main actor, and leave to it what has to be there."
        case .eventLoopBlocked: "Take computing and blocking calls off the event loop."
        case .blockingPoolSaturated: "Make blocking calls shorter or fewer, or give the pool more threads."
        case .threadChurn: "Keep threads and reuse them."
        case .taskExplosion: "Bound how many run at once, and end or cancel what is not needed."
        case .kernelContention: "Give the service more CPU time (its limit, its neighbours), or fewer threads."
        case .hang: "Look at what it waits for: `pollscope tasks PID` says who waits for whom."
        case .timerLateness: "Find what keeps the executor's threads when timers are due."
        case .noSignal: "Record the service under load, and see `pollscope doctor` for what cannot be observed."
        }
    }
}

extension Severity {
    /// As SARIF says it.
    var sarifLevel: String {
        switch self {
        case .critical: "error"
        case .warning: "warning"
        case .info: "note"
        }
    }
}
