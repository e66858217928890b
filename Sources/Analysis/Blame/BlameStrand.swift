// What one thread runs, from the end to the beginning: its polls, or its holds of actors.

import CPollscopeLayout

/// A poll or a hold, as the sweep sees it.
struct BlameInterval: Sendable {
    var start: UInt64
    var end: UInt64
    /// Before its start, in a queue.
    var wait: UInt64
    /// Number of its key.
    var key: Int32
    /// That it holds; -1: none, or, of a hold that has not begun, the one of its actor.
    var lane: Int32 = -1
    var blockedShare: Float
    /// Part of it that the kernel ran something else; known of long polls.
    var kernelShare: Float = 0
    /// Of a hold, these three.
    var actor = BlameSweep.ActorKey(type: 0, actor: 0)
    var task: UInt32 = 0
    var isHold = false
    /// None around it holds its lane.
    var holdsLane = false

    @inline(__always)
    init(_ poll: pollscope_poll_record, key: Int32) {
        start = poll.start_ticks
        end = max(poll.start_ticks, poll.endTicks)
        wait = min(poll.wait_ticks, poll.start_ticks)
        self.key = key
        blockedShare =
            poll.blocked_ticks == 0 || poll.duration_ticks == 0
            ? 0 : Float(min(1, Double(poll.blocked_ticks) / Double(poll.duration_ticks)))
    }
}

struct BlameStrand: ~Copyable {
    /// A lane that the thread holds, and the lane's integrals when that was last settled.
    struct Held: Sendable {
        var lane: Int32
        var charge: Double
        var victims: TailLanes
    }

    /// Room that a thread keeps for its polls of a chunk, when it has none.
    private static let roomKept = 256

    /// In the order of their ends; the latest is last, and comes next.
    private var intervals = BlameTable<BlameInterval>()
    /// Of the current chunk, which is earlier than `intervals`.
    private var gathered = BlameTable<BlameInterval>()
    /// The polls that run now, the innermost last.
    var open = BlameTable<BlameInterval>()
    /// In the order of the polls that hold them.
    var held = BlameTable<Held>()

    @inline(__always)
    mutating func gather(_ interval: BlameInterval) { gathered.append(interval) }

    mutating func endChunk() {
        if gathered.isEmpty {
            // There can be any number of threads, most of them long gone.
            if intervals.isEmpty, intervals.capacity > Self.roomKept { intervals = BlameTable() }
            if gathered.capacity > Self.roomKept { gathered = BlameTable() }
            return
        }
        // What is left of what was there is what ends after the chunk does: a few.
        gathered.append(contentsOf: intervals)
        swap(&gathered, &intervals)
        gathered.removeAll()
    }

    /// Whether what comes next is the end of an interval, and not the start of the innermost open one.
    var nextIsEnd: Bool {
        @inline(__always) get {
            if intervals.isEmpty { return false }
            if open.isEmpty { return true }
            let (next, inner) = (intervals.count - 1, open[open.count - 1].start)
            // What began with it, or later, lies inside it.
            return intervals[next].start >= inner && intervals[next].end > inner
        }
    }

    /// `nil`: there is nothing more, so far.
    var nextTime: UInt64? {
        @inline(__always) get {
            if nextIsEnd { return intervals[intervals.count - 1].end }
            return open.isEmpty ? nil : open[open.count - 1].start
        }
    }

    @inline(__always)
    mutating func takeNext() -> BlameInterval { intervals.removeLast() }

    @inline(__always)
    func holds(_ lane: Int32) -> Bool {
        for place in held.indices where held[place].lane == lane { return true }
        return false
    }
}
