// Follows what a session tells of requests and pools: rings of events, one for each thread that has something to tell.
//
// They are numbered by their writers and read like the rings of evidence; what was overwritten is counted. A recording
// that begins now takes nothing of what happened before: a request that is open then is met at its end only.

import CPollscopeLayout

/// Takes the events of one session, each once.
struct EventFollower {
    private let file: SessionFile
    private let start: SessionFollower.Start
    private var records: RecordRing<pollscope_event_record>
    private var trails: [RecordTrail]  // by ring

    private static let kinds =
        UInt8(POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue)...UInt8(POLLSCOPE_EVENT_CONNECTION_CLOSED.rawValue)

    init(file: SessionFile, from start: SessionFollower.Start) {
        self.file = file
        self.start = start
        records = RecordRing(of: pollscope_event_record(), capacity: UInt64(file.layout.events_records))
        trails = Array(repeating: RecordTrail(), count: Int(file.layout.ring_headers.count))
        if case .now = start {
            for (index, header) in file.ringHeaders().enumerated() where header.events_ready != 0 {
                trails[index] = RecordTrail(begin: header.events_head)
            }
        }
    }

    /// Takes everything that is new. Where there is nothing, it costs a read of a few cache lines a ring.
    mutating func look(isFirst: Bool) -> SessionEvents {
        var events = SessionEvents()
        let isFromOldest = if case .oldest = start { isFirst } else { false }
        let file = file
        for (index, header) in file.ringHeaders().enumerated()
        where header.events_ready != 0 && header.events_head > trails[index].next {
            let (runs, lost) = trails[index].take(
                &records, of: file, at: file.eventRing(index), ring: UInt32(index), head: header.events_head,
                headAfter: { file.ringHeader(index).events_head }, isFromOldest: isFromOldest
            ) { record, number, isHistory in
                if isHistory { return .history }
                guard record.sequence == UInt32(truncatingIfNeeded: number), Self.kinds.contains(record.kind) else {
                    return .damaged
                }
                events.records.append(record)
                return .taken
            }
            events.runs += runs
            // Wrapping: the numbers of a damaged file can add up to anything.
            events.recordsLost &+= lost
        }
        return events
    }
}
