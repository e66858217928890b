// Requests that have begun and not ended: whose users wait while threads are busy.

import CPollscopeLayout
import Sessions

struct OpenRequests {
    private struct Request {
        var since: UInt64
        var name: UInt32
        var task: UInt32
    }

    private static let most = 20_000

    private var requests: [UInt64: Request] = [:]

    mutating func take(_ records: [pollscope_event_record]) {
        for record in records {
            switch UInt32(record.kind) {
            case POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue:
                guard UInt32(record.detail) == POLLSCOPE_REQUEST_WHOLE.rawValue else { continue }
                // What was lost of others has left them here for ever.
                if requests.count >= Self.most { requests.removeAll() }
                requests[record.number] = Request(
                    since: record.since_ticks != 0 ? min(record.since_ticks, record.at_ticks) : record.at_ticks,
                    name: record.subject, task: record.task)
            case POLLSCOPE_EVENT_REQUEST_ENDED.rawValue: requests[record.number] = nil
            default: continue
            }
        }
    }

    /// The one that has been open longest, of those begun after `from` whose task does not run.
    func oldest(after from: UInt64, tasksRunning: Set<UInt32>) -> (name: UInt32, since: UInt64)? {
        requests.values.filter { $0.since >= from && $0.name != 0 && !tasksRunning.contains($0.task) }
            .min { ($0.since, $0.name) < ($1.since, $1.name) }.map { ($0.name, $0.since) }
    }
}
