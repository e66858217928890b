// Reads chunks of events back.

import CPollscopeLayout
import Sessions

/// Decodes chunks of a recording's events. It has buffers of its own: one decoder for each thread.
public final class EventDecoder {
    private let reader: RecordingReader
    private var chunk = ChunkBytes()
    private var threads: [UInt32] = []
    private var shapes: [UInt64] = []
    private var subjects: [UInt32] = []
    private var traces: [EventTrace] = []
    private var history = EventHistory()
    /// A row of 256 values for each column.
    private let block: UnsafeMutablePointer<UInt64>

    public init(_ reader: RecordingReader) {
        self.reader = reader
        block = .allocate(capacity: EventColumn.allCases.count * RecordingLimits.blockPolls)
        block.initialize(repeating: 0, count: EventColumn.allCases.count * RecordingLimits.blockPolls)
    }

    deinit { block.deallocate() }

    /// The chunk's events, in the order they were written.
    ///
    /// Count a chunk that throws with `RecordingDamage.add(unreadable:)`, and go on with the next.
    ///
    /// - Throws: `damaged` when the chunk is not what was written, `notReadable` when the file cannot be read.
    public func decode(_ chunk: EventChunk) throws(RecordingError) -> EventBatch {
        guard try self.chunk.load(chunk.header, at: chunk.offset, of: reader.source) else { throw damaged(chunk) }
        do {
            var frontReader = PayloadReader(self.chunk.front)
            let front = try EventChunkFront(&frontReader)
            // Safe: the bytes do not change until the next load.
            var columns = ColumnDecoder(self.chunk.bytes, from: self.chunk.bodyStart)
            try decodeDictionaries(&columns, atMost: front.count)
            var batch = EventBatch()
            batch.records = try records(&columns, count: front.count)
            guard columns.isAtEnd else { throw MalformedPayload() }
            batch.runs = front.runs
            batch.lost = front.lost
            batch.until = front.until
            return batch
        } catch {
            throw damaged(chunk)
        }
    }

    private func decodeDictionaries(_ columns: inout ColumnDecoder, atMost limit: Int) throws(MalformedPayload) {
        threads = try words(&columns, atMost: limit)
        shapes.removeAll(keepingCapacity: true)
        try columns.rows(parts: EventShape.partCount, atMost: limit) { part in
            guard let shape = EventShape(part: part) else { return false }
            shapes.append(shape.rawValue)
            return true
        }
        subjects = try words(&columns, atMost: limit)
        traces.removeAll(keepingCapacity: true)
        try columns.rows(parts: EventTrace.partCount, atMost: limit) { part in
            traces.append(EventTrace(part: part))
            return true
        }
    }

    private func words(_ columns: inout ColumnDecoder, atMost limit: Int) throws(MalformedPayload) -> [UInt32] {
        var words: [UInt32] = []
        try columns.rows(parts: 1, atMost: limit) { part in
            guard let word = UInt32(exactly: part(0)) else { return false }
            words.append(word)
            return true
        }
        return words
    }

    private func records(
        _ columns: inout ColumnDecoder, count: Int
    ) throws(MalformedPayload) -> [pollscope_event_record] {
        history.removeAll()
        var records: [pollscope_event_record] = []
        records.reserveCapacity(count)
        var tracesTaken = 0
        while records.count < count {
            let taken = min(count - records.count, RecordingLimits.blockPolls)
            for column in EventColumn.allCases {
                // Safe: a row of the block has room for 256 values, taken is at most that.
                try columns.next(block + column.rawValue * RecordingLimits.blockPolls, count: taken)
            }
            for index in 0..<taken { records.append(try record(at: index, &tracesTaken)) }
        }
        guard tracesTaken == traces.count else { throw MalformedPayload() }
        return records
    }

    /// A record of the block.
    @inline(__always)
    private func record(at index: Int, _ tracesTaken: inout Int) throws(MalformedPayload) -> pollscope_event_record {
        let cells = block + index
        // Safe: the block has a row for each column, index is within a row.
        func cell(_ column: EventColumn) -> UInt64 { cells[column.rawValue * RecordingLimits.blockPolls] }
        guard cell(.thread) < UInt64(threads.count), cell(.shape) < UInt64(shapes.count) else {
            throw MalformedPayload()
        }
        let thread = Int(cell(.thread))
        let shape = EventShape(rawValue: shapes[Int(cell(.shape))])
        var record = pollscope_event_record()
        record.kind = shape.kind
        record.detail = shape.detail
        record.flags = shape.flags
        record.tid = threads[thread]
        if shape.isTaskMade {
            guard cell(.subject) == 0 else { throw MalformedPayload() }
        } else {
            guard cell(.subject) < UInt64(subjects.count) else { throw MalformedPayload() }
            record.subject = subjects[Int(cell(.subject))]
        }
        guard history.decode(&record, shape, thread: thread, cell: cell) else { throw MalformedPayload() }
        if shape.isTrace {
            guard tracesTaken < traces.count, record.blocked_ticks == 0 else { throw MalformedPayload() }
            traces[tracesTaken].fill(&record)
            tracesTaken += 1
        }
        return record
    }

    private func damaged(_ chunk: EventChunk) -> RecordingError {
        RecordingError(
            code: .damaged,
            what: "\(reader.name) is damaged between bytes \(chunk.offset) and "
                + "\(chunk.offset + UInt64(chunk.byteCount)): \(chunk.count) events of requests and pools cannot be "
                + "read",
            remedy: "What the rest of the recording holds can still be used; record again for the whole")
    }
}

extension RecordingReader {
    /// Gives the recording's events to `body`, chunk by chunk, in the order of the file. Memory: a chunk at a time.
    ///
    /// - Throws: the error of the first chunk that could not be read, after all others were given. To count what is
    ///   missing, take `eventChunks` and an `EventDecoder`.
    public func readEvents(_ body: (EventBatch) -> Void) throws(RecordingError) {
        let decoder = EventDecoder(self)
        var failure: RecordingError?
        for chunk in eventChunks {
            do throws(RecordingError) {
                body(try decoder.decode(chunk))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }
}
