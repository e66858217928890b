// The looks at the process that a reader keeps: all of a short recording, evenly spaced ones of a long one.

import Sessions

/// Keeps a bounded number of statuses. When there are too many, every second one is dropped, and from then on
/// every second one is taken; the first and the newest are always there.
struct StatusHistory {
    private var kept: [ProcessStatus] = []
    private var keptThreads = 0
    private var newest: ProcessStatus?
    private var stride = 1
    private var seen = 0

    var statuses: [ProcessStatus] { newest.map { kept + [$0] } ?? kept }
    var last: ProcessStatus? { newest ?? kept.last }

    mutating func append(_ status: ProcessStatus) {
        defer { seen += 1 }
        guard seen.isMultiple(of: stride) else {
            newest = status
            return
        }
        newest = nil
        kept.append(status)
        keptThreads += Self.entries(status)
        while kept.count > RecordingLimits.keptStatuses
            || (keptThreads > RecordingLimits.keptStatusThreads && kept.count > 2)
        {
            thin()
        }
    }

    /// What a status takes of memory, in entries for threads.
    private static func entries(_ status: ProcessStatus) -> Int {
        status.threads.count + RecordingLimits.threadsAPool * status.pools.count
    }

    private mutating func thin() {
        let last = kept.last
        kept = kept.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        keptThreads = kept.reduce(0) { $0 + Self.entries($1) }
        stride *= 2
        if kept.last != last { newest = last }
    }
}
