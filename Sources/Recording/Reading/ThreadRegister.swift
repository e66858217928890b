// The threads of a recording, numbered as they are met.

import Sessions

/// A thread of the recorded process. Its place in `RecordingReader.threads` is its number.
public struct RecordedThread: Sendable, Hashable {
    public var identity: ThreadIdentity
    /// The ring that its polls were in; nil for a thread that only enqueued jobs.
    public var ring: UInt32?
}

/// Numbers threads. A thread is known by its id, slot and claim; its name can change, the newest one counts.
struct ThreadRegister: Sendable {
    private struct Key: Hashable {
        var tid: UInt32
        var slot: UInt16
        var claimed: Ticks

        init(_ identity: ThreadIdentity) {
            tid = identity.tid
            slot = identity.slot
            claimed = identity.claimed
        }
    }

    private(set) var threads: [RecordedThread] = []
    private var indices: [Key: Int] = [:]

    func index(of identity: ThreadIdentity) -> Int? { indices[Key(identity)] }

    /// The thread's number; nil when there are too many to keep.
    mutating func take(_ identity: ThreadIdentity, ring: UInt32?) -> Int? {
        let key = Key(identity)
        if let known = indices[key] {
            if !identity.name.isEmpty { threads[known].identity.name = identity.name }
            if threads[known].ring == nil { threads[known].ring = ring }
            return known
        }
        guard threads.count < RecordingLimits.keptThreads else { return nil }
        threads.append(RecordedThread(identity: identity, ring: ring))
        indices[key] = threads.count - 1
        return threads.count - 1
    }
}
