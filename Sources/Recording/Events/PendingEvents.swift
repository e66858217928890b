// Events gathered for the next chunk: records in, columns out.
//
// body: threads | shapes | subjects (the dictionaries) | traces | blocks of columns
//
// Dictionaries and traces are packed rows. A trace has the three ids of an event that belongs to one, in the order of these
// events.

import CPollscopeLayout
import Sessions

/// A chunk of events being drawn up. Its memory is used again for every chunk.
struct PendingEvents: ~Copyable {
    private var records: [pollscope_event_record] = []
    private var front = EventChunkFront()
    /// What the last chunk said.
    private var writtenUntil = Ticks(0)
    /// The session had an event at some time.
    private(set) var areKnown = false

    private var threads = ChunkDictionary()
    private var shapes = ChunkDictionary()
    private var subjects = ChunkDictionary()
    private var history = EventHistory()
    private let columns = ColumnEncoder()
    /// The block being gathered: a row of 256 values for each column.
    private let block: UnsafeMutablePointer<UInt64>
    private var blocks = ByteBuffer()

    init() {
        block = .allocate(capacity: EventColumn.allCases.count * RecordingLimits.blockPolls)
        block.initialize(repeating: 0, count: EventColumn.allCases.count * RecordingLimits.blockPolls)
    }

    deinit { block.deallocate() }

    /// Events for which there is room.
    var room: Int { RecordingLimits.writtenChunkEvents - records.count }

    /// The next events belong in another chunk.
    var isFull: Bool { room == 0 || front.runs.count >= RecordingLimits.writtenChunkEvents }

    /// There is something to tell that no chunk has told.
    var hasNews: Bool {
        !records.isEmpty || !front.runs.isEmpty || front.lost > 0 || (areKnown && front.until > writtenUntil)
    }

    /// Adds events for which there is room, of kinds that there are.
    mutating func append(_ new: ArraySlice<pollscope_event_record>) {
        records.append(contentsOf: new)
        areKnown = areKnown || !new.isEmpty
    }

    mutating func append(_ run: EvidenceRun) {
        front.runs.add(run)
        areKnown = true
    }

    mutating func addLoss(_ records: UInt64) {
        // Wrapping: a damaged session can claim any number of records.
        front.lost &+= records
        areKnown = areKnown || records > 0
    }

    /// Time does not go back: of a process that is gone, the last moment that is known of it is before the last look.
    mutating func complete(until: Ticks) { front.until = max(front.until, until) }

    /// Appends front and body of the chunk to the buffers given, and begins the next one.
    mutating func append(front out: inout ByteBuffer, body: inout ByteBuffer) {
        front.count = records.count
        front.append(to: &out)
        encode(to: &body)
        writtenUntil = front.until
        front = EventChunkFront()
        front.until = writtenUntil
        records.removeAll(keepingCapacity: true)
    }

    private mutating func encode(to body: inout ByteBuffer) {
        threads.removeAll()
        shapes.removeAll()
        subjects.removeAll()
        history.removeAll()
        blocks.removeAll()
        var done = 0
        while done < records.count {
            let taken = min(records.count - done, RecordingLimits.blockPolls)
            for index in 0..<taken { gather(records[done + index], at: index) }
            for column in EventColumn.allCases {
                // Safe: a row of the block has 256 values, taken is at most that.
                columns.append(block + column.rawValue * RecordingLimits.blockPolls, count: taken, to: &blocks)
            }
            done += taken
        }
        let (threads, shapes, subjects) = (threads.values, shapes.values, subjects.values)
        columns.append(rows: threads.count, parts: 1, to: &body) { row, _ in threads[row] }
        columns.append(rows: shapes.count, parts: EventShape.partCount, to: &body) { row, part in
            EventShape(rawValue: shapes[row]).part(part)
        }
        columns.append(rows: subjects.count, parts: 1, to: &body) { row, _ in subjects[row] }
        let traces = records.filter { UInt32($0.kind) == POLLSCOPE_EVENT_REQUEST_TRACED.rawValue }
        columns.append(rows: traces.count, parts: EventTrace.partCount, to: &body) { row, part in
            EventTrace(traces[row]).part(part)
        }
        body.append(blocks.bytes)
    }

    /// A record to columns.
    private mutating func gather(_ record: pollscope_event_record, at index: Int) {
        let shape = EventShape(record)
        let place = threads.place(of: UInt64(record.tid))
        let cells = block + index
        // Safe: the block has a row for each column, index is within a row.
        func put(_ column: EventColumn, _ value: UInt64) {
            cells[column.rawValue * RecordingLimits.blockPolls] = value
        }
        put(.thread, place)
        put(.shape, shapes.place(of: shape.rawValue))
        put(.subject, shape.isTaskMade ? 0 : subjects.place(of: UInt64(record.subject)))
        history.code(record, shape, thread: Int(place), put: put)
    }
}

/// The ids of an event that belongs to a trace.
struct EventTrace {
    var high: UInt64
    var low: UInt64
    var span: UInt64

    static let partCount = 3

    init(part: (Int) -> UInt64) { (high, low, span) = (part(0), part(1), part(2)) }

    init(_ record: pollscope_event_record) {
        (high, low, span) = (record.other, record.since_ticks, record.blocked_ticks)
    }

    func part(_ index: Int) -> UInt64 { index == 0 ? high : index == 1 ? low : span }

    func fill(_ record: inout pollscope_event_record) {
        (record.other, record.since_ticks, record.blocked_ticks) = (high, low, span)
    }
}
