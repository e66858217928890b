// What the polls of a shape mostly allocate: a poll that did just that costs a bit, any other its numbers.
//
// At one await point most polls make the same blocks, and the others what their data demand. Writer and reader both
// keep, for each shape, the numbers that most polls had of late, by a running majority vote: what agrees confirms
// them, what differs takes a vote away, and who comes when there is none left takes their place.

import CPollscopeLayout

/// The usual numbers of each shape of a chunk. Writer and reader show it the same polls in the same order.
struct UsualAllocations: ~Copyable {
    fileprivate struct Usual {
        var bytesAndFrees: UInt64 = 0
        var allocations: UInt32 = 0
        var freesHigh: UInt16 = 0
        var votes: UInt16 = 0

        /// Votes at most: what was usual for long is forgotten after so many that differ.
        static let votesMax: UInt16 = 7

        @inline(__always)
        mutating func confirm() { if votes < Self.votesMax { votes &+= 1 } }
    }

    private var usual: UnsafeMutablePointer<Usual>
    private var capacity = 1_024
    private var count = 0

    init() {
        usual = .allocate(capacity: capacity)
        usual.initialize(repeating: Usual(), count: capacity)
    }

    deinit { usual.deallocate() }

    /// Forgets all; there are `shapes` of them.
    mutating func reset(shapes: Int = 0) {
        if shapes > capacity { grow(to: shapes) }
        // Safe: count and shapes are within the capacity.
        usual.update(repeating: Usual(), count: max(count, shapes))
        count = shapes
    }

    /// Makes room for the shape, which is one of those that were there or the next.
    @inline(__always)
    mutating func include(shape: Int) {
        if shape < count { return }
        if shape >= capacity { grow(to: 2 * capacity) }
        count = shape &+ 1
    }

    @inline(never)
    private mutating func grow(to larger: Int) {
        let moved = UnsafeMutablePointer<Usual>.allocate(capacity: larger)
        // Safe: the first count entries are copied, the rest behind them is made.
        moved.initialize(from: usual, count: count)
        (moved + count).initialize(repeating: Usual(), count: larger - count)
        usual.deallocate()
        usual = moved
        capacity = larger
    }

    /// For use until the next change of shapes.
    var table: Table { Table(usual: usual) }

    /// The numbers by shape; every shape that is asked for has been included.
    struct Table {
        fileprivate let usual: UnsafeMutablePointer<Usual>

        /// The writer's side: whether what `poll` allocated differs from what its shape does.
        @inline(__always)
        func differs(_ poll: pollscope_poll_record, shape: Int) -> Bool {
            // Safe: the shape was included, here and below.
            let known = usual + shape
            if known.pointee.bytesAndFrees == poll.allocated_bytes_and_frees,
                known.pointee.allocations == poll.allocations, known.pointee.freesHigh == poll.frees_high
            {
                known.pointee.confirm()
                return false
            }
            note(poll, shape: shape)
            return true
        }

        /// The reader's side: gives a poll what its shape usually allocates.
        @inline(__always)
        func fill(_ poll: inout pollscope_poll_record, shape: Int) {
            let known = usual + shape
            poll.allocations = known.pointee.allocations
            poll.allocated_bytes_and_frees = known.pointee.bytesAndFrees
            poll.frees_high = known.pointee.freesHigh
            known.pointee.confirm()
        }

        /// Takes note of a poll that differs.
        @inline(__always)
        func note(_ poll: pollscope_poll_record, shape: Int) {
            let known = usual + shape
            if known.pointee.votes > 0 {
                known.pointee.votes &-= 1
            } else {
                known.pointee.bytesAndFrees = poll.allocated_bytes_and_frees
                known.pointee.allocations = poll.allocations
                known.pointee.freesHigh = poll.frees_high
            }
        }
    }
}
