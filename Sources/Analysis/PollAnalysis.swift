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
        /// Time inside polls within the span; a nested poll adds nothing.
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
    /// `slowest` are of these polls; `nil`: of all.
    private let focus: PollFocus?
    private(set) var polls: UInt64 = 0
    private(set) var lost: UInt64 = 0
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
    }

    /// Takes one thread's polls of the current chunk.
    public mutating func add(_ batch: ThreadPolls) {
        lost &+= batch.lost
        occupancy.add(batch)
        polls &+= UInt64(batch.polls.count)
        var activity = ThreadActivity()
        for poll in batch.polls {
            let kind = PollKind(of: poll)
            stacks.add(poll, kind: kind, clock: clock)
            if focus?.contains(stack: poll.stack, kind: kind) ?? true { slowest.offer(poll, thread: batch.thread) }
            let busy = poll.isNested ? 0 : span.overlap(poll)
            activity.busyTicks &+= poll.isNested ? 0 : spanOfCPU.overlap(poll)
            if !poll.isNested { allocations.add(AllocationCounts(of: poll)) }
            activity.executors.insert(poll.executor)
            executors[Int(poll.executor)].polls &+= 1
            executors[Int(poll.executor)].busyTicks &+= busy
            if poll.stack == 0 { pollsWithoutStack &+= 1 }
            earliestStart = min(earliestStart, poll.start_ticks)
            latestEnd = max(latestEnd, poll.endTicks)
        }
        activity.polls = UInt64(batch.polls.count)
        merge(activity, ofThread: batch.thread)
    }

    /// Counts a poll that never ended in the recording: the time that it took so far, not the poll.
    public mutating func add(unfinished poll: pollscope_poll_record, thread: Int) {
        earliestStart = min(earliestStart, poll.start_ticks)
        latestEnd = max(latestEnd, poll.endTicks)
        var activity = ThreadActivity()
        activity.executors.insert(poll.executor)
        activity.busyTicks = poll.isNested ? 0 : spanOfCPU.overlap(poll)
        executors[Int(poll.executor)].busyTicks &+= poll.isNested ? 0 : span.overlap(poll)
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
        for (thread, activity) in next.threads.enumerated() { merge(activity, ofThread: thread) }
        occupancy.append(next.occupancy)
        slowest.merge(next.slowest)
        polls &+= next.polls
        allocations.add(next.allocations)
        lost &+= next.lost
        pollsWithoutStack &+= next.pollsWithoutStack
        earliestStart = min(earliestStart, next.earliestStart)
        latestEnd = max(latestEnd, next.latestEnd)
    }

    private mutating func merge(_ activity: ThreadActivity, ofThread thread: Int) {
        // An index from a recording; whoever reads one accepts no more threads than this.
        guard thread >= 0, thread < 1 << 20 else { return }
        while threads.count <= thread { threads.append(ThreadActivity()) }
        threads[thread].merge(activity)
    }
}
