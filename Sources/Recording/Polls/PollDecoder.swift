// Reads chunks of polls back: columns in, rows out.

import CPollscopeLayout
import Sessions

/// Polls of one thread in the order of their ends, and its holds of actors among them.
///
/// A long batch comes in several of these, one after the other: `lost` is with the first, `running` with the
/// last. Within a chunk the batches of a ring are in order, those of different rings are in no order of time;
/// the chunks of a recording follow in the order they were written.
public struct DecodedBatch {
    /// Index in the reader's `threads`.
    public var thread: Int
    public var ring: UInt32
    /// Index in the ring of the first poll.
    public var firstSequence: UInt64
    /// Polls overwritten before they could be read, right before these.
    public var lost: UInt64
    /// Valid during the call only. `sequence` follows from `firstSequence`.
    public var polls: UnsafeBufferPointer<pollscope_poll_record>
    /// What ran at the last look that went into this chunk, its `duration_ticks` being the time since its
    /// start.
    public var running: pollscope_poll_record?
}

/// Decodes chunks of a recording. It has buffers of its own and no place in the file: one decoder for each
/// thread, and as many as one likes.
public final class PollDecoder {
    private let reader: RecordingReader
    private var bytes = ChunkBytes()
    private var tasks: [UInt32] = []
    private var shapes: [UInt64] = []
    private var wakers: [UInt16] = []
    private var actors: [UInt64] = []
    /// The chunk can have holds: one of its shapes is a hold's.
    private var hasHolds = false
    private var usual = UsualAllocations()
    /// A row of 256 values for each column.
    private let block: UnsafeMutablePointer<UInt64>
    /// Polls of the block that were met and whose allocations differ from the usual.
    private var differing = 0
    /// Holds of the block that were met.
    private var holding = 0
    private let slice: UnsafeMutablePointer<pollscope_poll_record>

    public init(_ reader: RecordingReader) {
        self.reader = reader
        block = .allocate(capacity: PollColumn.allCases.count * RecordingLimits.blockPolls)
        block.initialize(repeating: 0, count: PollColumn.allCases.count * RecordingLimits.blockPolls)
        slice = .allocate(capacity: RecordingLimits.slicePolls)
        slice.initialize(repeating: pollscope_poll_record(), count: RecordingLimits.slicePolls)
    }

    deinit {
        block.deallocate()
        slice.deallocate()
    }

    /// Gives the chunk's batches to `body`, in the order of the file.
    ///
    /// The checksum of the whole chunk is compared before anything is given. Count a chunk that throws with
    /// `RecordingDamage.add(unreadable:)`, and go on with the next.
    ///
    /// - Throws: `damaged` when the chunk is not what was written, `notReadable` when the file cannot be
    ///   read.
    public func decode(_ chunk: PollChunk, _ body: (DecodedBatch) -> Void) throws(RecordingError) {
        guard try bytes.load(chunk.header, at: chunk.offset, of: reader.source) else { throw damaged(chunk) }
        do {
            var front = PayloadReader(bytes.front)
            let batches = try PollChunkFront(&front, of: reader.format).batches
            // Safe: the bytes do not change until the next load.
            var columns = ColumnDecoder(bytes.bytes, from: bytes.bodyStart)
            try decodeDictionaries(&columns, atMost: chunk.polls)
            usual.reset(shapes: shapes.count)
            try decodeBlocks(&columns, polls: chunk.polls, batches: batches, body)
            guard columns.isAtEnd else { throw MalformedPayload() }
        } catch {
            throw damaged(chunk)
        }
    }

    private func damaged(_ chunk: PollChunk) -> RecordingError {
        RecordingError(
            code: .damaged,
            what: "\(reader.name) is damaged between bytes \(chunk.offset) and "
                + "\(chunk.offset + UInt64(chunk.byteCount)): \(chunk.polls) polls cannot be read",
            remedy: "What the rest of the recording holds can still be used; record again for the whole")
    }

