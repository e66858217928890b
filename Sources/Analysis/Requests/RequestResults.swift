// What the analysis of requests has found, before anything has a name.

import Sessions

public struct RequestResults: Sendable {
    struct Open: Sendable {
        var name: UInt16
        var start: UInt64
        var task: UInt32
        var trace: TraceIdentity?
    }

    static let openShown = 20

    var table: RequestTable
    var counts: RequestAnalysis.Counts
    /// Oldest first; the first few.
    var open: [Open]
    var openCount: UInt64
    /// By thread: the executor of the event loop whose turns it ran; 0: of none.
    var loops: [UInt8]
}

extension RequestAnalysis {
    /// After `finish`.
    var results: RequestResults {
        let open = requests.filter { $0.number != 0 && $0.isOpen }.sorted {
            ($0.start, $0.number) < ($1.start, $1.number)
        }
        return RequestResults(
            table: figures, counts: counts,
            open: open.prefix(RequestResults.openShown).map {
                RequestResults.Open(name: $0.name, start: $0.start, task: $0.taskID, trace: traces[$0.number])
            },
            openCount: UInt64(open.count) + counts.openForgotten, loops: threads.map(\.loop))
    }
}
