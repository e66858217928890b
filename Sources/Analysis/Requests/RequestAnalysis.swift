// Events and polls in, figures of requests out: which task works for which request, and where each request's time went.
//
// Everything goes by in the order of time, events by their moment, polls by their end. A request is on the task that
// it began in. A task that is made in a task that works for a request works for it too, until the outermost request
// ends. A poll of a task that works for a request is kept as a piece of it, with who woke it. When a request has
// ended, and the poll that it ended in has come, its critical path is followed from the end to the start (see
// CriticalPath.swift), and counted. Then all that only it needed is dropped. So memory goes with the requests that
// are in flight, and where these are too many, it is bounded: the request is counted, without its anatomy.
//
// RequestEvents.swift has what events change, RequestPolls.swift what polls do, RequestSettling.swift what happens when
// a request has ended, RequestBounds.swift the bounds on memory.

import CPollscopeLayout
import Sessions

struct RequestAnalysis: Sendable {
    /// What the recording holds in all, and what was wrong in it.
    struct Counts: Sendable {
        var begun: UInt64 = 0
        var ended: UInt64 = 0
        var endsWithoutBegin: UInt64 = 0
        var endedTwice: UInt64 = 0
        var endedElsewhere: UInt64 = 0
        var namesRefused: UInt64 = 0
        var withoutAnatomy: UInt64 = 0
        var recordsLost: UInt64 = 0
        /// Open requests that there was no room for; they are open for all that is known.
        var openForgotten: UInt64 = 0
        /// For the law: anatomies that did not add up to their duration.
        var unbalanced: UInt64 = 0
        var balanced: UInt64 = 0
    }

    let limits: Limits
    let clock: TickClock
    let threadCount: Int
    let slots: SlotOwners
    let splits: LongPollSplits
    let tids: [UInt32]

    var counts = Counts()
    var figures: RequestTable
    var order = EventOrder()
    var losses = LossWindows()
    var threads: [ThreadWakes] = []

    var tasks: [WorkingTask] = []
    var freeTasks: [Int32] = []
    var taskPlaces: [UInt32: Int32] = [:]
    var groups: [WorkGroup] = []
    var freeGroups: [Int32] = []
    var requests: [TrackedRequest] = []
    var freeRequests: [Int32] = []
    var requestPlaces: [UInt64: Int32] = [:]
    var traces: [UInt64: TraceIdentity] = [:]
    var openCount = 0
    var pieceCount = 0
    var wakeCount = 0
    /// Ended, and not settled; some are settled by now.
    var ended: [EndedRequest] = []
    var endedNumbers = RecentNumbers(capacity: 1 << 16)

    /// How many chunks of events have come.
    private(set) var flush = 0
    /// What ended earlier has all come when the next chunk of events does, and what ended before `before` has come now.
    private var until: UInt64 = 0
    private var before: UInt64 = 0
    /// By thread: the end of its last poll.
    private var lastEnds: [Int: UInt64] = [:]
    private var sinceSettling = 0

    init(
        facts: RecordingFacts, splits: LongPollSplits = LongPollSplits(),
        thresholds: ReportThresholds = ReportThresholds(), limits: Limits = Limits()
    ) {
        self.limits = limits
        self.splits = splits
        clock = TickClock(facts.calibration, thresholds)
        figures = RequestTable(secondsPerTick: facts.calibration.secondsPerTick)
        threadCount = facts.threads.count
        tids = facts.threads.map(\.tid)
        slots = SlotOwners(facts.threads.lazy.map { (slot: $0.slot, claimed: $0.claimed.rawValue) })
    }

    /// Takes the events of one chunk, of each thread in their order. `until`: what ended before it has come with this
    /// chunk, with the polls between it and the next one, or earlier.
    mutating func add(_ records: [pollscope_event_record], runs: [EvidenceRun], lost: UInt64, until: Ticks) {
        proceed(to: self.until)
        flush += 1
        settle(all: false)
        // Wrapping: counts of records; a hostile file gives wrong counts and no fault.
        counts.recordsLost &+= lost
        if lost > 0 { noteLosses(runs, records: records, until: until.rawValue) }
        for record in records { order.add(record) }
        before = self.until
        self.until = max(self.until, until.rawValue)
        takeOverflow()
    }

