// Draws up a chunk of polls: rows in, columns out.
//
// body: tasks | shapes | wakers (the dictionaries) | blocks of columns
// A dictionary is its number of entries, then their columns: of tasks the difference to the last, of shapes
// the five parts, of wakers the slot.

import CPollscopeLayout

/// Encodes pending polls. Its memory is used again for every chunk.
struct PollChunkEncoder: ~Copyable {
    private var tasks = ChunkDictionary()
    private var shapes = ChunkDictionary()
    private var wakers = ChunkDictionary()
    private let columns: ColumnEncoder
    /// The block being gathered: a row of 256 values for each column.
    private let block: UnsafeMutablePointer<UInt64>
    private var blocks = ByteBuffer()

    init() {
        columns = ColumnEncoder()
        block = .allocate(capacity: PollColumn.allCases.count * RecordingLimits.blockPolls)
        block.initialize(repeating: 0, count: PollColumn.allCases.count * RecordingLimits.blockPolls)
    }

    deinit { block.deallocate() }

    /// Appends front and body of the chunk to the buffers given.
    mutating func encode(
        _ pending: borrowing PendingPolls, front: inout ByteBuffer, body: inout ByteBuffer
    ) {
        tasks.removeAll()
        shapes.removeAll()
        wakers.removeAll()
        blocks.removeAll()
        encodeBlocks(pending)
        encodeFront(pending, to: &front)

        var previous: UInt64 = 0
        encodeDictionary(count: tasks.values.count, parts: 1, to: &body) { encoder, index, _ in
            let task = encoder.tasks.values[index]
            defer { previous = task }
            return task &- previous
        }
        encodeDictionary(count: shapes.values.count, parts: PollShape.partCount, to: &body) {
            encoder, index, part in
            PollShape(rawValue: encoder.shapes.values[index]).part(part)
        }
        encodeDictionary(count: wakers.values.count, parts: 1, to: &body) { encoder, index, _ in
            encoder.wakers.values[index]
        }
        body.append(blocks.bytes)
    }

    private func encodeFront(_ pending: borrowing PendingPolls, to front: inout ByteBuffer) {
        var batches: [PollChunkFront.Batch] = []
        batches.reserveCapacity(pending.batches.count)
        for batch in pending.batches {
            // Safe: a piece's offset is within the pending polls.
            let firstStart =
                batch.firstPiece < 0 ? 0 : pending.polls[pending.pieces[batch.firstPiece].offset].start_ticks
            batches.append(
                PollChunkFront.Batch(
                    thread: batch.thread, ring: batch.ring, firstSequence: batch.firstSequence,
                    lost: batch.lost, count: batch.count, firstStart: firstStart, running: batch.running))
        }
        PollChunkFront(
            polls: pending.count, minStart: pending.minStart, maxEnd: pending.maxEnd, batches: batches
        ).append(to: &front)
    }

    private mutating func encodeBlocks(_ pending: borrowing PendingPolls) {
        var filled = 0
        for batch in pending.batches where batch.firstPiece >= 0 {
            // Safe: pieces are within the pending polls.
            var previousEnd = pending.polls[pending.pieces[batch.firstPiece].offset].start_ticks
            var next = batch.firstPiece
            while next >= 0 {
                let piece = pending.pieces[next]
                next = piece.next
                var done = 0
                while done < piece.count {
                    let taken = min(piece.count - done, RecordingLimits.blockPolls - filled)
                    gather(
                        pending.polls + (piece.offset + done), count: taken, at: filled,
                        previousEnd: &previousEnd)
                    done += taken
                    filled += taken
                    if filled == RecordingLimits.blockPolls {
                        packBlock(count: filled)
                        filled = 0
                    }
                }
            }
        }
        if filled > 0 { packBlock(count: filled) }
    }

    /// Rows to columns.
    @inline(__always)
    private mutating func gather(
        _ polls: UnsafeMutablePointer<pollscope_poll_record>, count: Int, at filled: Int,
        previousEnd: inout UInt64
    ) {
        let row = RecordingLimits.blockPolls
        let columns = block + filled
        var end = previousEnd
        // Safe: filled + count <= row, and block has a row for each column.
        for index in 0..<count {
            let poll = polls[index]
            let column = columns + index
            column[PollColumn.gap.rawValue &* row] = poll.start_ticks &- end
            end = poll.start_ticks &+ poll.duration_ticks
            column[PollColumn.duration.rawValue &* row] = poll.duration_ticks
            column[PollColumn.wait.rawValue &* row] = poll.wait_ticks
            column[PollColumn.allocations.rawValue &* row] = UInt64(poll.allocations)
            column[PollColumn.allocatedBytes.rawValue &* row] = poll.allocated_bytes
            column[PollColumn.blocked.rawValue &* row] = poll.blocked_ticks
            column[PollColumn.task.rawValue &* row] = tasks.place(of: UInt64(poll.task))
            column[PollColumn.shape.rawValue &* row] = shapes.place(of: PollShape(poll).rawValue)
            column[PollColumn.waker.rawValue &* row] = wakers.place(of: UInt64(poll.waker))
        }
        previousEnd = end
    }

    private mutating func packBlock(count: Int) {
        for column in 0..<PollColumn.allCases.count {
            // Safe: a row of the block has room for 256 values, count is at most that.
            columns.append(block + column * RecordingLimits.blockPolls, count: count, to: &blocks)
        }
    }

    /// The number of entries, then blocks of up to 256 entries, each a column for each part.
    private func encodeDictionary(
        count: Int, parts: Int, to out: inout ByteBuffer,
        part: (borrowing PollChunkEncoder, _ index: Int, _ part: Int) -> UInt64
    ) {
        out.append(varint: UInt64(count))
        var done = 0
        while done < count {
            let taken = min(count - done, RecordingLimits.blockPolls)
            for number in 0..<parts {
                // Safe: the block's first row has room for 256 values; all its polls are packed already.
                for index in 0..<taken { block[index] = part(self, done + index, number) }
                columns.append(block, count: taken, to: &out)
            }
            done += taken
        }
    }
}
