// What is counted of one session since its figures were last given away: exact, and bounded by the session's own tables.

import Analysis
import CPollscopeLayout
import LiveView
import Sessions

/// What there is to count of one poll.
struct CountedPoll {
    var seconds: Double
    /// Of a drain or a turn, less what ran inside it.
    var ownSeconds: Double
    var blockedSeconds: Double
    /// `nil`: not known.
    var waitSeconds: Double?
    var isLong: Bool
    var isCritical: Bool
}

/// Counts of one executor.
struct ExecutorFigures {
    var duration = Histogram()
    var wait = Histogram()
    var blockedSeconds = 0.0
    /// Over the limit of a long poll, and those over that of a critical one, which are not in the first.
    var longPolls: UInt64 = 0
    var criticalPolls: UInt64 = 0

    mutating func add(_ poll: CountedPoll) {
        duration.record(poll.seconds)
        if let seconds = poll.waitSeconds { wait.record(seconds) }
        blockedSeconds += poll.blockedSeconds
        if poll.isCritical {
            criticalPolls &+= 1
        } else if poll.isLong {
            longPolls &+= 1
        }
    }

    mutating func merge(_ other: ExecutorFigures) {
        duration.merge(other.duration)
        wait.merge(other.wait)
        blockedSeconds += other.blockedSeconds
        longPolls &+= other.longPolls
        criticalPolls &+= other.criticalPolls
    }
}

/// Counts of the polls of one site.
struct SiteFigures {
    var polls: UInt64 = 0
    /// The polls' own: of a drain or a turn, less what ran inside it.
    var seconds = 0.0
    var blockedSeconds = 0.0
    var waitSeconds = 0.0
    var longPolls: UInt64 = 0
    var allocations: UInt64 = 0
    var allocatedBytes: UInt64 = 0

    /// What ran inside another poll allocated for that one, too: it counts once.
    mutating func add(_ poll: CountedPoll, _ record: pollscope_poll_record, isOutermost: Bool) {
        polls &+= 1
        seconds += poll.ownSeconds
        blockedSeconds += poll.blockedSeconds
        waitSeconds += poll.waitSeconds ?? 0
        if poll.isLong { longPolls &+= 1 }
        guard isOutermost else { return }
        allocations &+= UInt64(record.allocations)
        allocatedBytes &+= record.allocatedBytes
    }

    mutating func merge(_ other: SiteFigures) {
        polls &+= other.polls
        seconds += other.seconds
        blockedSeconds += other.blockedSeconds
        waitSeconds += other.waitSeconds
        longPolls &+= other.longPolls
        allocations &+= other.allocations
        allocatedBytes &+= other.allocatedBytes
    }
}

/// Counts of one observed call.
struct CallFigures {
    var calls: UInt64 = 0
    var seconds = 0.0
    var longCalls: UInt64 = 0

    mutating func merge(_ other: CallFigures) {
        calls &+= other.calls
        seconds += other.seconds
        longCalls &+= other.longCalls
    }
}

/// Records that were overwritten unread.
struct LossFigures {
    var polls: UInt64 = 0
    var evidence: UInt64 = 0
    var events: UInt64 = 0
    var allocations: UInt64 = 0

    mutating func merge(_ other: LossFigures) {
        polls &+= other.polls
        evidence &+= other.evidence
        events &+= other.events
        allocations &+= other.allocations
    }
}

/// Sites as the session numbers them: what its polls have in common before they have a name.
struct SiteNumber: Hashable {
    var stack: UInt32
    var kind: UInt8
    var flags: UInt8
    var executor: UInt8

    init(_ poll: pollscope_poll_record) {
        stack = poll.stack
        kind = poll.kind
        flags = poll.flags & UInt8(POLLSCOPE_POLL_TIMER.rawValue)
        executor = poll.executor
    }
}

/// Turns looks at a session into counts.
struct SessionFigures {
    /// A poll inside another, until that one ends.
    private struct Inner {
        var start: UInt64
        var ticks: UInt64
        var blockedTicks: UInt64
    }

    private static let nestingMax = 4_096

    private let secondsPerTick: Double
    private let longTicks: UInt64
    private let criticalTicks: UInt64

    private(set) var executors: [UInt8: ExecutorFigures] = [:]
    private(set) var sites: [SiteNumber: SiteFigures] = [:]
    /// One of the polls that a number stands for.
    private(set) var examples: [SiteNumber: pollscope_poll_record] = [:]
    private(set) var calls: [UInt16: CallFigures] = [:]
    private(set) var losses = LossFigures()
    private(set) var records: UInt64 = 0
    private var longestSeconds = 0.0
    private var inners: [UInt32: [Inner]] = [:]

