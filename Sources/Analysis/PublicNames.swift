// The runtime's inner functions by the names that their callers know.

enum PublicNames {
    /// Optimised wrappers jump on to these, and leave no frame of their own.
    private static let names = [
        "_dispatch_semaphore_wait_slow": "DispatchSemaphore.wait()",
        "dispatch_semaphore_wait": "DispatchSemaphore.wait()",
        "_dispatch_group_wait_slow": "DispatchGroup.wait()",
        "dispatch_group_wait": "DispatchGroup.wait()",
        "dispatch_block_wait": "DispatchWorkItem.wait()",
        "dispatch_sync": "DispatchQueue.sync(execute:)",
        "dispatch_sync_f": "DispatchQueue.sync(execute:)",
        "dispatch_barrier_sync": "DispatchQueue.sync(execute:)",
        "dispatch_barrier_sync_f": "DispatchQueue.sync(execute:)",
        "_dispatch_sync_f": "DispatchQueue.sync(execute:)",
        "_dispatch_sync_f_slow": "DispatchQueue.sync(execute:)",
        "_dispatch_sync_block_with_privdata": "DispatchQueue.sync(execute:)",
        "_dispatch_barrier_sync_f": "DispatchQueue.sync(execute:)",
        "_dispatch_barrier_sync_f_inline": "DispatchQueue.sync(execute:)",
        "__DISPATCH_WAIT_FOR_QUEUE__": "DispatchQueue.sync(execute:)",
        "_MutexHandle._lockSlow(_:)": "Mutex.withLock(_:)",
        "_MutexHandle._lock()": "Mutex.withLock(_:)",
        "_dispatch_once_wait": "dispatch_once",
    ]

    static func name(of function: String) -> String { names[function] ?? function }
}
