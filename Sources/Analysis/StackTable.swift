// Figures by stack id: what is known of the polls before anything has a name.
//
// The work for one poll has no hashing in it (see PollKeyIndex).

import CPollscopeLayout

struct StackTable: Sendable {
    private var index = PollKeyIndex()
    private(set) var entries: [Entry] = []

    struct Entry: Sendable {
        var key: PollKey
        var figures = PollFigures()
        var allocations = AllocationFigures()
        /// Time that is in `figures.poll`, poll by poll, and not in `figures.pollTicks`.
        var insideTicks: UInt64 = 0
        /// Of polls that are there to run others: the durations that are their own.
        var own = OwnDurations()
    }

    /// Poll by poll what no poll inside it has. Where the parts of a recording meet, one poll of a thread can count whole.
    struct OwnDurations: Sendable {
        var poll = Histogram()
        var longPolls: UInt64 = 0
        var criticalPolls: UInt64 = 0

        @inline(__always)
        mutating func add(ticks: UInt64, clock: TickClock) {
            poll.tally(Double(ticks) * clock.secondsPerTick)
            guard ticks >= clock.longPollTicks else { return }
            longPolls &+= 1
            if ticks >= clock.criticalPollTicks { criticalPolls &+= 1 }
        }

        mutating func merge(_ other: OwnDurations) {
            poll.merge(other.poll)
            longPolls &+= other.longPolls
            criticalPolls &+= other.criticalPolls
        }
    }

    @inline(__always)
    mutating func add(_ poll: pollscope_poll_record, kind: PollKind, clock: TickClock) {
        let slot = slot(PollKey(stack: poll.stack, kind: kind, executor: poll.executor))
        entries[slot].figures.add(
            durationTicks: poll.duration_ticks,
            waitTicks: poll.has(POLLSCOPE_POLL_WAIT_UNKNOWN) ? nil : poll.wait_ticks,
            blockedTicks: poll.blocked_ticks, clock: clock)
        entries[slot].allocations.add(poll)
    }

    /// Takes off what was not a poll's own, of one that was added.
    mutating func takeOff(_ inner: PollShare, of key: PollKey, isNested: Bool) {
        let slot = slot(key)
        entries[slot].figures.takeOff(ticks: inner.ticks, blockedTicks: inner.blockedTicks)
        entries[slot].insideTicks &+= inner.ticks
        entries[slot].allocations.takeOff(inner.allocations, isNested: isNested)
    }

    /// Counts how much of a poll that was added, and that is there to run others, is its own.
    mutating func tally(ownTicks: UInt64, of key: PollKey, clock: TickClock) {
        entries[slot(key)].own.add(ticks: ownTicks, clock: clock)
    }

    /// Counts the bytes of a nested poll that was added, and that lies in one that was there to run it.
    mutating func countOutermost(bytes: UInt64, of key: PollKey) {
        entries[slot(key)].allocations.countOutermost(bytes: bytes)
    }

    mutating func merge(_ other: StackTable) {
        for entry in other.entries {
            let slot = slot(entry.key)
            entries[slot].figures.merge(entry.figures)
            entries[slot].insideTicks &+= entry.insideTicks
            entries[slot].own.merge(entry.own)
            entries[slot].allocations.merge(entry.allocations)
        }
    }

    @inline(__always)
    private mutating func slot(_ key: PollKey) -> Int {
        let slot = index.number(of: key)
        if slot == entries.count { entries.append(Entry(key: index.keys[slot])) }
        return slot
    }
}
