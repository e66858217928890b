// A pool simulated event by event, apart from the analysis: who asks goes to the end of a line, and who gives back lets
// the first of the line in.

import CPollscopeLayout
import Foundation
import Sessions

@testable import Analysis

struct SimulatedPool {
    struct Lease {
        var asked: UInt64
        var acquired: UInt64
        var released: UInt64
    }

    /// A nanosecond a tick, as in `Made`; the recording begins here.
    static let start: UInt64 = 1_000

    /// Nanoseconds after the recording's start, in order; and how long each holds.
    var arrivals: [UInt64]
    var holds: [UInt64]

    /// Arrivals at random, and holds that are as often as long as one chooses.
    init(rate: Double, meanHold: Double, count: Int, seed: UInt64 = 7) {
        var random = Wild(state: seed)
        func exponential(_ mean: Double) -> UInt64 {
            UInt64(-log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &random)) * mean * 1e9)
        }
        var now: UInt64 = 0
        arrivals = (0..<count).map { _ in
            now += exponential(1 / rate)
            return now
        }
        holds = (0..<count).map { _ in exponential(meanHold) }
    }

    init(arrivals: [UInt64], holds: [UInt64]) {
        self.arrivals = arrivals
        self.holds = holds
    }

    func leases(size: Int) -> [Lease] {
        var leases = zip(arrivals, holds).map {
            Lease(asked: Self.start + $0.0, acquired: 0, released: Self.start + $0.1)
        }
        var line: [Int] = []
        var first = 0
        /// Who is in, the next to leave last.
        var inside: [(leaves: UInt64, who: Int)] = []
        func enter(_ who: Int, at moment: UInt64) {
            leases[who].acquired = moment
            leases[who].released = moment + holds[who]
            let leaves = leases[who].released
            let place = inside.firstIndex { $0.leaves <= leaves } ?? inside.count
            inside.insert((leaves, who), at: place)
        }
        func leave() {
            guard let next = inside.popLast() else { return }
            if first < line.count {
                first += 1
                enter(line[first - 1], at: next.leaves)
            }
        }
        for who in leases.indices {
            while let next = inside.last, next.leaves <= leases[who].asked { leave() }
            if inside.count < size { enter(who, at: leases[who].asked) } else { line.append(who) }
        }
        while !inside.isEmpty { leave() }
        return leases
    }

    /// The value of nearest rank of the waits, in seconds.
    static func waitP99(_ leases: [Lease]) -> Double {
        let waits = leases.map { $0.acquired - $0.asked }.sorted()
        return Double(waits[(waits.count * 99 + 99) / 100 - 1]) * 1e-9
    }

    func waitP99(size: Int) -> Double { Self.waitP99(leases(size: size)) }
}

/// What a session would tell of pools.
enum MadePools {
    static func acquired(
        _ number: UInt64, asked: UInt64, at: UInt64, outcome: pollscope_outcome = POLLSCOPE_OUTCOME_OK, pool: UInt32 = 1
    ) -> pollscope_event_record {
        var record = pollscope_event_record()
        record.kind = UInt8(POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue)
        record.detail = UInt8(outcome.rawValue)
        record.number = outcome == POLLSCOPE_OUTCOME_OK ? number : 0
        record.since_ticks = asked
        record.at_ticks = at
        record.subject = pool
        return record
    }

    static func released(
        _ number: UInt64, since: UInt64, at: UInt64, dropped: Bool = false, pool: UInt32 = 1
    ) -> pollscope_event_record {
        var record = pollscope_event_record()
        record.kind = UInt8(POLLSCOPE_EVENT_POOL_RELEASED.rawValue)
        record.flags = dropped ? UInt16(POLLSCOPE_EVENT_DROPPED.rawValue) : 0
        record.number = number
        record.since_ticks = since
        record.at_ticks = at
        record.subject = pool
        return record
    }

    static func connection(opened: Bool, at: UInt64, pool: UInt32 = 1) -> pollscope_event_record {
        var record = pollscope_event_record()
        let kind = opened ? POLLSCOPE_EVENT_CONNECTION_OPENED : POLLSCOPE_EVENT_CONNECTION_CLOSED
        record.kind = UInt8(kind.rawValue)
        record.at_ticks = at
        record.subject = pool
        return record
    }

    static func records(_ leases: [SimulatedPool.Lease], pool: UInt32 = 1) -> [pollscope_event_record] {
        leases.enumerated().flatMap { index, lease in
            [
                acquired(UInt64(index) + 1, asked: lease.asked, at: lease.acquired, pool: pool),
                released(UInt64(index) + 1, since: lease.acquired, at: lease.released, pool: pool),
            ]
        }
    }

    static func status(_ name: String = "postgres", number: UInt32 = 1, capacity: UInt32) -> PoolStatus {
        PoolStatus(number: number, name: name, isOpen: true, capacity: capacity, opened: Ticks(1_000))
    }

    /// With the counters that these leases leave, all given back.
    static func status(of leases: [SimulatedPool.Lease], capacity: UInt32) -> PoolStatus {
        var status = status(capacity: capacity)
        (status.asked, status.acquired, status.released) = (
            UInt64(leases.count), UInt64(leases.count), UInt64(leases.count)
        )
        return status
    }

    /// Looks at the beginning, and so many seconds later.
    static func facts(_ seconds: Double, first: [PoolStatus] = [], last: [PoolStatus]) -> RecordingFacts {
        var looks = [Made.status(at: 0, enqueues: 1), Made.status(at: seconds, enqueues: 1)]
        looks[0].pools = first
        looks[1].pools = last
        return Made.facts(statuses: looks)
    }

    static func report(
        _ records: [pollscope_event_record], _ facts: RecordingFacts, leasesMax: Int = 4_000_000
    ) -> [PoolReport] {
        var analysis = PoolAnalysis(facts: facts, leasesMax: leasesMax)
        // As looks give them: some at a time.
        for begin in stride(from: 0, to: records.count, by: 1_000) {
            analysis.add(Array(records[begin..<min(begin + 1_000, records.count)]))
        }
        let span = facts.span.map { $0.upperBound.rawValue - $0.lowerBound.rawValue } ?? 0
        return PoolReport.all(in: analysis, facts: facts, durationSeconds: Double(span) * 1e-9)
    }

    /// Of a simulated pool of this size.
    static func report(_ pool: SimulatedPool, size: Int) throws -> PoolReport {
        let leases = pool.leases(size: size)
        let end = leases.map(\.released).max() ?? SimulatedPool.start
        let facts = facts(
            Double(end - SimulatedPool.start) * 1e-9, last: [status(of: leases, capacity: UInt32(size))])
        var random = Wild(state: 3)
        // The order of the threads' records within a look is any.
        var records = records(leases).sorted { $0.at_ticks < $1.at_ticks }
        for begin in stride(from: 0, to: records.count, by: 1_000) {
            records[begin..<min(begin + 1_000, records.count)].shuffle(using: &random)
        }
        return report(records, facts)[0]
    }
}
