// Draws up a chunk of polls: rows in, columns out.
//
// body: tasks | shapes | wakers | actors (the dictionaries) | blocks of columns
// A dictionary is its number of entries, then their columns: of tasks the difference to the last, of shapes
// the five parts, of wakers the slot, of actors type and number.

import CPollscopeLayout

/// Encodes pending polls. Its memory is used again for every chunk.
struct PollChunkEncoder: ~Copyable {
    private var tasks = ChunkDictionary()
    private var shapes = ChunkDictionary()
    private var wakers = ChunkDictionary()
    private var actors = ChunkDictionary()
    private var usual = UsualAllocations()
    private let columns: ColumnEncoder
    /// The block being gathered: a row of 256 values for each column.
    private let block: UnsafeMutablePointer<UInt64>
    /// Polls in it whose allocations differ from the usual.
    private var differing = 0
    /// Holds in it.
    private var holding = 0
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
        actors.removeAll()
        usual.reset()
        blocks.removeAll()
        encodeBlocks(pending)
        encodeFront(pending, to: &front)

        let tasks = tasks.values
        columns.append(rows: tasks.count, parts: 1, to: &body) { row, _ in
            tasks[row] &- (row > 0 ? tasks[row - 1] : 0)
        }
        let shapes = shapes.values
        columns.append(rows: shapes.count, parts: PollShape.partCount, to: &body) { row, part in
            PollShape(rawValue: shapes[row]).part(part)
        }
        let wakers = wakers.values
        columns.append(rows: wakers.count, parts: 1, to: &body) { row, _ in wakers[row] }
        let actors = actors.values
        columns.append(rows: actors.count, parts: HeldActor.partCount, to: &body) { row, part in
            HeldActor(rawValue: actors[row]).part(part)
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
        // Safe: filled + count <= row, block has a row for each column, and no more polls differ or are holds than there
        // are.
        for index in 0..<count {
            let poll = polls[index]
            let column = columns + index
            column[PollColumn.gap.rawValue &* row] = poll.start_ticks &- end
            end = poll.start_ticks &+ poll.duration_ticks
            column[PollColumn.duration.rawValue &* row] = poll.duration_ticks
            column[PollColumn.wait.rawValue &* row] = poll.wait_ticks
            column[PollColumn.blocked.rawValue &* row] = poll.blocked_ticks
            column[PollColumn.task.rawValue &* row] = tasks.place(of: UInt64(poll.task))
            let shape = shapes.place(of: PollShape(poll).rawValue)
            column[PollColumn.shape.rawValue &* row] = shape
            usual.include(shape: Int(truncatingIfNeeded: shape))
            let differs: Bool
            if PollShape(poll).isHold {
                column[PollColumn.waker.rawValue &* row] = wakers.place(of: UInt64(POLLSCOPE_NO_SLOT))
                (block + holding)[PollColumn.actor.rawValue &* row] = actors.place(of: HeldActor(poll).rawValue)
                holding &+= 1
                differs = poll.allocated_bytes_and_frees != 0 || poll.frees_high != 0
            } else {
                column[PollColumn.waker.rawValue &* row] = wakers.place(of: UInt64(poll.waker))
                differs = usual.table.differs(poll, shape: Int(truncatingIfNeeded: shape))
            }
            column[PollColumn.differs.rawValue &* row] = differs ? 1 : 0
            if differs {
                let column = block + differing
                column[PollColumn.allocations.rawValue &* row] = UInt64(poll.allocations)
                column[PollColumn.allocatedBytes.rawValue &* row] = poll.allocatedBytes
                column[PollColumn.frees.rawValue &* row] = UInt64(poll.frees)
                differing &+= 1
            }
        }
        previousEnd = end
    }

    private mutating func packBlock(count: Int) {
        pack(PollColumn.ofAll, count: count)
        if differing > 0 { pack(PollColumn.ofDiffering, count: differing) }
        if holding > 0 { pack(PollColumn.ofHolds, count: holding) }
        differing = 0
        holding = 0
    }

    private mutating func pack(_ list: [PollColumn], count: Int) {
        // Safe: a row of the block has room for 256 values; count is at most that.
        for column in list {
            columns.append(block + column.rawValue * RecordingLimits.blockPolls, count: count, to: &blocks)
        }
    }
}