    private func decodeDictionaries(
        _ columns: inout ColumnDecoder, atMost limit: Int
    ) throws(MalformedPayload) {
        var task: UInt64 = 0
        tasks.removeAll(keepingCapacity: true)
        try columns.rows(parts: 1, atMost: limit) { part in
            task &+= part(0)
            guard let value = UInt32(exactly: task) else { return false }
            tasks.append(value)
            return true
        }
        shapes.removeAll(keepingCapacity: true)
        try columns.rows(parts: PollShape.partCount, atMost: limit) { part in
            guard let shape = PollShape(part: part) else { return false }
            shapes.append(shape.rawValue)
            return true
        }
        wakers.removeAll(keepingCapacity: true)
        try columns.rows(parts: 1, atMost: limit) { part in
            guard let value = UInt16(exactly: part(0)) else { return false }
            wakers.append(value)
            return true
        }
        actors.removeAll(keepingCapacity: true)
        hasHolds = reader.format.hasHolds && shapes.contains { PollShape(rawValue: $0).isHold }
        guard reader.format.hasHolds else { return }
        try columns.rows(parts: HeldActor.partCount, atMost: limit) { part in
            guard let actor = HeldActor(part: part) else { return false }
            actors.append(actor.rawValue)
            return true
        }
    }

    private func decodeBlocks(
        _ columns: inout ColumnDecoder, polls: Int, batches: [PollChunkFront.Batch],
        _ body: (DecodedBatch) -> Void
    ) throws(MalformedPayload) {
        let row = RecordingLimits.blockPolls
        var undecoded = polls
        var at = 0
        var end = 0  // of the block in `block`
        for batch in batches {
            guard let thread = reader.threadIndex(of: batch) else { throw MalformedPayload() }
            var given = DecodedBatch(
                thread: thread, ring: batch.ring, firstSequence: batch.firstSequence, lost: batch.lost,
                polls: UnsafeBufferPointer(start: slice, count: 0), running: nil)
            var left = batch.count
            var previousEnd = batch.firstStart
            repeat {
                let sliceCount = min(left, RecordingLimits.slicePolls)
                var filled = 0
                while filled < sliceCount {
                    if at == end {
                        end = min(undecoded, row)
                        try nextBlock(&columns, count: end)
                        undecoded -= end
                        at = 0
                    }
                    let taken = min(sliceCount - filled, end - at)
                    scatter(
                        from: at, to: slice + filled, count: taken,
                        sequence: given.firstSequence &+ UInt64(filled), previousEnd: &previousEnd)
                    filled += taken
                    at += taken
                }
                left -= sliceCount
                given.polls = UnsafeBufferPointer(start: slice, count: sliceCount)
                if left == 0 { given.running = batch.running }
                body(given)
                given.firstSequence &+= UInt64(sliceCount)
                given.lost = 0
            } while left > 0
        }
    }

    /// Unpacks a block, and checks that what it refers to is there.
    private func nextBlock(_ columns: inout ColumnDecoder, count: Int) throws(MalformedPayload) {
        let row = RecordingLimits.blockPolls
        differing = 0
        holding = 0
        // Safe: a row of the block has room for 256 values; count is at most that, and no fewer than differ.
        var differ = count
        if reader.format.hasFrees {
            for column in PollColumn.ofAll { try columns.next(block + column.rawValue * row, count: count) }
            guard isBelow(2, .differs, count) else { throw MalformedPayload() }
            let flags = block + PollColumn.differs.rawValue * row
            differ = (0..<count).reduce(0) { $0 + Int(flags[$1]) }
            if differ > 0 {
                for column in PollColumn.ofDiffering { try columns.next(block + column.rawValue * row, count: differ) }
            }
        } else {
            for column in PollColumn.ofFirstFormat { try columns.next(block + column.rawValue * row, count: count) }
            // Each poll has numbers of its own; nobody counted its frees, whose column stays as it was made: zero.
            (block + PollColumn.differs.rawValue * row).update(repeating: 1, count: count)
        }
        guard isBelow(tasks.count, .task, count), isBelow(shapes.count, .shape, count),
            isBelow(wakers.count, .waker, count), isBelow(1 << 32, .allocations, differ),
            isBelow(1 << 32, .frees, differ)
        else { throw MalformedPayload() }
        guard hasHolds else { return }
        // Safe: places of shapes were just checked.
        let places = block + PollColumn.shape.rawValue * row
        let holds = (0..<count).count { PollShape(rawValue: shapes[Int(places[$0])]).isHold }
        guard holds > 0 else { return }
        for column in PollColumn.ofHolds { try columns.next(block + column.rawValue * row, count: holds) }
        guard isBelow(actors.count, .actor, holds) else { throw MalformedPayload() }
    }

