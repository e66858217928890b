// Who held the threads while shown requests waited for one: a second look at the few parts of a recording where they
// did.
//
// Whoever ran on the executor meanwhile held one of its threads. Of an actor's drain the jobs in it did. Of a wait
// for an actor, those who had it: the request's own hold, which begins with its poll, says which actor that was.

import CPollscopeLayout

/// Of one site, on all threads together, inside a wait.
struct HeldTime: Sendable {
    var poll: PollKey
    var ticks: UInt64
}

struct SegmentHolders {
    private static let waitsMax = 4_096
    /// Of one request, the longest waits.
    private static let waitsOfRequest = 8
    private static let actorsMax = 256

    private struct Actor: Hashable {
        var type: UInt16
        var actor: UInt32
    }

    private struct Wait {
        var request: UInt64
        var stretch: Int
        var start: UInt64
        var end: UInt64
        /// `nil`: it is an actor's.
        var executor: UInt8?
        var task: UInt32
        var pollStart: UInt64
        /// Until its poll began: an actor's wait can be in several parts, and the hold that tells the actor is behind
        /// them.
        var until: UInt64 { max(end, pollStart) }
        var held: [PollKey: UInt64] = [:]
        var actors: [Actor: [PollKey: UInt64]] = [:]
        var actor: Actor?
    }

    /// In the order of their starts.
    private var waits: [Wait] = []
    /// By wait: the latest end of it and those before it.
    private var reach: [UInt64] = []
    private var current = 0..<0
    /// By thread: polls that ran on an actor, and whose drain has not come.
    private var inner: [Int: [(key: PollKey, start: UInt64, end: UInt64)]] = [:]

    init(_ table: RequestTable) {
        for entry in table.entries {
            for request in entry.figures.slowest.entries { add(request) }
        }
        waits.sort { ($0.end - $0.start, $1.start) > ($1.end - $1.start, $0.start) }
        waits = waits.prefix(Self.waitsMax).sorted { ($0.start, $0.end) < ($1.start, $1.end) }
        for wait in waits { reach.append(max(reach.last ?? 0, wait.until)) }
    }

    private mutating func add(_ request: ShownRequest) {
        let indices = request.stretches.indices.filter {
            let stretch = request.stretches[$0]
            return stretch.part == .executorWait || stretch.part == .actorWait
        }.sorted { request.stretches[$0].ticks > request.stretches[$1].ticks }
        for index in indices.prefix(Self.waitsOfRequest) {
            let stretch = request.stretches[index]
            waits.append(
                Wait(
                    request: request.number, stretch: index, start: stretch.start, end: stretch.end,
                    executor: stretch.part == .executorWait ? stretch.executor : nil, task: stretch.task,
                    pollStart: stretch.pollStart))
        }
    }

    var isEmpty: Bool { waits.isEmpty }

    /// Whether a chunk of polls between these moments has anything to say; if so, its polls come next.
    mutating func beginChunk(from start: UInt64, to end: UInt64) -> Bool {
        // The hold that tells which actor a wait was for ends after the wait.
        let first = reach.firstIndexSorted { $0 >= start }
        current = first..<max(first, waits.firstIndexSorted { $0.start > end })
        return !current.isEmpty
    }

    mutating func add(_ batch: ThreadPolls) {
        guard !current.isEmpty else { return }
        for hold in batch.holds { add(hold: hold) }
        var inside = inner.removeValue(forKey: batch.thread) ?? []
        for poll in batch.polls where poll.endTicks >= poll.start_ticks {
            let kind = PollKind(of: poll)
            let key = PollKey(stack: poll.stack, kind: kind, executor: poll.executor)
            if kind == .actor {
                while let job = inside.last, job.start >= poll.start_ticks {
                    inside.removeLast()
                    count(job.key, from: job.start, to: job.end, on: poll.executor)
                }
            } else if poll.isNested, UInt32(poll.executor) == POLLSCOPE_EXECUTOR_ACTOR.rawValue {
                if inside.count < 1 << 16 { inside.append((key, poll.start_ticks, poll.endTicks)) }
            } else if !kind.isContainer {
                count(key, from: poll.start_ticks, to: poll.endTicks, on: poll.executor)
            }
            if !poll.isNested { inside.removeAll(keepingCapacity: true) }
        }
        if !inside.isEmpty { inner[batch.thread] = inside }
    }

    private mutating func count(_ key: PollKey, from start: UInt64, to end: UInt64, on executor: UInt8) {
        forEachWait(from: start, to: end) { wait, ticks in
            // Wrapping here and below: only hostile polls overlap a wait for so long.
            if wait.executor == executor { wait.held[key, default: 0] &+= ticks }
        }
    }

    private mutating func add(hold: pollscope_poll_record) {
        let actor = Actor(type: hold.heldType, actor: hold.heldActor)
        let key = PollKey(stack: hold.stack, kind: .task, executor: hold.executor)
        forEachWait(from: hold.start_ticks, to: hold.endTicks) { wait, ticks in
            guard wait.executor == nil else { return }
            if hold.task == wait.task, hold.start_ticks == wait.pollStart { wait.actor = actor }
            guard ticks > 0, wait.actors[actor] != nil || wait.actors.count < Self.actorsMax else { return }
            wait.actors[actor, default: [:]][key, default: 0] &+= ticks
        }
    }

    /// Waits of this chunk that touch a stretch of time, with the ticks that they have in common.
    @inline(__always)
    private mutating func forEachWait(from start: UInt64, to end: UInt64, _ body: (inout Wait, UInt64) -> Void) {
        guard end >= start else { return }
        var index = current.upperBound
        // Those behind have begun later.
        if current.count > 16 {
            index = waits[current].firstIndexSorted { $0.start > end }
        }
        while index > current.lowerBound {
            index -= 1
            guard reach[index] >= start else { return }
            guard waits[index].until >= start, waits[index].start <= end else { continue }
            let common = min(end, waits[index].end).subtractingClamped(max(start, waits[index].start))
            body(&waits[index], common)
        }
    }

    /// Tells the requests what was found.
    func apply(to table: inout RequestTable) {
        var byRequest: [UInt64: [Int]] = [:]
        for index in waits.indices { byRequest[waits[index].request, default: []].append(index) }
        table.change { request in
            guard let indices = byRequest[request.number] else { return }
            request.holders = Array(repeating: [], count: request.stretches.count)
            for index in indices where waits[index].stretch < request.holders.count {
                request.holders[waits[index].stretch] = Self.most(of: waits[index])
            }
        }
    }

    private static func most(of wait: Wait) -> [HeldTime] {
        let held = wait.executor != nil ? wait.held : wait.actor.flatMap { wait.actors[$0] } ?? [:]
        return held.filter { $0.value > 0 }.map { HeldTime(poll: $0.key, ticks: $0.value) }
            .sorted { ($0.ticks, $1.poll.stack) > ($1.ticks, $0.poll.stack) }.prefix(8).map { $0 }
    }
}
