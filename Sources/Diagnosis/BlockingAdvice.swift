// What to do instead of a call that blocks: the asynchronous means for each.

import Analysis

enum BlockingAdvice {
    /// The best first.
    static func advice(for call: BlockingSite) -> [String] {
        let offload =
            "or keep it off the pool: try await threadPool.runIfActive { … } (NIOThreadPool), or a "
            + "Task(executorPreference:) on an executor for blocking work"
        switch call.family {
        case "sleep": return ["try await Task.sleep(for: …) in its place: it suspends, and no thread waits"]
        case "file":
            if ["fsync", "fdatasync", "sync", "syncfs", "msync", "sync_file_range"].contains(call.call) {
                return [
                    "sync for several writes at once, from a task of its own on an executor for blocking work", offload,
                ]
            }
            if let object = call.object, object.kind == "pipe" || object.kind == "device",
                call.call.hasPrefix("write") || call.call.hasPrefix("pwrite")
            {
                return [
                    "give the text to a bounded buffer that a thread of its own writes out (a log handler that does so), "
                        + "and drop or count what does not fit", offload,
                ]
            }
            return ["read and write files by NIOFileSystem (FileSystem.shared), which has threads for that", offload]
        case "socket":
            return ["an asynchronous client (NIOAsyncChannel, AsyncHTTPClient, an async driver) in its place", offload]
        case "wait":
            return ["let an event loop wait for the descriptor (NIOAsyncChannel, NIOPipeBootstrap)", offload]
        case "name":
            return [
                "an asynchronous resolver, or connect by name through NIO, which has threads for that; keep answers as "
                    + "long as they are valid", offload,
            ]
        case "process":
            return ["await the process: swift-subprocess, or Process.terminationHandler with a continuation", offload]
        default: return lock(call)
        }
    }

    private static func lock(_ call: BlockingSite) -> [String] {
        guard call.isLock else {
            return [
                "await what it waits for: withCheckedContinuation { … } that the other side resumes, an AsyncStream, or the "
                    + "result of a child task; a thread that waits for work of its own pool can wait for ever"
            ]
        }
        return [
            "do less under the lock: take what is needed out, and compute, allocate and write after unlocking",
            "or split it (one lock a key or a shard), or make what it guards an actor, whose waiters suspend",
        ]
    }
}