    @inline(__always)
    private func isBelow(_ bound: Int, _ column: PollColumn, _ count: Int) -> Bool {
        let values = block + column.rawValue * RecordingLimits.blockPolls
        var highest: UInt64 = 0
        // Safe: as in nextBlock.
        for index in 0..<count { highest = max(highest, values[index]) }
        return highest < UInt64(bound)
    }

    /// Columns to rows.
    @inline(__always)
    private func scatter(
        from: Int, to rows: UnsafeMutablePointer<pollscope_poll_record>, count: Int, sequence: UInt64,
        previousEnd: inout UInt64
    ) {
        let row = RecordingLimits.blockPolls
        let block = self.block + from
        // Safe: nextBlock counted those that differ, and each is met once.
        var numbers = self.block + differing
        let usual = usual.table
        let hasHolds = hasHolds
        var end = previousEnd
        tasks.withUnsafeBufferPointer { tasks in
            shapes.withUnsafeBufferPointer { shapes in
                wakers.withUnsafeBufferPointer { wakers in
                    // Safe: from + count <= row; rows has room for count; nextBlock checked the places.
                    for index in 0..<count {
                        let column = block + index
                        let start = end &+ column[PollColumn.gap.rawValue &* row]
                        let duration = column[PollColumn.duration.rawValue &* row]
                        end = start &+ duration
                        let place = Int(truncatingIfNeeded: column[PollColumn.shape.rawValue &* row])
                        let shape = PollShape(rawValue: shapes.baseAddress.unsafelyUnwrapped[place])
                        let task = Int(truncatingIfNeeded: column[PollColumn.task.rawValue &* row])
                        let waker = Int(truncatingIfNeeded: column[PollColumn.waker.rawValue &* row])
                        rows[index] = pollscope_poll_record(
                            sequence: UInt32(truncatingIfNeeded: sequence &+ UInt64(index)),
                            kind: shape.kind, executor: shape.executor, priority: shape.priority,
                            flags: shape.flags, start_ticks: start, duration_ticks: duration,
                            wait_ticks: column[PollColumn.wait.rawValue &* row],
                            task: tasks.baseAddress.unsafelyUnwrapped[task], stack: shape.stack,
                            waker: wakers.baseAddress.unsafelyUnwrapped[waker], frees_high: 0,
                            allocations: 0, allocated_bytes_and_frees: 0,
                            blocked_ticks: column[PollColumn.blocked.rawValue &* row])
                        if hasHolds, shape.isHold {
                            fill(&rows[index], differs: column[PollColumn.differs.rawValue &* row], &numbers)
                        } else if column[PollColumn.differs.rawValue &* row] == 0 {
                            usual.fill(&rows[index], shape: place)
                        } else {
                            pollscope_poll_set_allocations(
                                rows + index,
                                UInt32(truncatingIfNeeded: numbers[PollColumn.allocations.rawValue &* row]),
                                numbers[PollColumn.allocatedBytes.rawValue &* row],
                                UInt32(truncatingIfNeeded: numbers[PollColumn.frees.rawValue &* row]))
                            usual.note(rows[index], shape: place)
                            numbers += 1
                        }
                    }
                }
            }
        }
        previousEnd = end
        differing = numbers - self.block
    }

    /// Gives the next hold of the block its actor.
    @inline(__always)
    private func fill(
        _ hold: inout pollscope_poll_record, differs: UInt64, _ numbers: inout UnsafeMutablePointer<UInt64>
    ) {
        let row = RecordingLimits.blockPolls
        if differs != 0 {
            // Safe: as for polls that differ.
            pollscope_poll_set_allocations(
                &hold, 0, numbers[PollColumn.allocatedBytes.rawValue &* row],
                UInt32(truncatingIfNeeded: numbers[PollColumn.frees.rawValue &* row]))
            numbers += 1
        }
        // Safe: nextBlock counted the holds, each is met once, and it checked their places.
        let place = (block + holding)[PollColumn.actor.rawValue &* row]
        let actor = HeldActor(rawValue: actors[Int(truncatingIfNeeded: place)])
        hold.waker = actor.type
        hold.allocations = actor.number
        holding &+= 1
    }
}
