// What a follower gave, look by look, held against what was written: nothing twice, nothing out of order, and what is
// missing counted.

import CPollscopeLayout
import Sessions
import Testing

struct FollowedPolls {
    private(set) var taken: [UInt32: UInt64] = [:]
    private(set) var lost: [UInt32: UInt64] = [:]
    private var next: [UInt32: UInt64] = [:]
    private(set) var faults: [String] = []

    /// `first`: the number of the first poll that the follower owes, by ring.
    init(from first: [UInt32: UInt64] = [:]) { next = first }

    mutating func add(_ look: SessionLook) {
        for batch in look.batches {
            let ring = batch.ring
            let expected = next[ring, default: 0] + batch.lost
            if !batch.polls.isEmpty, batch.firstSequence != expected {
                fault("ring \(ring) goes on at \(batch.firstSequence), \(batch.lost) lost, expected \(expected)")
            }
            for (index, poll) in batch.polls.enumerated() {
                var whole = SyntheticSession.poll(number: batch.firstSequence + UInt64(index), ring: Int(ring))
                whole.stack = poll.stack
                if !Self.areSame(poll, whole) { fault("ring \(ring), poll \(poll.sequence) is torn") }
            }
            taken[ring, default: 0] += UInt64(batch.polls.count)
            lost[ring, default: 0] += batch.lost
            next[ring] = batch.firstSequence + UInt64(batch.polls.count)
        }
    }

    private mutating func fault(_ text: String) {
        if faults.count < 10 { faults.append(text) }
    }

    private static func areSame(_ a: pollscope_poll_record, _ b: pollscope_poll_record) -> Bool {
        // Safe: reads both structs' own bytes.
        withUnsafeBytes(of: a) { a in withUnsafeBytes(of: b) { b in a.elementsEqual(b) } }
    }
}