    init(secondsPerTick: Double, thresholds: ReportThresholds) {
        self.secondsPerTick = secondsPerTick
        func ticks(_ seconds: Double) -> UInt64 {
            let ticks = seconds / secondsPerTick
            return ticks < 0x1p63 ? UInt64(max(0, ticks)) : .max
        }
        longTicks = ticks(thresholds.longPoll.value)
        criticalTicks = ticks(thresholds.criticalPoll.value)
    }

    mutating func take(_ look: SessionLook) {
        for batch in look.batches { take(batch) }
        losses.evidence &+= look.evidence.recordsLost &+ look.evidence.samplesLost
        losses.events &+= look.events.recordsLost
        losses.allocations &+= look.allocations.recordsLost
        for call in look.evidence.calls {
            let seconds = Double(call.durationTicks) * secondsPerTick
            calls[call.call, default: CallFigures()].calls &+= 1
            calls[call.call]?.seconds += seconds
            if call.durationTicks >= longTicks { calls[call.call]?.longCalls &+= 1 }
            longestSeconds = max(longestSeconds, seconds)
        }
        records &+= UInt64(look.pollCount) &+ UInt64(look.events.records.count)
    }

    private mutating func take(_ batch: PollBatch) {
        losses.polls &+= batch.lost
        if batch.lost > 0 { inners[batch.ring] = nil }
        for poll in batch.polls where UInt32(poll.kind) != POLLSCOPE_RECORD_HOLD.rawValue {
            let kind = PollKind(of: poll)
            var own = Inner(start: poll.start_ticks, ticks: poll.duration_ticks, blockedTicks: poll.blocked_ticks)
            if inners[batch.ring] != nil || poll.flags & Self.nested != 0 {
                nest(poll, isContainer: kind.isContainer, ring: batch.ring, &own)
            }
            count(poll, kind, own)
        }
    }

    private static let nested = UInt8(POLLSCOPE_POLL_NESTED.rawValue)
    private static let waitUnknown = UInt8(
        POLLSCOPE_POLL_WAIT_UNKNOWN.rawValue | POLLSCOPE_POLL_WAIT_AT_MOST.rawValue)

    /// Polls come in the order of their ends: what ran inside one has come before it.
    private mutating func nest(
        _ poll: pollscope_poll_record, isContainer: Bool, ring: UInt32, _ own: inout Inner
    ) {
        var open = inners[ring] ?? []
        while let inner = open.last, inner.start >= poll.start_ticks {
            open.removeLast()
            guard isContainer else { continue }
            own.ticks -= min(own.ticks, inner.ticks)
            own.blockedTicks -= min(own.blockedTicks, inner.blockedTicks)
        }
        if poll.flags & Self.nested != 0, open.count < Self.nestingMax {
            open.append(
                Inner(start: poll.start_ticks, ticks: poll.duration_ticks, blockedTicks: poll.blocked_ticks))
        }
        inners[ring] = open.isEmpty ? nil : open
    }

    private mutating func count(_ poll: pollscope_poll_record, _ kind: PollKind, _ own: Inner) {
        let isWaitKnown = kind != .turn && poll.flags & Self.waitUnknown == 0
        let counted = CountedPoll(
            seconds: Double(poll.duration_ticks) * secondsPerTick,
            ownSeconds: Double(own.ticks) * secondsPerTick,
            blockedSeconds: Double(own.blockedTicks) * secondsPerTick,
            waitSeconds: isWaitKnown ? Double(poll.wait_ticks) * secondsPerTick : nil,
            isLong: poll.duration_ticks >= longTicks, isCritical: poll.duration_ticks >= criticalTicks)
        executors[poll.executor, default: ExecutorFigures()].add(counted)
        let number = SiteNumber(poll)
        sites[number, default: SiteFigures()].add(counted, poll, isOutermost: poll.flags & Self.nested == 0)
        if examples[number] == nil { examples[number] = poll }
        if counted.isLong { longestSeconds = max(longestSeconds, counted.seconds) }
    }

    /// The longest poll or call since this was last asked, seconds.
    mutating func takeLongest() -> Double {
        defer { longestSeconds = 0 }
        return longestSeconds
    }

    /// Begins to count anew, with what was counted given to `body`.
    mutating func drain(_ body: (SessionFigures) -> Void) {
        body(self)
        executors.removeAll(keepingCapacity: true)
        sites.removeAll(keepingCapacity: true)
        calls.removeAll(keepingCapacity: true)
        losses = LossFigures()
        records = 0
    }
}
