// The counters of pools add up, and fit the records of waits, holds and connections.
//
// A look at a pool reads its counters one after the other, while threads count: what went on meanwhile can be in one
// and not in the next. So one look bounds the next: whoever was answered had asked, whoever gave back had got. A process
// that has ended counts no more; each of its threads may have been stopped between two counters, but no more than that.

import CPollscopeLayout
import Sessions

struct PoolsLaw {
    private(set) var counters = LawResult(
        name: "pools' counters add up",
        statement:
            "No counter of a pool goes back; what was answered was asked for, and what was given back was got. When the "
            + "process has ended, asks are answers and those who wait; leases are those given back and those in use.")
    private(set) var recorded = LawResult(
        name: "pools' records fit their counters",
        statement:
            "Where nothing was lost, there are as many records of answers, releases and connections as the counters "
            + "say: no fewer than were counted between the first look and the last but one, no more than at the last.")
    private(set) var leases = LawResult(
        name: "a lease is given back once",
        statement:
            "What is given back was got, at the time that the release says, before it, and not given back before.")

    private let facts: RecordingFacts
    private var records: [UInt32: Counts] = [:]
    private var lost: UInt64 = 0
    /// Leases and when they were got; releases whose lease has not come, and the leases that they say.
    private var open: [UInt64: UInt64] = [:]
    private var early: [UInt64: UInt64] = [:]
    /// There were more than are followed, so that what is missing tells nothing.
    private var isBeyond = false

    private static let openMax = 1 << 20
    private static let earlyMax = 1 << 16

    private struct Counts {
        var acquired: UInt64 = 0
        var failed: UInt64 = 0
        var released: UInt64 = 0
        var opened: UInt64 = 0
        var closed: UInt64 = 0
    }

    init(facts: RecordingFacts) { self.facts = facts }

    /// Takes the records of one look, and how many were lost before them.
    mutating func add(_ records: [pollscope_event_record], lost: UInt64) {
        // Wrapping: any number can stand in a damaged recording.
        self.lost &+= lost
        for record in records {
            let kind = UInt32(record.kind)
            if kind == POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue {
                answered(record)
            } else if kind == POLLSCOPE_EVENT_POOL_RELEASED.rawValue {
                released(record)
            } else if kind == POLLSCOPE_EVENT_CONNECTION_OPENED.rawValue {
                self.records[record.subject, default: Counts()].opened += 1
            } else if kind == POLLSCOPE_EVENT_CONNECTION_CLOSED.rawValue {
                self.records[record.subject, default: Counts()].closed += 1
            }
        }
    }

    private mutating func answered(_ record: pollscope_event_record) {
        leases.expect(
            record.since_ticks <= record.at_ticks,
            else: "pool \(record.subject): asked for at \(record.since_ticks), after the answer at \(record.at_ticks)")
        guard UInt32(record.detail) == POLLSCOPE_OUTCOME_OK.rawValue else {
            records[record.subject, default: Counts()].failed += 1
            return
        }
        records[record.subject, default: Counts()].acquired += 1
        guard record.number != 0 else { return }
        if let since = early.removeValue(forKey: record.number) {
            return expect(record.number, since: since, isOf: record.at_ticks)
        }
        guard open.count < Self.openMax else { return isBeyond = true }
        let before = open.updateValue(record.at_ticks, forKey: record.number)
        leases.expect(before == nil, else: "lease \(record.number) was got twice")
    }

    private mutating func released(_ record: pollscope_event_record) {
        records[record.subject, default: Counts()].released += 1
        leases.expect(
            record.since_ticks <= record.at_ticks,
            else: "lease \(record.number) was given back at \(record.at_ticks), got at \(record.since_ticks)")
        if let since = open.removeValue(forKey: record.number) {
            return expect(record.number, since: record.since_ticks, isOf: since)
        }
        // The record of its begin is not in the recording.
        if record.number == 0 || record.since_ticks < facts.span?.lowerBound.rawValue ?? .max { return }
        guard early.count < Self.earlyMax else { return isBeyond = true }
        let before = early.updateValue(record.since_ticks, forKey: record.number)
        leases.expect(before == nil, else: "lease \(record.number) was given back twice")
    }

    private mutating func expect(_ lease: UInt64, since: UInt64, isOf got: UInt64) {
        leases.expect(
            since == got, else: "lease \(lease) was got at \(got), and its release says at \(since)")
    }

    // MARK: Results

