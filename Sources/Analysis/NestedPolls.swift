// Finds out which poll of a thread lies directly in which, as they stream by: so that no time is counted at two sites.
//
// A thread's polls come in the order of their ends, so those inside come before the one around them. A nested poll waits
// on a list until one comes that began before it: that is the one it lies in. What lies inside that one is off the list
// by then.
//
// Memory is bounded: of more polls than honest ones wait, the oldest are put together. Where records were lost, the list
// is given up: the poll around them then counts whole.

import CPollscopeLayout

/// What a poll took, in all or of its own.
struct PollShare: Sendable, Hashable {
    var ticks: UInt64 = 0
    var blockedTicks: UInt64 = 0
    var allocations = AllocationCounts()

    init() {}

    init(of poll: pollscope_poll_record) {
        ticks = poll.duration_ticks
        blockedTicks = poll.blocked_ticks
        allocations = AllocationCounts(of: poll)
    }

    mutating func add(_ other: PollShare) {
        ticks = ticks.addingClamped(other.ticks)
        blockedTicks = blockedTicks.addingClamped(other.blockedTicks)
        allocations.add(other.allocations)
    }

    /// No part of it more than `most`'s.
    func clamped(to most: PollShare) -> PollShare {
        var share = self
        share.ticks = min(ticks, most.ticks)
        share.blockedTicks = min(blockedTicks, most.blockedTicks)
        share.allocations = AllocationCounts(
            allocations: min(allocations.allocations, most.allocations.allocations),
            bytes: min(allocations.bytes, most.allocations.bytes),
            frees: min(allocations.frees, most.allocations.frees))
        return share
    }

    /// `other` is no more than this in any part.
    mutating func takeOff(_ other: PollShare) {
        ticks -= other.ticks
        blockedTicks -= other.blockedTicks
        allocations = AllocationCounts(
            allocations: allocations.allocations - other.allocations.allocations,
            bytes: allocations.bytes - other.allocations.bytes, frees: allocations.frees - other.allocations.frees)
    }
}

/// Of one thread: polls whose outer one has not come.
struct NestedPolls: Sendable {
    struct Inner: Sendable {
        var key: PollKey
        var start: UInt64
        var end: UInt64
        /// All of it.
        var whole: PollShare
        /// Without what is its inner ones', if it is there to run others.
        var own: PollShare
        /// Several, put together.
        var isFolded = false
    }

    /// Polls that may lie around some that came before the first one here: in the stretch of a recording before this.
    struct Outer: Sendable {
        var key: PollKey
        var start: UInt64
        var end: UInt64
        var isNested: Bool
        /// What is its own, as far as is known.
        var own: PollShare
    }

    private static let waitingMax = 1 << 15
    private static let frontMax = 64

    /// They do not overlap; the latest is last.
    private(set) var waiting: [Inner] = []
    /// Nothing that lies in no other poll has come so far.
    private(set) var isFrontOpen: Bool
    private(set) var front: [Outer] = []

    /// `isFirst`: no poll of the thread has come before.
    init(isFirst: Bool) { isFrontOpen = isFirst }

    /// Polls of which what is inside them was lost, or may have been.
    mutating func forget() {
        waiting.removeAll(keepingCapacity: true)
        isFrontOpen = false
    }

    /// Takes a poll: one that is nested, is there to run others, or comes while some wait. What lies directly inside it
    /// goes to `found`, one by one, and its share of what is its own is returned.
    mutating func take(_ poll: pollscope_poll_record, key: PollKey, found: (Inner) -> Void) -> PollShare {
        let whole = PollShare(of: poll)
        let own = own(of: whole, key: key, from: poll.start_ticks, until: poll.endTicks, found: found)
        if isFrontOpen, waiting.isEmpty, front.count < Self.frontMax {
            front.append(
                Outer(key: key, start: poll.start_ticks, end: poll.endTicks, isNested: poll.isNested, own: own))
        }
        if poll.isNested {
            if waiting.count >= Self.waitingMax { foldOldest() }
            waiting.append(Inner(key: key, start: poll.start_ticks, end: poll.endTicks, whole: whole, own: own))
        } else {
            waiting.removeAll(keepingCapacity: true)
            isFrontOpen = false
        }
        return own
    }

    /// What remains of a poll's share. What lies directly inside it waits no more; of what began in it and ended after it,
    /// nothing is taken off.
    private mutating func own(
        of share: PollShare, key: PollKey, from start: UInt64, until end: UInt64, found: (Inner) -> Void
    ) -> PollShare {
        guard let last = waiting.last, last.start >= start else { return share }
        var taken = PollShare()
        while let inner = waiting.last, inner.start >= start {
            waiting.removeLast()
            guard inner.end <= end else { continue }
            taken.add(inner.whole)
            if !inner.isFolded { found(inner) }
        }
        var own = share
        if key.kind.isContainer { own.takeOff(taken.clamped(to: share)) }
        return own
    }

    /// Goes on with what came in the stretch behind this one. For each poll of it that lies around some of this one, what
    /// it lost by that is given to `lost`, and what lies in it to `found`.
    mutating func append(
        _ next: NestedPolls, lost: (Outer, PollShare) -> Void, found: (_ inner: Inner, _ outer: PollKey) -> Void
    ) {
        for outer in next.front {
            let own = own(of: outer.own, key: outer.key, from: outer.start, until: outer.end) { found($0, outer.key) }
            var difference = outer.own
            difference.takeOff(own)
            if difference != PollShare() { lost(outer, difference) }
            if isFrontOpen, waiting.isEmpty, front.count < Self.frontMax {
                var outer = outer
                outer.own = own
                front.append(outer)
            }
        }
        waiting = next.isFrontOpen ? waiting + next.waiting : next.waiting
        isFrontOpen = isFrontOpen && next.isFrontOpen
    }

    /// Puts the older half together. Only for a poll that lies around some of these and not all it makes a difference:
    /// it then counts whole.
    private mutating func foldOldest() {
        var folded = waiting[0]
        folded.isFolded = true
        let count = waiting.count / 2
        for poll in waiting[1..<count] {
            folded.end = poll.end
            folded.whole.add(poll.whole)
            folded.own.add(poll.own)
        }
        waiting.replaceSubrange(0..<count, with: [folded])
    }
}
