// Requests and pools as a session tells of them: durations by name and outcome, waits by pool, and what leads to a slow one.

import Analysis
import CPollscopeLayout
import Exporting
import Sessions

/// Durations of one kind, and one value of each order of magnitude to look up.
struct DurationFigures {
    var seconds = Histogram()
    /// By the power of two that is its upper bound: the latest.
    var exemplars: [Int: MetricExemplar] = [:]

    mutating func merge(_ other: DurationFigures) {
        seconds.merge(other.seconds)
        exemplars.merge(other.exemplars) { $0.timestamp >= $1.timestamp ? $0 : $1 }
    }

    mutating func keep(_ exemplar: MetricExemplar) {
        // The exponent of the least power of two that is no less, as buckets include their upper bounds.
        let exponent = exemplar.value > 0 ? exemplar.value.exponent : -30
        let isPower = exemplar.value > 0 && exemplar.value.significand == 1
        exemplars[Int(isPower ? exponent : exponent + 1)] = exemplar
    }
}

/// Requests of one name that ended in one way.
struct RequestKind: Hashable {
    /// As the session numbers names; 0: not kept.
    var name: UInt32
    var outcome: UInt8
}

/// Those who waited for one pool.
struct PoolFigures {
    var waits = DurationFigures()
    var failures: UInt64 = 0
    var timeouts: UInt64 = 0

    mutating func merge(_ other: PoolFigures) {
        waits.merge(other.waits)
        failures &+= other.failures
        timeouts &+= other.timeouts
    }
}

/// Turns events of a session into durations.
struct RequestFigures {
    private struct Open {
        var start: UInt64
        var name: UInt32
        var isWhole: Bool
        var trace: (high: UInt64, low: UInt64, span: UInt64)?
    }

    /// Of more, the oldest are forgotten: their ends may have been lost.
    private static let openMax = 20_000

    private let secondsPerTick: Double
    /// Seconds since 1970 of a moment on the session's clock.
    private let wallSeconds: (UInt64) -> Double
    private var open: [UInt64: Open] = [:]
    private var order: [UInt64] = []
    private(set) var requests: [RequestKind: DurationFigures] = [:]
    private(set) var pools: [UInt32: PoolFigures] = [:]

    init(secondsPerTick: Double, wallSeconds: @escaping (UInt64) -> Double) {
        self.secondsPerTick = secondsPerTick
        self.wallSeconds = wallSeconds
    }

    /// User-visible requests that have begun and not ended.
    var openCount: Int { open.values.count { $0.isWhole } }

    mutating func take(_ records: [pollscope_event_record]) {
        for record in records {
            switch UInt32(record.kind) {
            case POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue: begin(record)
            case POLLSCOPE_EVENT_REQUEST_TRACED.rawValue:
                open[record.number]?.trace = (record.other, record.since_ticks, record.blocked_ticks)
            case POLLSCOPE_EVENT_REQUEST_ENDED.rawValue: end(record)
            case POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue: acquire(record)
            default: continue
            }
        }
    }

    private mutating func begin(_ record: pollscope_event_record) {
        if open.count >= Self.openMax { forgetOldest() }
        let isWhole = UInt32(record.detail) == POLLSCOPE_REQUEST_WHOLE.rawValue && record.other == 0
        let arrived = record.since_ticks != 0 && record.since_ticks < record.at_ticks
        open[record.number] = Open(
            start: arrived ? record.since_ticks : record.at_ticks, name: record.subject, isWhole: isWhole)
        order.append(record.number)
        if order.count > 2 * Self.openMax { order.removeAll { open[$0] == nil } }
    }

    private mutating func forgetOldest() {
        for number in order.prefix(Self.openMax / 4) { open[number] = nil }
        order.removeFirst(min(order.count, Self.openMax / 4))
    }

    private mutating func end(_ record: pollscope_event_record) {
        // Of one that began before it was looked at, neither its kind nor its arrival is known.
        guard let request = open.removeValue(forKey: record.number), request.isWhole,
            record.at_ticks >= request.start
        else { return }
        let seconds = Double(record.at_ticks - request.start) * secondsPerTick
        let kind = RequestKind(name: record.subject != 0 ? record.subject : request.name, outcome: record.detail)
        requests[kind, default: DurationFigures()].seconds.record(seconds)
        requests[kind]?.keep(
            MetricExemplar(
                labels: Self.labels(of: request.trace, task: record.task), value: seconds,
                timestamp: wallSeconds(record.at_ticks)))
    }

    private static func labels(
        of trace: (high: UInt64, low: UInt64, span: UInt64)?, task: UInt32
    ) -> [MetricLabel] {
        guard let trace else { return [MetricLabel("task", String(task))] }
        return [
            MetricLabel("trace_id", hex(trace.high) + hex(trace.low)), MetricLabel("span_id", hex(trace.span)),
        ]
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private mutating func acquire(_ record: pollscope_event_record) {
        let seconds = Double(record.at_ticks - min(record.at_ticks, record.since_ticks)) * secondsPerTick
        pools[record.subject, default: PoolFigures()].waits.seconds.record(seconds)
        switch UInt32(record.detail) {
        case POLLSCOPE_OUTCOME_OK.rawValue: break
        case POLLSCOPE_OUTCOME_TIMED_OUT.rawValue: pools[record.subject]?.timeouts &+= 1
        default: pools[record.subject]?.failures &+= 1
        }
    }

    /// Begins to count anew; what is open stays.
    mutating func drain(_ body: (RequestFigures) -> Void) {
        body(self)
        requests.removeAll(keepingCapacity: true)
        pools.removeAll(keepingCapacity: true)
    }
}
