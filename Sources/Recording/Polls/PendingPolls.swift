// Polls gathered for the next chunk, those of one thread put together.

import CPollscopeLayout
import Sessions

/// Polls in the order they came, and for each batch the pieces it is in. A batch that follows on another of
/// its ring without loss becomes part of it: a service that runs a few polls between looks would otherwise
/// pay for a batch at each look.
struct PendingPolls: ~Copyable {
    /// Consecutive polls of one batch.
    struct Piece {
        var offset: Int
        var count: Int
        /// Index of the batch's next piece; -1: the last.
        var next: Int
    }

    struct Batch {
        var thread: ThreadIdentity
        var ring: UInt32
        var firstSequence: UInt64
        var lost: UInt64
        var count: Int
        var running: pollscope_poll_record?
        /// Indices of pieces; -1: the batch has no polls.
        var firstPiece: Int
        var lastPiece: Int
    }

    let polls: UnsafeMutablePointer<pollscope_poll_record>
    private(set) var count = 0
    private(set) var batches: [Batch] = []
    private(set) var pieces: [Piece] = []
    /// Earliest start and latest end of the polls; the two extremes the other way round when there are none.
    private(set) var minStart = UInt64.max
    private(set) var maxEnd: UInt64 = 0
    private var newestByRing: [UInt32: Int] = [:]

    init() { polls = .allocate(capacity: RecordingLimits.writtenChunkPolls) }

    deinit { polls.deallocate() }

    var isEmpty: Bool { batches.isEmpty }

    /// Polls for which there is room; none when another batch would be one too many.
    var room: Int {
        batches.count < RecordingLimits.writtenChunkBatches ? RecordingLimits.writtenChunkPolls - count : 0
    }

    mutating func removeAll() {
        count = 0
        batches.removeAll(keepingCapacity: true)
        pieces.removeAll(keepingCapacity: true)
        newestByRing.removeAll(keepingCapacity: true)
        minStart = .max
        maxEnd = 0
    }

    /// Adds the polls of `batch` in `range`, for which there is room. What was lost goes with the first of
    /// them, what is running with the last.
    mutating func append(_ batch: PollBatch, _ range: Range<Int>) {
        let lost = range.lowerBound == 0 ? batch.lost : 0
        let running = range.upperBound == batch.polls.count ? batch.running : nil
        let index = place(
            of: batch, firstSequence: batch.firstSequence &+ UInt64(range.lowerBound), lost: lost)
        batches[index].running = running
        guard !range.isEmpty else { return }

        batch.polls.withUnsafeBufferPointer { source in
            // Safe: room was checked by the caller, range is within the batch.
            let from = source.baseAddress! + range.lowerBound
            (polls + count).update(from: from, count: range.count)
            var earliest = minStart
            var latest = maxEnd
            for index in 0..<range.count {
                let start = from[index].start_ticks
                let (end, overflows) = start.addingReportingOverflow(from[index].duration_ticks)
                earliest = min(earliest, start)
                latest = max(latest, overflows ? .max : end)
            }
            minStart = earliest
            maxEnd = latest
        }
        addPiece(Piece(offset: count, count: range.count, next: -1), to: index)
        count += range.count
    }

    /// The batch that these polls continue, or a new one.
    private mutating func place(of batch: PollBatch, firstSequence: UInt64, lost: UInt64) -> Int {
        if lost == 0, let newest = newestByRing[batch.ring], batches[newest].thread == batch.thread,
            batches[newest].firstSequence &+ UInt64(batches[newest].count) == firstSequence
        {
            return newest
        }
        batches.append(
            Batch(
                thread: batch.thread, ring: batch.ring, firstSequence: firstSequence, lost: lost, count: 0,
                running: nil, firstPiece: -1, lastPiece: -1))
        newestByRing[batch.ring] = batches.count - 1
        return batches.count - 1
    }

    private mutating func addPiece(_ piece: Piece, to index: Int) {
        batches[index].count += piece.count
        let last = batches[index].lastPiece
        if last >= 0, pieces[last].offset + pieces[last].count == piece.offset {
            pieces[last].count += piece.count
            return
        }
        pieces.append(piece)
        if last >= 0 {
            pieces[last].next = pieces.count - 1
        } else {
            batches[index].firstPiece = pieces.count - 1
        }
        batches[index].lastPiece = pieces.count - 1
    }
}
