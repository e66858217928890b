// How many threads an executor kept busy at once at most: its observed width.
//
// A sweep: with all starts and all ends in order, the number of polls that run at a start is the starts up to it
// less the ends up to it. A thread's polls come in order, so sorting merges a few runs; and it is left out where
// it cannot change the result: k rings cannot show more than k polls at once, so once the width is k, nothing is
// sorted until another ring serves the executor.
//
// Chunks do not cut time straight: one look at all rings can be in two of them. So the polls of the latest chunks
// are kept, and those that reach into the time of a new chunk are swept with it. A poll that goes on at a look is
// known up to that look; in later chunks it counts from there.
//
// Exact: the most polls at once, long polls over many chunks included, while one look at all rings fits into
// `chunksKept` chunks. Otherwise, and where records were lost, it is a lower bound. It never counts polls that did
// not overlap; a poll that ends at the tick another one starts at does not overlap it.

import CPollscopeLayout

struct Occupancy: Sendable {
    static let chunksKept = 4

    private var lanes: [ExecutorLane] = []
    private var laneOfExecutor = [UInt16](repeating: .max, count: 256)

    /// The most polls of `executor` that were seen at once; 0 if there were none.
    func width(of executor: UInt8) -> Int {
        let lane = Int(laneOfExecutor[Int(executor)])
        return lane < lanes.count ? lanes[lane].width : 0
    }

    /// Takes one ring's polls of the current chunk. Nested ones are skipped: their thread is already counted. Where that
    /// is for another executor, they are added when it is known.
    mutating func add(_ batch: ThreadPolls) {
        let polls = batch.polls
        var index = 0
        while index < polls.count {
            if polls[index].isNested {
                index += 1
                continue
            }
            // Runs of one executor, which for nearly every ring is the whole batch.
            let executor = polls[index].executor
            var end = index + 1
            while end < polls.count, polls[end].executor == executor || polls[end].isNested { end += 1 }
            lanes[laneNumber(of: executor)].add(polls[index..<end], ring: batch.ring)
            index = end
        }
        if let running = batch.running, !running.isNested {
            lanes[laneNumber(of: running.executor)].add(running: running, ring: batch.ring)
        }
    }

    /// Takes a nested poll of the current chunk or one before, which lies in a poll of another executor.
    mutating func add(from start: UInt64, to end: UInt64, on executor: UInt8, ring: UInt32) {
        lanes[laneNumber(of: executor)].add(from: start, to: end, ring: ring)
    }

    /// Ends the current chunk.
    mutating func endChunk() {
        for number in lanes.indices { lanes[number].endChunk() }
    }

    /// Adds what was seen in the chunks that follow this value's last one.
    mutating func append(_ next: Occupancy) {
        for executor in UInt8.min...UInt8.max where next.laneOfExecutor[Int(executor)] != .max {
            lanes[laneNumber(of: executor)].append(next.lanes[Int(next.laneOfExecutor[Int(executor)])])
        }
    }

    private mutating func laneNumber(of executor: UInt8) -> Int {
        let known = Int(laneOfExecutor[Int(executor)])
        if known < lanes.count { return known }
        laneOfExecutor[Int(executor)] = UInt16(lanes.count)
        lanes.append(ExecutorLane())
        return lanes.count - 1
    }
}

/// One executor's part of the sweep.
private struct ExecutorLane: Sendable {
    private(set) var width = 0
    /// Every ring that ever served the executor.
    private var rings: Set<UInt32> = []
    /// The current chunk.
    private var current = Intervals()
    /// The latest chunks, oldest first.
    private var latest: [Intervals] = []
    /// The first chunk, for what came before it.
    private var first: Intervals?
    /// By ring: the poll that went on at the latest look, and until when it is accounted for.
    private var running: [UInt32: (start: UInt64, until: UInt64)] = [:]

    mutating func add(_ polls: Slice<UnsafeBufferPointer<pollscope_poll_record>>, ring: UInt32) {
        rings.insert(ring)
        let before = current.starts.count
        for poll in polls where !poll.isNested {
            current.starts.append(poll.start_ticks)
            current.ends.append(max(poll.start_ticks, poll.endTicks))
        }
        clip(ring, from: before)
        current.endRun(of: ring)
    }

    mutating func add(from start: UInt64, to end: UInt64, ring: UInt32) {
        rings.insert(ring)
        current.starts.append(start)
        current.ends.append(max(start, end))
        current.endRun(of: ring)
    }

    mutating func add(running poll: pollscope_poll_record, ring: UInt32) {
        rings.insert(ring)
        let before = current.starts.count
        current.starts.append(poll.start_ticks)
        current.ends.append(max(poll.start_ticks, poll.endTicks))
        clip(ring, from: before)
        current.endRun(of: ring)
        running[ring] = (poll.start_ticks, poll.endTicks)
    }

    mutating func endChunk() {
        sweep(with: current)
        if first == nil { first = current }
        latest.append(current)
        current = latest.count > Occupancy.chunksKept ? latest.removeFirst() : Intervals()
        current.removeAll()
    }

    mutating func append(_ next: ExecutorLane) {
        width = max(width, next.width)
        rings.formUnion(next.rings)
        if var seam = next.first {
            seam.clip(running)
            sweep(with: seam)
            if first == nil { first = seam }
        }
        latest = Array((latest + next.latest).suffix(Occupancy.chunksKept))
        running.merge(next.running) { $1 }
    }

    /// Counts the polls of `chunk` together with the kept ones that reach into its time.
    private mutating func sweep(with chunk: Intervals) {
        guard rings.count > width, let earliest = chunk.starts.min() else { return }
        var starts = chunk.starts
        var ends = chunk.ends
        for kept in latest {
            for index in kept.starts.indices where kept.ends[index] > earliest {
                starts.append(kept.starts[index])
                ends.append(kept.ends[index])
            }
        }
        // The standard library's sort finds and merges the runs that the rings left in order.
        starts.sort()
        ends.sort()
        // A poll that runs at all is one at once; the sweep would miss one shorter than a tick.
        var most = 1
        var ended = 0
        for index in starts.indices {
            while ended < ends.count, ends[ended] <= starts[index] { ended += 1 }
            most = max(most, index + 1 - ended)
        }
        width = max(width, most)
    }

    /// Lets the first new interval of a ring begin where the ring's running poll is accounted for, if it is that.
    private mutating func clip(_ ring: UInt32, from index: Int) {
        guard index < current.starts.count, let known = running[ring], current.starts[index] == known.start
        else { return }
        current.starts[index] = max(known.start, min(known.until, current.ends[index]))
    }
}

/// When polls ran, for a sweep.
private struct Intervals: Sendable {
    var starts: [UInt64] = []
    var ends: [UInt64] = []
    /// Which ring the intervals up to `end` are of, in the order they came.
    private var runs: [(ring: UInt32, end: Int)] = []

    mutating func endRun(of ring: UInt32) {
        if runs.last?.ring == ring { runs.removeLast() }
        runs.append((ring, starts.count))
    }

    mutating func removeAll() {
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        runs.removeAll(keepingCapacity: true)
    }

    /// Lets polls that `running` knows begin where they are accounted for.
    mutating func clip(_ running: [UInt32: (start: UInt64, until: UInt64)]) {
        var index = 0
        for run in runs {
            let known = running[run.ring]
            while index < run.end {
                if let known, starts[index] == known.start {
                    starts[index] = max(known.start, min(known.until, ends[index]))
                }
                index += 1
            }
        }
    }
}
