// Polls in, figures out: everything that is counted while a recording goes by, in memory that does not grow with
// the number of polls.
//
// Consecutive stretches of a recording can be analysed by two threads: each feeds a value of its own, and the
// later one is appended to the earlier one. All figures come out as if one had seen everything; the width has its
// own rules (see Occupancy).

import CPollscopeLayout
import Sessions

public struct PollAnalysis: Sendable {
    /// How one executor did as a whole.
    struct ExecutorActivity: Sendable {
        var polls: UInt64 = 0
        /// Time of its threads inside its polls within the span. A nested poll adds to it where the one around it is
        /// another executor's.
        var busyTicks: UInt64 = 0
    }

    let clock: TickClock
    let span: TickSpan
    let spanOfCPU: TickSpan
    private(set) var stacks = StackTable()
    private(set) var executors = [ExecutorActivity](repeating: ExecutorActivity(), count: 256)
    private(set) var threads: [ThreadActivity] = []
    private(set) var occupancy = Occupancy()
    private(set) var slowest: SlowestPolls
    /// By thread: the end of its last turn.
    private var turnEnds: [Int: UInt64] = [:]
    /// `slowest` are of these polls; `nil`: of all.
    private let focus: PollFocus?
    /// Runs of jobs, turns of event loops and works of queues; holds of actors are none.
    private(set) var polls: UInt64 = 0
    private(set) var holds: UInt64 = 0
    private(set) var actors: HoldAnalysis
    private(set) var starts: TaskStarts
    /// Records that were overwritten before they could be read, polls and holds.
    private(set) var lost: UInt64 = 0
    /// Of threads on which polls lay inside others, by thread.
    private var nestings: [Int: NestedPolls] = [:]
    /// What a nested poll allocated is its outer one's.
    private(set) var allocations = AllocationCounts()
    private(set) var pollsWithoutStack: UInt64 = 0
    private(set) var earliestStart = UInt64.max
    private(set) var latestEnd: UInt64 = 0

    /// `span` is the time between the first look at the process and the last, `spanOfCPU` the part of it that CPU times
    /// are known for: utilisation and coverage count what lies inside. `nil`: all polls count. The slowest polls are
    /// kept one by one; with a `focus`, the slowest of its polls.
    public init(
        calibration: Calibration, thresholds: ReportThresholds = ReportThresholds(),
        span: ClosedRange<Ticks>? = nil, spanOfCPU: ClosedRange<Ticks>? = nil, slowest: Int = 10,
        focus: PollFocus? = nil
    ) {
        self.focus = focus
        clock = TickClock(calibration, thresholds)
        self.span = TickSpan(span)
        self.spanOfCPU = TickSpan(spanOfCPU)
        self.slowest = SlowestPolls(capacity: slowest)
        actors = HoldAnalysis(clock: clock, span: self.span)
        starts = TaskStarts(span: span, secondsPerTick: clock.secondsPerTick)
    }

    /// Takes one thread's polls of the current chunk.
    public mutating func add(_ batch: ThreadPolls) {
        lost &+= batch.lost
        occupancy.add(batch)
        polls &+= UInt64(batch.polls.count)
        holds &+= UInt64(batch.holds.count)
        actors.add(batch.holds)
        var activity = ThreadActivity()
        // Taken out, so that it is changed in place.
        var nesting = nestings.isEmpty ? nil : nestings.removeValue(forKey: batch.thread)
        if batch.lost > 0 { nesting?.forget() }
        // A thread's first poll may lie around some of the stretch before.
        let isFirst = batch.lost == 0 && !hasPolls(ofThread: batch.thread)
        var mayHoldOthers = isFirst || nesting.map { !$0.waiting.isEmpty } ?? false
        for poll in batch.polls {
            let kind = PollKind(of: poll)
            stacks.add(poll, kind: kind, clock: clock)
            if !kind.isContainer { offer(poll, kind: kind, thread: batch.thread) }
            if poll.has(POLLSCOPE_POLL_FIRST) { starts.add(poll) }
            let busy = poll.isNested ? 0 : span.overlap(poll)
            activity.busyTicks &+= poll.isNested ? 0 : spanOfCPU.overlap(poll)
            if !poll.isNested { allocations.add(AllocationCounts(of: poll)) }
            activity.executors.insert(poll.executor)
            executors[Int(poll.executor)].polls &+= 1
            executors[Int(poll.executor)].busyTicks &+= busy
            // What is named by its executor lacks nothing.
            if poll.stack == 0, kind != .turn, kind != .work { pollsWithoutStack &+= 1 }
            if kind == .turn {
                // Between two turns the loop waits, and does nothing else: both ends of that were seen.
                if let end = turnEnds[batch.thread], batch.lost == 0, end < poll.start_ticks {
                    activity.loopWaitTicks &+= spanOfCPU.overlap(from: end, to: poll.start_ticks)
                }
                turnEnds[batch.thread] = poll.endTicks
            }
            earliestStart = min(earliestStart, poll.start_ticks)
            latestEnd = max(latestEnd, poll.endTicks)
            if mayHoldOthers || poll.isNested || kind.isContainer {
                var known = nesting.take() ?? NestedPolls(isFirst: isFirst)
                take(poll, kind: kind, of: batch, &known)
                mayHoldOthers = !known.waiting.isEmpty
                nesting = known
            }
        }
        if let nesting { nestings[batch.thread] = nesting }
        activity.polls = UInt64(batch.polls.count)
        merge(activity, ofThread: batch.thread)
    }

