// What a thread ran that can have woken a request's task, and who waits to hear of what it runs now.
//
// A poll that wakes a task contains the moment at which it does. When the woken poll comes, the other one has come
// before, and is looked up; or it runs still, and the woken one waits for it: the first poll that comes on that
// thread and contains the moment is the innermost around it. Only polls that can matter are kept: those of tasks that
// work for requests, and the runtime's helpers.

import CPollscopeLayout

struct ThreadWakes: Sendable {
    struct Entry: Sendable {
        var start: UInt64
        var end: UInt64
        var runnable: UInt64
        /// Since when its thread had something else to run, until right before it; its start, if it had not.
        var queued: UInt64
        var task: UInt32
        var stack: UInt32
        var waker: TaskPiece.Waker
    }

    /// A piece that waits for something of this thread: its waker, or the drain around it.
    struct Waiting: Sendable {
        var task: TaskReference
        /// The piece is known by its start.
        var start: UInt64
        /// The moment that the poll contains.
        var moment: UInt64
    }

    static let entriesMax = 1 << 17
    static let waitingMax = 1 << 17

    /// A ring, when it has grown to its bound; the oldest is at `oldest`.
    private var entries: [Entry] = []
    private var oldest = 0
    var wakers: [Waiting] = []
    /// The latest of the moments in `wakers`.
    var wakersUntil: UInt64 = 0
    /// In the order of their starts.
    var drains: [Waiting] = []
    /// The end of the last poll that lay in no other.
    var outermostEnd: UInt64 = 0
    /// The start of the first of the polls that it ran one right after the other, up to that end.
    var busySince: UInt64 = 0
    /// The poll that ran at the last look; a start of 0: none.
    var running = pollscope_poll_record()
    /// The event loop whose turns it ran; 0: none.
    var loop: UInt8 = 0

    var count: Int { entries.count }

    /// Notes a poll that lay in no other.
    mutating func noteOutermost(_ poll: pollscope_poll_record, gap: UInt64) {
        if !isRightBehind(poll, gap: gap) { busySince = poll.start_ticks }
        outermostEnd = max(outermostEnd, poll.endTicks)
    }

    /// Since when a poll that comes next waited for its thread. While that was busy with other polls until right before,
    /// the job was in the queue; else its thread would have been free for it.
    func queued(_ poll: pollscope_poll_record, gap: UInt64) -> UInt64 {
        isRightBehind(poll, gap: gap) && !poll.isNested ? busySince : poll.start_ticks
    }

    private func isRightBehind(_ poll: pollscope_poll_record, gap: UInt64) -> Bool {
        outermostEnd > 0 && poll.start_ticks <= outermostEnd.addingClamped(gap)
    }

    /// Returns whether there is one more than before.
    mutating func append(_ entry: Entry, mayGrow: Bool) -> Bool {
        if entries.count < 64 || (mayGrow && entries.count < Self.entriesMax) {
            if oldest != 0 {
                entries = Array(entries[oldest...] + entries[..<oldest])
                oldest = 0
            }
            entries.append(entry)
            return true
        }
        entries[oldest] = entry
        oldest = oldest + 1 == entries.count ? 0 : oldest + 1
        return false
    }

    /// The innermost entry that contains `moment`. They are in the order of their ends.
    func innermost(around moment: UInt64) -> Entry? {
        let count = entries.count
        // From the latest backwards, in longer and longer steps: nearly all wakes are recent ones.
        var step = 1
        var low = count
        while low > 0 {
            let probe = max(0, low - step)
            if self[probe].end < moment { break }
            low = probe
            step *= 2
        }
        // The first that ends at the moment or later is at `low`, or in the step before it.
        var high = low
        low = max(0, low - step)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle].end >= moment { high = middle } else { low = middle + 1 }
        }
        // Entries that lie in others come before them. Of those behind it, only few can be such.
        var index = high
        let last = min(count, high + 64)
        while index < last {
            if self[index].start <= moment { return self[index] }
            index += 1
        }
        return nil
    }

    @inline(__always)
    private subscript(index: Int) -> Entry {
        let place = oldest + index
        return entries[place < entries.count ? place : place - entries.count]
    }
}

/// Which thread had a slot at a moment.
struct SlotOwners: Sendable {
    private struct Owner: Sendable {
        var claimed: UInt64
        var thread: Int
    }
    private var owners: [[Owner]] = Array(repeating: [], count: Int(POLLSCOPE_SLOTS_MAX))

    init(_ threads: some Sequence<(slot: UInt16, claimed: UInt64)>) {
        for (index, thread) in threads.enumerated() where Int(thread.slot) < owners.count {
            owners[Int(thread.slot)].append(Owner(claimed: thread.claimed, thread: index))
        }
        for slot in owners.indices { owners[slot].sort { $0.claimed < $1.claimed } }
    }

    /// As `RecordingFacts.thread(ofSlot:at:)` has it: a single owner is the owner at any time.
    @inline(__always)
    func thread(of slot: UInt16, at moment: UInt64) -> Int? {
        guard Int(slot) < owners.count, let last = owners[Int(slot)].last else { return nil }
        if owners[Int(slot)].count == 1 || last.claimed <= moment { return last.thread }
        let index = owners[Int(slot)].firstIndexSorted { $0.claimed > moment } - 1
        return index >= 0 ? owners[Int(slot)][index].thread : nil
    }
}