    /// `isWhole`: the recording is not damaged.
    func results(isWhole: Bool) -> [LawResult] {
        var law = self
        law.checkCounters()
        let unrecorded = (facts.statuses.last?.counters.eventsUnrecorded ?? 0) > 0
        if isWhole, lost == 0, !unrecorded { law.checkRecords() }
        return [law.counters, law.recorded, law.leases]
    }

    private mutating func checkRecords() {
        // In a recording of what rings still held, the records of leases can be gone when those of releases are there.
        let isFromRings = facts.statuses.last?.pools.contains { !isKnownBefore($0) } ?? true
        if !isBeyond, !isFromRings {
            for (lease, since) in early.sorted(by: { $0.key < $1.key }) {
                leases.violate("lease \(lease), got at \(since), was given back twice, or never got")
            }
        }
        guard let last = facts.statuses.last else { return }
        let first = facts.statuses.first?.pools ?? []
        let counted = facts.statuses.dropLast().last?.pools ?? []
        for pool in last.pools {
            let found = records[pool.number] ?? Counts()
            let before = first.first { $0.number == pool.number }
            let bound = counted.first { $0.number == pool.number }
            for (what, recorded, counter) in [
                ("answers", found.acquired, \.acquired), ("failures", found.failed, \.failed),
                ("releases", found.released, \.released), ("openings", found.opened, \.connectionsOpened),
                ("closings", found.closed, \.connectionsClosed),
            ] as [(String, UInt64, KeyPath<PoolStatus, UInt64>)] {
                let most = pool[keyPath: counter]
                // What is counted has its record a moment later: one a thread may be missing.
                let least =
                    isKnownBefore(pool)
                    ? (bound?[keyPath: counter] ?? 0).subtractingClamped(before?[keyPath: counter] ?? 0)
                        .subtractingClamped(threads) : 0
                expectRecorded(recorded, what, of: pool.name, least, most)
            }
        }
    }

    /// A recording of what the rings still held lacks what was counted before; its first look knows no pool.
    private func isKnownBefore(_ pool: PoolStatus) -> Bool {
        guard let first = facts.statuses.first else { return false }
        return pool.opened >= first.at || first.pools.contains { $0.number == pool.number }
    }

    private mutating func expectRecorded(
        _ found: UInt64, _ what: String, of pool: String, _ least: UInt64, _ most: UInt64
    ) {
        recorded.expect(
            found >= least && found <= most,
            else: "pool \(pool): \(found) \(what) are recorded, where the counters tell of \(least) to \(most)")
    }

    /// What each of them was just counting may be in one counter and not in the next.
    private var threads: UInt64 { UInt64(max(1, facts.threads.count)) }

    private mutating func checkCounters() {
        for (before, after) in zip(facts.statuses, facts.statuses.dropFirst()) {
            for old in before.pools {
                guard let new = after.pools.first(where: { $0.number == old.number }) else { continue }
                let name = old.name
                counters.expect(
                    old.asked <= new.asked && old.acquired <= new.acquired && old.failed <= new.failed
                        && old.released <= new.released && old.releasedTwice <= new.releasedTwice
                        && old.connectionsOpened <= new.connectionsOpened
                        && old.connectionsClosed <= new.connectionsClosed,
                    else: "pool \(name): a counter went back")
                // Wrapping: any number can stand in a damaged recording.
                counters.expect(
                    old.acquired &+ old.failed <= new.asked,
                    else: "pool \(name): \(old.acquired) acquired and \(old.failed) failed, of \(new.asked) asked for "
                        + "by the next look")
                counters.expect(
                    old.released <= new.acquired,
                    else: "pool \(name): \(old.released) given back, of \(new.acquired) got by the next look")
            }
        }
        // A process that has ended tells no CPU time.
        guard let last = facts.statuses.last, last.processCPUNanoseconds == 0 else { return }
        for pool in last.pools {
            let (asked, got) = (
                pool.acquired &+ pool.failed &+ pool.waiting, pool.released &+ pool.inUse
            )
            counters.expect(
                isNear(pool.asked, asked),
                else:
                    "pool \(pool.name): \(pool.asked) asked for, and \(pool.acquired) acquired, \(pool.failed) failed, "
                    + "\(pool.waiting) waiting")
            counters.expect(
                isNear(pool.acquired, got),
                else:
                    "pool \(pool.name): \(pool.acquired) acquired, and \(pool.released) given back, \(pool.inUse) in use"
            )
        }
    }

    private func isNear(_ a: UInt64, _ b: UInt64) -> Bool { max(a, b) - min(a, b) <= threads }
}
