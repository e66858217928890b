// Follows the table of names: what requests are called is taken once, when it is whole.

import CPollscopeLayout

/// Remembers which names of a session are known.
struct RequestNameFollower {
    private let file: SessionFile
    private var isKnown: [Bool]  // by number; 0 is no name
    /// Referred to, and not whole when they were last looked at.
    private var unpublished: Set<UInt32> = []

    init(file: SessionFile) {
        self.file = file
        isKnown = Array(repeating: false, count: Int(file.layout.request_names.count) + 1)
        isKnown[0] = true
    }

    /// The names that requests in `events` have and none before did, and those that were waited for.
    mutating func take(for events: SessionEvents) -> [RequestName] {
        var wanted = unpublished
        for record in events.records where Self.isNamed(record) && isUnknown(record.subject) {
            wanted.insert(record.subject)
        }
        unpublished = []
        var names: [RequestName] = []
        for number in wanted.sorted() {
            if let name = file.publishedRequestName(number) {
                isKnown[Int(number)] = true
                names.append(name)
            } else {
                unpublished.insert(number)
            }
        }
        return names
    }

    /// A request can turn out at its end to be called otherwise.
    private static func isNamed(_ record: pollscope_event_record) -> Bool {
        let kind = UInt32(record.kind)
        return kind == POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue || kind == POLLSCOPE_EVENT_REQUEST_ENDED.rawValue
    }

    /// Whether the file has such a name, and it was not read before.
    private func isUnknown(_ number: UInt32) -> Bool { number < isKnown.count && !isKnown[Int(number)] }
}