    /// Takes one thread's polls of the current chunk.
    mutating func add(_ batch: ThreadPolls) {
        guard batch.thread >= 0, batch.thread < threadCount else { return }
        if batch.lost > 0 {
            let from = max(before, lastEnds[batch.thread] ?? 0)
            losses.add(from: from, to: batch.polls.first?.start_ticks ?? from)
        }
        if let last = batch.polls.last { lastEnds[batch.thread] = last.endTicks }
        wakes(of: batch.thread) { $0.running = batch.running ?? pollscope_poll_record() }
        order.add(batch.polls, of: batch.thread)
        takeOverflow()
    }

    /// A chunk could not be read: something was lost between these moments.
    mutating func addLoss(from start: Ticks, to end: Ticks) {
        if start <= end { losses.add(from: start.rawValue, to: end.rawValue) }
    }

    /// Ends the recording: what ran then, ran until then.
    mutating func finish(unfinished: [RunningPoll]) {
        proceed(to: nil)
        for running in unfinished.sorted(by: { $0.poll.endTicks < $1.poll.endTicks }) {
            guard running.thread >= 0, running.thread < threadCount else { continue }
            take(running.poll, of: running.thread)
        }
        flush += 1
        settle(all: true)
    }

    /// Takes what has come, in the order of time, before `limit`; `nil`: all.
    private mutating func proceed(to limit: UInt64?) {
        order.begin(before: limit)
        while let next = order.next() {
            switch next {
            case .event(let event): take(event)
            case .poll(let poll, let thread): take(poll, of: thread)
            }
            sinceSettling += 1
            if sinceSettling >= limits.settleEvery { settle(all: false) }
        }
        order.end()
    }

    /// A recording that never says until when all is known must not be kept in memory whole.
    private mutating func takeOverflow() {
        guard order.count > limits.waitingRecords else { return }
        proceed(to: nil)
        flush += 1
        settle(all: false)
    }

    private mutating func settle(all: Bool) {
        sinceSettling = 0
        settleEnded(all: all)
    }

    /// Between a thread's last event that has come, and the first behind those that were lost, anything can have
    /// happened.
    private mutating func noteLosses(_ runs: [EvidenceRun], records: [pollscope_event_record], until: UInt64) {
        var behind: Set<UInt32> = []
        for run in runs where run.lost > 0 { behind.insert(UInt32(truncatingIfNeeded: run.first)) }
        var latest: [UInt32: UInt64] = [:]
        for record in records {
            // The low half of a number. If it is another ring's, more counts as lost than was.
            if behind.contains(record.sequence) {
                losses.add(from: max(self.until, latest[record.tid] ?? 0), to: record.at_ticks)
            }
            latest[record.tid] = record.at_ticks
        }
        let found = Set(records.lazy.map(\.sequence))
        if behind.isEmpty || !behind.isSubset(of: found) {
            losses.add(from: self.until, to: max(self.until, until, latest.values.max() ?? 0))
        }
    }

    @inline(__always)
    mutating func wakes<Result>(of thread: Int, _ body: (inout ThreadWakes) -> Result) -> Result {
        while threads.count <= thread { threads.append(ThreadWakes()) }
        return body(&threads[thread])
    }
}

/// Numbers that were met lately.
struct RecentNumbers: Sendable {
    private let capacity: Int
    private var numbers: [UInt64] = []
    private var oldest = 0
    private var known: Set<UInt64> = []

    init(capacity: Int) { self.capacity = capacity }

    mutating func insert(_ number: UInt64) {
        guard known.insert(number).inserted else { return }
        if numbers.count < capacity {
            numbers.append(number)
        } else {
            known.remove(numbers[oldest])
            numbers[oldest] = number
            oldest = (oldest + 1) % capacity
        }
    }

    func contains(_ number: UInt64) -> Bool { known.contains(number) }
}
