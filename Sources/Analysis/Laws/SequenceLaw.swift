// Sequence numbers of a ring are whole, or counted as lost.

import CPollscopeLayout

struct SequenceLaw {
    private(set) var result = LawResult(
        name: "sequence numbers are whole",
        statement: "Polls and holds of a ring are numbered without a gap, but for those that are counted as lost.")

    private struct Position {
        var first: UInt64
        var next: UInt64
    }
    private var positions: [UInt32: Position] = [:]

    /// Where the recording begins in each ring, added up: records that were history when it began.
    var history: UInt64 { positions.values.reduce(0) { $0 &+ $1.first } }

    var rings: Int { positions.count }

    mutating func add(_ batch: ThreadPolls) {
        for (index, poll) in batch.records.enumerated() {
            let number = batch.firstSequence &+ UInt64(index)
            result.expect(
                poll.sequence == UInt32(truncatingIfNeeded: number),
                else: "ring \(batch.ring): record \(number) carries the number \(poll.sequence)")
        }
        // A batch that only tells what runs has no place in the order.
        guard !batch.records.isEmpty || batch.lost > 0 else { return }
        let first = batch.firstSequence &- batch.lost
        if let position = positions[batch.ring] {
            result.expect(
                first == position.next,
                else: "ring \(batch.ring): after record \(position.next &- 1) and \(batch.lost) lost comes "
                    + "record \(batch.firstSequence)")
        }
        let next = batch.firstSequence &+ UInt64(batch.records.count)
        positions[batch.ring] = Position(first: positions[batch.ring]?.first ?? first, next: next)
    }
}
