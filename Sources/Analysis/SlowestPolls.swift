// The longest polls of a recording: the few that are shown one by one.

import CPollscopeLayout

/// Keeps the `capacity` longest polls of all that were offered, whatever the order they came in.
struct SlowestPolls: Sendable {
    struct Entry: Sendable {
        var poll: pollscope_poll_record
        var thread: Int

        /// A total order, so that equal durations do not make the result depend on how the work was divided.
        func comesBefore(_ other: Entry) -> Bool {
            (other.poll.duration_ticks, poll.start_ticks, thread)
                < (poll.duration_ticks, other.poll.start_ticks, other.thread)
        }
    }

    let capacity: Int
    /// Longest first.
    private(set) var entries: [Entry] = []
    /// A shorter poll cannot enter.
    private var leastTicks: UInt64

    init(capacity: Int) {
        self.capacity = capacity
        leastTicks = capacity > 0 ? 0 : .max
    }

    @inline(__always)
    mutating func offer(_ poll: pollscope_poll_record, thread: Int) {
        if poll.duration_ticks >= leastTicks { insert(Entry(poll: poll, thread: thread)) }
    }

    mutating func merge(_ other: SlowestPolls) {
        for entry in other.entries { offer(entry.poll, thread: entry.thread) }
    }

    @inline(never)
    private mutating func insert(_ entry: Entry) {
        let place = entries.firstIndex { entry.comesBefore($0) } ?? entries.count
        guard place < capacity else { return }
        entries.insert(entry, at: place)
        if entries.count > capacity { entries.removeLast() }
        // Equal ones are still compared: of two equal polls the earlier one is kept.
        if entries.count == capacity { leastTicks = entries[capacity - 1].poll.duration_ticks }
    }
}
