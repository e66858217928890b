// Requests made for tests: events and polls of a service as its threads would have left them, in microseconds.

import CPollscopeLayout
import Sessions

@testable import Analysis

/// What a service did, and what the analysis makes of it.
struct MadeRequests {
    static let tick: UInt64 = 1_000  // a microsecond
    /// So that nothing happens before the session begins.
    static let begin: UInt64 = 1_000_000

    var threads = 8
    var events: [pollscope_event_record] = []
    var polls: [(thread: Int, poll: pollscope_poll_record)] = []
    var running: [RunningPoll] = []
    var lostEvents: UInt64 = 0
    private var numbers: [Int: UInt32] = [:]

    static func ticks(_ microseconds: Double) -> UInt64 { begin + UInt64(microseconds * Double(tick)) }

    // MARK: Events

    private mutating func event(
        _ kind: pollscope_event_kind, at moment: Double, task: UInt32, thread: Int
    ) -> pollscope_event_record {
        var event = pollscope_event_record()
        event.kind = UInt8(kind.rawValue)
        event.at_ticks = Self.ticks(moment)
        event.task = task
        event.tid = Made.thread(thread).tid
        event.sequence = numbers[thread, default: 0]
        numbers[thread, default: 0] += 1
        return event
    }

    /// Begins a request, and returns its number.
    @discardableResult
    mutating func begin(
        _ name: UInt32 = 1, at moment: Double, task: UInt32, thread: Int = 0, arrived: Double? = nil,
        isCall: Bool = false,
        parent: UInt64 = 0, blocked: Double? = nil
    ) -> UInt64 {
        var event = event(POLLSCOPE_EVENT_REQUEST_BEGAN, at: moment, task: task, thread: thread)
        event.detail = UInt8(isCall ? POLLSCOPE_REQUEST_CALL.rawValue : POLLSCOPE_REQUEST_WHOLE.rawValue)
        event.number = UInt64(thread) << 48 | UInt64(event.sequence) + 1
        event.other = parent
        event.since_ticks = arrived.map(Self.ticks) ?? 0
        event.subject = name
        event.setBlocked(blocked)
        events.append(event)
        return event.number
    }

    mutating func end(
        _ number: UInt64, at moment: Double, task: UInt32, thread: Int = 0,
        _ outcome: pollscope_outcome = POLLSCOPE_OUTCOME_OK, name: UInt32 = 0, blocked: Double? = nil
    ) {
        var event = event(POLLSCOPE_EVENT_REQUEST_ENDED, at: moment, task: task, thread: thread)
        event.detail = UInt8(outcome.rawValue)
        event.number = number
        event.subject = name
        event.since_ticks = events.first { $0.number == number }?.at_ticks ?? 0
        event.setBlocked(blocked)
        events.append(event)
    }

    mutating func make(_ task: UInt32, by maker: UInt32, at moment: Double, thread: Int = 0) {
        var event = event(POLLSCOPE_EVENT_TASK_MADE, at: moment, task: maker, thread: thread)
        event.subject = task
        events.append(event)
    }

    mutating func acquire(
        _ pool: UInt32 = 1, since: Double, at moment: Double, task: UInt32, thread: Int = 0, blocked: Double? = nil
    ) {
        var event = event(POLLSCOPE_EVENT_POOL_ACQUIRED, at: moment, task: task, thread: thread)
        event.detail = UInt8(POLLSCOPE_OUTCOME_OK.rawValue)
        event.subject = pool
        event.since_ticks = Self.ticks(since)
        event.setBlocked(blocked)
        events.append(event)
    }

    // MARK: Polls

