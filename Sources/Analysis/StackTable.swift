// Figures by stack id: what is known of the polls before anything has a name.
//
// A stack id indexes a dense table that says where its figures are; a table exists for each pair of executor and
// kind that was seen. So the work for one poll has no hashing in it, and memory goes with the stacks that occur.

import CPollscopeLayout

struct StackTable: Sendable {
    private static let stride = Int(POLLSCOPE_STACKS_MAX) + 1
    private static let kinds = 8  // room for PollKind.allCases, a power of two
    private static let absent: Int32 = -1

    /// By executor and kind: which part of `slots` belongs to them.
    private var lanes = [Int32](repeating: absent, count: 256 * kinds)
    /// By lane and stack: index in `entries`.
    private var slots: [Int32] = []
    private(set) var entries: [(key: PollKey, figures: PollFigures, allocations: AllocationFigures)] = []

    @inline(__always)
    mutating func add(_ poll: pollscope_poll_record, kind: PollKind, clock: TickClock) {
        let slot = slot(PollKey(stack: poll.stack, kind: kind, executor: poll.executor))
        entries[slot].figures.add(
            durationTicks: poll.duration_ticks, waitTicks: poll.wait_ticks, blockedTicks: poll.blocked_ticks,
            clock: clock)
        entries[slot].allocations.add(poll)
    }

    mutating func merge(_ other: StackTable) {
        for entry in other.entries {
            let slot = slot(entry.key)
            entries[slot].figures.merge(entry.figures)
            entries[slot].allocations.merge(entry.allocations)
        }
    }

    @inline(__always)
    private mutating func slot(_ key: PollKey) -> Int {
        // An id that no session can give counts as a stack that was not captured; a law reports it.
        let stack = key.stack <= UInt32(POLLSCOPE_STACKS_MAX) ? Int(key.stack) : 0
        let lane = lanes[Int(key.executor) * Self.kinds + Int(key.kind.rawValue)]
        if lane != Self.absent {
            let slot = slots[Int(lane) * Self.stride + stack]
            if slot != Self.absent { return Int(slot) }
        }
        return newSlot(PollKey(stack: UInt32(stack), kind: key.kind, executor: key.executor))
    }

    @inline(never)
    private mutating func newSlot(_ key: PollKey) -> Int {
        let pair = Int(key.executor) * Self.kinds + Int(key.kind.rawValue)
        if lanes[pair] == Self.absent {
            lanes[pair] = Int32(slots.count / Self.stride)
            slots.append(contentsOf: repeatElement(Self.absent, count: Self.stride))
        }
        slots[Int(lanes[pair]) * Self.stride + Int(key.stack)] = Int32(entries.count)
        entries.append((key, PollFigures(), AllocationFigures()))
        return entries.count - 1
    }
}