    /// Counts a poll's time once where it lies in others, or others in it.
    @inline(never)
    private mutating func take(
        _ poll: pollscope_poll_record, kind: PollKind, of batch: ThreadPolls, _ nesting: inout NestedPolls
    ) {
        let key = PollKey(stack: poll.stack, kind: kind, executor: poll.executor)
        let own = nesting.take(poll, key: key) { inner in
            count(inner, in: key)
            if inner.key.executor != poll.executor {
                occupancy.add(from: inner.start, to: inner.end, on: inner.key.executor, ring: batch.ring)
            }
        }
        var inner = PollShare(of: poll)
        inner.takeOff(own)
        if inner != PollShare() { stacks.takeOff(inner, of: key, isNested: poll.isNested) }
        guard kind.isContainer else { return }
        stacks.tally(ownTicks: own.ticks, of: key, clock: clock)
        // Otherwise a poll inside it is what was slow.
        if own.ticks >= poll.duration_ticks / 2 { offer(poll, kind: kind, thread: batch.thread) }
    }

    @inline(__always)
    private mutating func offer(_ poll: pollscope_poll_record, kind: PollKind, thread: Int) {
        if focus?.contains(poll, kind: kind) ?? true { slowest.offer(poll, thread: thread) }
    }

    /// A nested poll's time and bytes, now that it is known what it lies in.
    private mutating func count(_ inner: NestedPolls.Inner, in outer: PollKey) {
        if inner.key.executor != outer.executor {
            executors[Int(inner.key.executor)].busyTicks &+= span.overlap(from: inner.start, to: inner.end)
        }
        if outer.kind.isContainer { stacks.countOutermost(bytes: inner.own.allocations.bytes, of: inner.key) }
    }

    private func hasPolls(ofThread thread: Int) -> Bool {
        threads.indices.contains(thread) && threads[thread].polls > 0
    }

    /// Counts a poll that never ended in the recording: the time that it took so far, not the poll.
    public mutating func add(unfinished poll: pollscope_poll_record, thread: Int) {
        earliestStart = min(earliestStart, poll.start_ticks)
        latestEnd = max(latestEnd, poll.endTicks)
        var activity = ThreadActivity()
        activity.executors.insert(poll.executor)
        // Of polls inside others only the innermost is known while they run.
        activity.busyTicks = spanOfCPU.overlap(poll)
        executors[Int(poll.executor)].busyTicks &+= span.overlap(poll)
        merge(activity, ofThread: thread)
    }

    /// Ends a chunk: one look at every ring.
    public mutating func endChunk() { occupancy.endChunk() }

    /// Adds what was counted in the chunks that follow this value's last one.
    public mutating func append(_ next: PollAnalysis) {
        stacks.merge(next.stacks)
        for index in executors.indices {
            executors[index].polls &+= next.executors[index].polls
            executors[index].busyTicks &+= next.executors[index].busyTicks
        }
        appendNestings(of: next)
        for (thread, activity) in next.threads.enumerated() { merge(activity, ofThread: thread) }
        occupancy.append(next.occupancy)
        slowest.merge(next.slowest)
        polls &+= next.polls
        holds &+= next.holds
        actors.append(next.actors)
        starts.merge(next.starts)
        allocations.add(next.allocations)
        lost &+= next.lost
        pollsWithoutStack &+= next.pollsWithoutStack
        earliestStart = min(earliestStart, next.earliestStart)
        latestEnd = max(latestEnd, next.latestEnd)
    }

    /// `stacks` have been merged, `threads` have not.
    private mutating func appendNestings(of next: PollAnalysis) {
        for thread in next.threads.indices where next.hasPolls(ofThread: thread) {
            let isFirst = !hasPolls(ofThread: thread)
            guard let after = next.nestings[thread] else {
                // Its polls there lie in no others, so neither do those here.
                nestings[thread]?.forget()
                continue
            }
            var nesting = nestings.removeValue(forKey: thread) ?? NestedPolls(isFirst: isFirst)
            var lost: [(NestedPolls.Outer, PollShare)] = []
            var found: [(NestedPolls.Inner, PollKey)] = []
            nesting.append(after) {
                lost.append(($0, $1))
            } found: {
                found.append(($0, $1))
            }
            for (outer, share) in lost { stacks.takeOff(share, of: outer.key, isNested: outer.isNested) }
            for (inner, outer) in found { count(inner, in: outer) }
            nestings[thread] = nesting
        }
    }

    private mutating func merge(_ activity: ThreadActivity, ofThread thread: Int) {
        // An index from a recording; whoever reads one accepts no more threads than this.
        guard thread >= 0, thread < 1 << 20 else { return }
        while threads.count <= thread { threads.append(ThreadActivity()) }
        threads[thread].merge(activity)
    }
}
