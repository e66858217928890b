// Reads chunks of allocation records back.

import Sessions

/// Decodes chunks of a recording's allocation records. It has a buffer of its own: one decoder for each thread.
public final class AllocationDecoder {
    private let reader: RecordingReader
    private var chunk = ChunkBytes()

    public init(_ reader: RecordingReader) { self.reader = reader }

    /// The chunk's records, those of a kind in the order they were written.
    ///
    /// Count a chunk that throws with `RecordingDamage.add(unreadable:)`, and go on with the next.
    ///
    /// - Throws: `damaged` when the chunk is not what was written, `notReadable` when the file cannot be read.
    public func decode(_ chunk: AllocationChunk) throws(RecordingError) -> AllocationEvidence {
        guard try self.chunk.load(chunk.header, at: chunk.offset, of: reader.source) else { throw damaged(chunk) }
        do {
            var frontReader = PayloadReader(self.chunk.front)
            let front = try AllocationChunkFront(&frontReader)
            // Safe: the bytes do not change until the next load.
            var columns = ColumnDecoder(self.chunk.bytes, from: self.chunk.bodyStart)
            var evidence = try records(&columns, front)
            guard columns.isAtEnd else { throw MalformedPayload() }
            evidence.recordsLost = front.recordsLost
            evidence.runs = front.runs
            return evidence
        } catch {
            throw damaged(chunk)
        }
    }

    private func records(
        _ columns: inout ColumnDecoder, _ front: AllocationChunkFront
    ) throws(MalformedPayload) -> AllocationEvidence {
        var tables = TableReader()
        try tables.readDictionaries(&columns, atMost: front.records)
        var evidence = AllocationEvidence()
        try tables.readRows(&columns, count: front.samples, of: .sample) { row in
            evidence.samples.append(AllocationSample(row))
            return true
        }
        try tables.readRows(&columns, count: front.frees, of: .free) { row in
            guard let free = SampledFree(row) else { return false }
            evidence.frees.append(free)
            return true
        }
        try tables.readRows(&columns, count: front.timings, of: .timing) { row in
            evidence.timings.append(AllocatorTiming(row))
            return true
        }
        guard evidence.samples.count == front.samples, evidence.frees.count == front.frees,
            evidence.timings.count == front.timings
        else { throw MalformedPayload() }
        return evidence
    }

    private func damaged(_ chunk: AllocationChunk) -> RecordingError {
        RecordingError(
            code: .damaged,
            what: "\(reader.name) is damaged between bytes \(chunk.offset) and "
                + "\(chunk.offset + UInt64(chunk.byteCount)): \(chunk.records) records of allocations cannot be read",
            remedy: "What the rest of the recording holds can still be used; record again for the whole")
    }
}

/// The tables of a chunk, read one after the other: dictionaries first.
private struct TableReader {
    enum Kind { case sample, free, timing }

    private var threads: [AllocationThread] = []
    private var shapes: [AllocationShape] = []

    mutating func readDictionaries(_ columns: inout ColumnDecoder, atMost limit: Int) throws(MalformedPayload) {
        var threads: [AllocationThread] = []
        try columns.rows(parts: AllocationThread.partCount, atMost: limit) { part in
            guard let thread = AllocationThread(part: part) else { return false }
            threads.append(thread)
            return true
        }
        var shapes: [AllocationShape] = []
        try columns.rows(parts: AllocationShape.partCount, atMost: limit) { part in
            guard let shape = AllocationShape(part: part) else { return false }
            shapes.append(shape)
            return true
        }
        self.threads = threads
        self.shapes = shapes
    }

    /// Gives at most `count` rows to `add`; it says false to one that cannot be.
    func readRows(
        _ columns: inout ColumnDecoder, count: Int, of kind: Kind, add: (AllocationRow) -> Bool
    ) throws(MalformedPayload) {
        var at: UInt64 = 0
        try columns.rows(parts: AllocationColumn.allCases.count, atMost: count) { part in
            func cell(_ column: AllocationColumn) -> UInt64 { part(column.rawValue) }
            // Wrapping: the reverse of what the writer did, and of bytes that nobody vouches for.
            at = at &+ cell(.at)
            guard let row = self.row(cell, at: at, of: kind) else { return false }
            return add(row)
        }
    }

    /// nil when a cell refers to nothing, or does not fit its field.
    private func row(_ cell: (AllocationColumn) -> UInt64, at: UInt64, of kind: Kind) -> AllocationRow? {
        guard cell(.thread) < UInt64(threads.count), cell(.shape) < UInt64(shapes.count),
            let task = UInt32(exactly: cell(.task)), let operation = UInt8(exactly: cell(.operation)),
            let nativeStack = UInt32(exactly: cell(.nativeStack)), let type = UInt16(exactly: cell(.type))
        else { return nil }
        let thread = threads[Int(cell(.thread))]
        // Wrapping: as above.
        let made = kind == .free ? at &- cell(.ticks) : at
        let context = shapes[Int(cell(.shape))].context(thread: thread, start: made &- cell(.sinceStart), task: task)
        return AllocationRow(
            context: context, tid: thread.tid, at: at, made: made, operation: operation, flags: cell(.flags),
            bytes: cell(.bytes), ticks: cell(.ticks), nativeStack: nativeStack, type: type)
    }
}

extension RecordingReader {
    /// Gives the recording's allocation records to `body`, chunk by chunk, in the order of the file. Memory: a chunk at
    /// a time.
    ///
    /// - Throws: the error of the first chunk that could not be read, after all others were given. To count what is
    ///   missing, take `allocationChunks` and an `AllocationDecoder`.
    public func readAllocations(_ body: (AllocationEvidence) -> Void) throws(RecordingError) {
        let decoder = AllocationDecoder(self)
        var failure: RecordingError?
        for chunk in allocationChunks {
            do throws(RecordingError) {
                body(try decoder.decode(chunk))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }
}
