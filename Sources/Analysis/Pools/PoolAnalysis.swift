// Takes what records tell of pools: counts, histograms, time in use and waited, and the leases themselves.
//
// Memory is bounded: all but the leases is of fixed size, and of these there are at most `leasesMax` for all pools
// together, 24 bytes each. Beyond that the stretch of the recording until then is what is swept and replayed; counts,
// histograms and means go on.

import CPollscopeLayout
import Sessions

/// What is known of all pools from their records.
public struct PoolAnalysis: Sendable {
    /// By index: a pool's number, less one.
    private(set) var pools: [PoolRecords?] = Array(repeating: nil, count: Int(POLLSCOPE_POOLS_MAX))
    let span: ClosedRange<Ticks>?
    let calibration: Calibration
    private let leasesMax: Int
    private var leases = 0
    /// The last answer or release among what is kept, once something is not; `nil`: everything is.
    private(set) var stretchEnd: UInt64?
    private var latest: UInt64 = 0

    public init(facts: RecordingFacts) { self.init(facts: facts, leasesMax: 4_000_000) }

    init(facts: RecordingFacts, leasesMax: Int) {
        span = facts.span
        calibration = facts.calibration
        self.leasesMax = leasesMax
    }

    /// Takes the records of one look. Those that tell of something else are passed over.
    public mutating func add(_ records: [pollscope_event_record]) {
        // Of a look all is kept or nothing, so that the stretch has an end. One look alone has no more than rings hold.
        if stretchEnd == nil, leases > 0, leases + records.count > leasesMax { stretchEnd = latest }
        for record in records {
            switch UInt32(record.kind) {
            case POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue, POLLSCOPE_EVENT_POOL_RELEASED.rawValue,
                POLLSCOPE_EVENT_CONNECTION_OPENED.rawValue, POLLSCOPE_EVENT_CONNECTION_CLOSED.rawValue:
                add(record)
            default: break
            }
        }
    }

    private mutating func add(_ record: pollscope_event_record) {
        let index = Int(record.subject) - 1
        guard pools.indices.contains(index) else { return }
        if pools[index] == nil { pools[index] = PoolRecords(span: span, calibration: calibration) }
        let isKept = stretchEnd == nil && leases < leasesMax
        let before = pools[index]?.leases.count ?? 0
        pools[index]?.add(record, isKept: isKept)
        leases += (pools[index]?.leases.count ?? 0) - before
        if isKept { latest = max(latest, record.at_ticks) }
    }
}

/// What records tell of one pool.
struct PoolRecords: Sendable {
    private(set) var acquired: UInt64 = 0
    private(set) var failed: UInt64 = 0
    private(set) var timedOut: UInt64 = 0
    private(set) var cancelled: UInt64 = 0
    private(set) var released: UInt64 = 0
    private(set) var dropped: UInt64 = 0
    private(set) var opened: UInt64 = 0
    private(set) var closed: UInt64 = 0
    private(set) var wait = Histogram()
    private(set) var failedWait = Histogram()
    private(set) var hold = Histogram()
    private(set) var inUse: PoolTimeline
    private(set) var waiting: PoolTimeline
    private(set) var leases = PoolLeases()
    private let start: UInt64
    private let secondsPerTick: Double

    init(span: ClosedRange<Ticks>?, calibration: Calibration) {
        inUse = PoolTimeline(span: span)
        waiting = PoolTimeline(span: span)
        start = span?.lowerBound.rawValue ?? 0
        secondsPerTick = calibration.secondsPerTick
    }

    mutating func add(_ record: pollscope_event_record, isKept: Bool) {
        // Safe: 2^64 records cannot be counted one by one.
        switch UInt32(record.kind) {
        case POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue: add(answer: record, isKept: isKept)
        case POLLSCOPE_EVENT_POOL_RELEASED.rawValue: add(release: record, isKept: isKept)
        case POLLSCOPE_EVENT_CONNECTION_OPENED.rawValue: opened &+= 1
        default: closed &+= 1
        }
    }

    private mutating func add(answer record: pollscope_event_record, isKept: Bool) {
        let (since, at) = (record.since_ticks, record.at_ticks)
        // What ends before it begins took no time.
        let seconds = Double(at.subtractingClamped(since)) * secondsPerTick
        waiting.add(from: since, to: at)
        guard UInt32(record.detail) == POLLSCOPE_OUTCOME_OK.rawValue else {
            failed &+= 1
            if UInt32(record.detail) == POLLSCOPE_OUTCOME_TIMED_OUT.rawValue { timedOut &+= 1 }
            if UInt32(record.detail) == POLLSCOPE_OUTCOME_CANCELLED.rawValue { cancelled &+= 1 }
            failedWait.record(seconds)
            return leases.addFailed(asked: since, answered: at, isKept: isKept)
        }
        acquired &+= 1
        wait.record(seconds)
        leases.addAcquired(record.number, asked: since, answered: at, isKept: isKept)
    }

    private mutating func add(release record: pollscope_event_record, isKept: Bool) {
        let (since, at) = (record.since_ticks, record.at_ticks)
        released &+= 1
        if UInt32(record.flags) & POLLSCOPE_EVENT_DROPPED.rawValue != 0 { dropped &+= 1 }
        hold.record(Double(at.subtractingClamped(since)) * secondsPerTick)
        inUse.add(from: since, to: at)
        leases.addReleased(record.number, since: since, at: at, isOlder: since < start, isKept: isKept)
    }
}