    /// A poll from `start` to `end` that was runnable at `runnable`. `by`: the thread whose poll woke it.
    mutating func poll(
        _ task: UInt32, on thread: Int, _ runnable: Double, _ start: Double, _ end: Double, by waker: Int? = nil,
        outside: Int? = nil, kind: pollscope_record_kind = POLLSCOPE_RECORD_TASK,
        flags: [pollscope_poll_flags] = [], executor: pollscope_executor = POLLSCOPE_EXECUTOR_GLOBAL,
        blocked: Double = 0, stack: UInt32 = 1
    ) {
        var flags = flags
        if waker != nil { flags.append(POLLSCOPE_POLL_WAKER_POLL) }
        var poll = Made.poll(
            Self.ticks(start), Self.ticks(end) - Self.ticks(start), wait: Self.ticks(start) - Self.ticks(runnable),
            stack: stack, task: task, kind: kind, flags: flags, executor: executor,
            waker: (waker ?? outside).map(UInt16.init) ?? UInt16(POLLSCOPE_NO_SLOT))
        poll.blocked_ticks = UInt64(blocked * Double(Self.tick))
        polls.append((thread, poll))
    }

    /// The poll that begins and ends with others inside, on the actor that they ran on.
    mutating func drain(on thread: Int, _ runnable: Double, _ start: Double, _ end: Double) {
        poll(77, on: thread, runnable, start, end, kind: POLLSCOPE_RECORD_ACTOR)
    }

    // MARK: Analysis

    func facts() -> RecordingFacts { Made.facts(threads: threads) }

    /// All of it, in chunks that end at these moments, the last one at the end.
    func results(
        flushes: [Double] = [], limits: RequestAnalysis.Limits = RequestAnalysis.Limits(),
        splits: LongPollSplits = LongPollSplits(), change: (inout RequestAnalysis) -> Void = { _ in }
    ) -> RequestResults {
        var analysis = RequestAnalysis(facts: facts(), splits: splits, limits: limits)
        change(&analysis)
        let byThread = Dictionary(grouping: polls.indices, by: { polls[$0].thread }).mapValues { indices in
            indices.sorted { (polls[$0].poll.endTicks, $0) < (polls[$1].poll.endTicks, $1) }.map { polls[$0].poll }
        }
        let byTID = Dictionary(grouping: events, by: \.tid).mapValues { own in
            own.sorted { $0.at_ticks < $1.at_ticks }
        }
        var from: UInt64 = 0
        for flush in flushes.map(Self.ticks) + [UInt64.max] {
            // Of each thread in order; the threads in none.
            let new = byTID.sorted { $0.key > $1.key }.flatMap { _, own in
                own.filter { $0.at_ticks >= from && $0.at_ticks < flush }
            }
            analysis.add(
                new, runs: [], lost: flush == .max ? lostEvents : 0, until: Ticks(flush == .max ? 0 : flush))
            for (thread, own) in byThread.sorted(by: { $0.key > $1.key }) {
                let new = own.filter { $0.endTicks >= from && $0.endTicks < flush }
                let runs = own.filter { $0.start_ticks < flush && $0.endTicks >= flush }.max {
                    $0.start_ticks < $1.start_ticks
                }
                guard !new.isEmpty || runs != nil else { continue }
                MadeBatch(thread, new, running: runs).withThreadPolls { analysis.add($0) }
            }
            from = flush
        }
        analysis.finish(unfinished: running)
        return analysis.results
    }
}

extension pollscope_event_record {
    fileprivate mutating func setBlocked(_ microseconds: Double?) {
        guard let microseconds else { return }
        flags |= UInt16(POLLSCOPE_EVENT_IN_POLL.rawValue)
        blocked_ticks = UInt64(microseconds * Double(MadeRequests.tick))
    }
}

extension RequestResults {
    /// Microseconds by part of the slowest request of a name; parts that it has none of are left out.
    func anatomy(of name: UInt16 = 1, _ kind: RequestKind = .endpoint) -> [AnatomyPart: Double] {
        guard let shown = shown(name, kind) else { return [:] }
        var parts: [AnatomyPart: Double] = [:]
        for part in AnatomyPart.allCases where shown.anatomy[part.index] > 0 {
            parts[part] = Double(shown.anatomy[part.index]) / Double(MadeRequests.tick)
        }
        return parts
    }

    func shown(_ name: UInt16 = 1, _ kind: RequestKind = .endpoint) -> ShownRequest? {
        figures(of: name, kind)?.slowest.entries.first
    }

    func figures(of name: UInt16 = 1, _ kind: RequestKind = .endpoint) -> RequestFigures? {
        table.entries.first { $0.key == RequestTable.Key(kind: kind, name: name) }?.figures
    }
}
