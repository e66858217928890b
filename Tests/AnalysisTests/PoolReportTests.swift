import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

/// What is said of a pool is what its records and counters tell.
@Suite struct PoolReportTests {
    private let second: UInt64 = 1_000_000_000

    @Test func aHandfulOfLeases() throws {
        // In a second: one lease from 0.1 to 0.5, another asked for at 0.2, got at 0.5, back at 0.8; one still out.
        let at = { (tenths: UInt64) in 1_000 + tenths * 100_000_000 }
        let records = [
            MadePools.acquired(1, asked: at(1), at: at(1)), MadePools.released(1, since: at(1), at: at(5)),
            MadePools.acquired(2, asked: at(2), at: at(5)),
            MadePools.released(2, since: at(5), at: at(8), dropped: true),
            MadePools.acquired(0, asked: at(3), at: at(4), outcome: POLLSCOPE_OUTCOME_CANCELLED),
            MadePools.acquired(3, asked: at(9), at: at(9)),
            MadePools.connection(opened: true, at: at(1)), MadePools.connection(opened: false, at: at(8)),
        ]
        var status = MadePools.status(capacity: 1)
        (status.asked, status.acquired, status.failed, status.released, status.dropped) = (4, 3, 1, 2, 1)
        (status.inUse, status.releasedTwice, status.connectionsOpened, status.connectionsClosed) = (1, 5, 1, 1)
        let pool = MadePools.report(records, MadePools.facts(1, last: [status]))[0]
        #expect(pool.name == "postgres")
        #expect(pool.capacity == 1)
        #expect((pool.asked, pool.acquired, pool.failed, pool.cancelled, pool.timedOut) == (4, 3, 1, 1, 0))
        #expect((pool.released, pool.releasedTwice, pool.dropped, pool.inUse, pool.waiting) == (2, 5, 1, 1, 0))
        #expect((pool.connectionsOpened, pool.connectionsClosed) == (1, 1))
        #expect(pool.perSecond == 3)
        #expect(abs(pool.waitSeconds.max - 0.3) < 1e-9)
        #expect(pool.waitSeconds.p50 == 0)
        #expect(abs(pool.holdSeconds.p50 - 0.3) < 1e-9)
        #expect(abs(pool.holdSeconds.max - 0.4) < 1e-9)
        #expect(abs(pool.failedWaitSeconds.max - 0.1) < 1e-9)
        #expect(abs(pool.inUseMean - 0.8) < 1e-6)
        #expect(abs(pool.waitingMean - 0.4) < 1e-6)
        #expect((pool.inUsePeak, pool.waitingPeak) == (1, 2))
        #expect(pool.timeline.count == 60)
        #expect(abs(pool.timeline[20].waiting - 2) < 1e-6)
        #expect(abs(pool.timeline[20].inUse - 1) < 1e-6)
        #expect(pool.timeline[0].inUse == 0)
        #expect(pool.adviceMissing != nil)
    }

    @Test func countersAreOfTheRecordingAlone() {
        var first = MadePools.status(capacity: 10)
        first.opened = Ticks(1)
        (first.asked, first.acquired, first.released, first.inUsePeak) = (1_000, 1_000, 1_000, 10)
        var last = first
        (last.asked, last.acquired, last.released, last.failed) = (1_500, 1_490, 1_490, 10)
        let pool = MadePools.report([], MadePools.facts(10, first: [first], last: [last]))[0]
        #expect((pool.asked, pool.acquired, pool.released, pool.failed) == (500, 490, 490, 10))
        #expect(pool.perSecond == 49)
        // It was as many once, before the recording.
        #expect(pool.inUsePeak == 0)
    }

    @Test func aRecordingOfWhatTheRingsHeldCountsItsRecords() {
        // The first look is made up: it is of the oldest record's time, and knows no pool that was there already.
        var last = MadePools.status(capacity: 10)
        last.opened = Ticks(1)
        (last.asked, last.acquired, last.released) = (1_000_000, 1_000_000, 1_000_000)
        let records = MadePools.records(SimulatedPool(rate: 100, meanHold: 0.01, count: 50).leases(size: 10))
        let pool = MadePools.report(records, MadePools.facts(1, last: [last]))[0]
        #expect((pool.asked, pool.acquired, pool.released) == (50, 50, 50))
    }

    @Test func leasesOlderThanTheRecordingAreInUse() {
        // Two from before: one comes back in the middle, one never does.
        var looks = [MadePools.status(capacity: 4), MadePools.status(capacity: 4)]
        (looks[0].acquired, looks[0].inUse) = (2, 2)
        (looks[1].acquired, looks[1].released, looks[1].inUse) = (2, 1, 1)
        looks[0].opened = Ticks(1)
        looks[1].opened = Ticks(1)
        let records = [MadePools.released(9, since: 10, at: 1_000 + second / 2)]
        let pool = MadePools.report(records, MadePools.facts(1, first: [looks[0]], last: [looks[1]]))[0]
        #expect(abs(pool.inUseMean - 1.5) < 1e-6)
        #expect(pool.inUsePeak == 2)
    }

    @Test func releasesThatWereLostLeaveNobodyInside() {
        // A hundred leases of a millisecond; of every second one the release was overwritten unread.
        var records: [pollscope_event_record] = []
        for number in UInt64(1)...100 {
            let begin = 1_000 + number * 5_000_000
            records.append(MadePools.acquired(number, asked: begin, at: begin))
            if number % 2 == 0 { records.append(MadePools.released(number, since: begin, at: begin + 1_000_000)) }
        }
        var status = MadePools.status(capacity: 4)
        (status.asked, status.acquired, status.released) = (100, 100, 100)
        let pool = MadePools.report(records, MadePools.facts(1, last: [status]))[0]
        #expect(pool.inUsePeak == 1)
        #expect(abs(pool.inUseMean - 0.1) < 0.005)
        #expect(pool.advice?.size == 1)
    }

    @Test func poolsOfOneNameAreToldApart() {
        let facts = MadePools.facts(
            1, last: [MadePools.status("db", number: 1, capacity: 1), MadePools.status("db", number: 2, capacity: 2)])
        let records = MadePools.records([.init(asked: 1_000, acquired: 2_000, released: 3_000)], pool: 2)
        let pools = MadePools.report(records, facts)
        // What was waited for comes first.
        #expect(pools.map(\.name) == ["db #2", "db"])
        #expect(pools.map(\.capacity) == [2, 1])
        #expect(MadePools.report(records, MadePools.facts(1, last: [])).map(\.name) == ["pool 2"])
    }

    @Test func aPoolClosedWhileInUse() {
        var status = MadePools.status(capacity: 0)
        status.isOpen = false
        (status.asked, status.acquired, status.failed, status.inUse, status.askedAfterClose) = (3, 2, 1, 2, 1)
        let records = [
            MadePools.acquired(1, asked: 2_000, at: 2_000), MadePools.acquired(2, asked: 2_000, at: 2_000),
            MadePools.acquired(0, asked: 3_000, at: 3_000, outcome: POLLSCOPE_OUTCOME_ERROR),
        ]
        let pool = MadePools.report(records, MadePools.facts(1, last: [status]))[0]
        #expect(!pool.isOpen)
        #expect(pool.capacity == nil)
        #expect((pool.inUse, pool.askedAfterClose, pool.failed) == (2, 1, 1))
        #expect(abs(pool.inUseMean - 2) < 1e-4)
    }

    @Test func aReleaseCanBeReadBeforeItsLease() {
        let leases = SimulatedPool(rate: 500, meanHold: 0.004, count: 300).leases(size: 3)
        let records = MadePools.records(leases)
        let facts = MadePools.facts(1, last: [MadePools.status(of: leases, capacity: 3)])
        let forward = MadePools.report(records, facts)[0]
        let backward = MadePools.report(records.reversed(), facts)[0]
        #expect(forward.holdHistogram == backward.holdHistogram)
        #expect(forward.waitSeconds.p99 == backward.waitSeconds.p99)
        #expect(forward.inUsePeak == backward.inUsePeak)
        #expect(forward.waitingPeak == backward.waitingPeak)
        #expect(forward.advice?.sizes == backward.advice?.sizes)
        #expect(forward.inUsePeak == 3)
    }

    @Test func moreLeasesThanAreKeptLeaveAStretch() throws {
        let pool = SimulatedPool(rate: 1_000, meanHold: 0.004, count: 6_000)
        let leases = pool.leases(size: 10)
        let records = MadePools.records(leases).sorted { $0.at_ticks < $1.at_ticks }
        let facts = MadePools.facts(7, last: [MadePools.status(of: leases, capacity: 10)])
        let all = MadePools.report(records, facts)[0]
        let some = MadePools.report(records, facts, leasesMax: 3_000)[0]
        #expect(all.advice?.stretchSeconds == nil)
        let stretch = try #require(some.advice?.stretchSeconds)
        #expect(stretch > 1 && stretch < 4)
        // Counts, means and histograms are of all.
        #expect(some.acquired == 6_000)
        #expect(some.holdHistogram == all.holdHistogram)
        #expect(abs(some.inUseMean - all.inUseMean) < 1e-9)
        #expect(abs(some.waitSeconds.p99 - all.waitSeconds.p99) <= all.waitSeconds.p99 * 0.03)
        #expect(abs(try #require(some.advice?.size) - (try #require(all.advice?.size))) <= 2)
    }

    @Test func suspiciousRecordsAreDataAndNoCrash() {
        var random = Wild(state: 99)
        for _ in 0..<10 {
            let records = (0..<400).map { _ -> pollscope_event_record in
                var record = pollscope_event_record()
                record.kind = UInt8(truncatingIfNeeded: 4 + random.next() % 6)
                record.detail = UInt8(truncatingIfNeeded: random.next() % 6)
                record.flags = UInt16(truncatingIfNeeded: random.next())
                record.number = random.next() % 50
                record.since_ticks = random.number()
                record.at_ticks = random.number()
                record.subject = UInt32(truncatingIfNeeded: random.next() % 4 == 0 ? random.next() : 1)
                return record
            }
            var last = MadePools.status("\u{1B}[2J", capacity: UInt32(truncatingIfNeeded: random.next()))
            (last.asked, last.acquired, last.inUse) = (random.number(), random.number(), random.number())
            (last.inUsePeak, last.waitingPeak) = (random.number(), random.number())
            for pool in MadePools.report(records, MadePools.facts(1, first: [last], last: [last])) {
                #expect(pool.inUseMean.isFinite && pool.waitingMean.isFinite)
                #expect(pool.timeline.allSatisfy { $0.inUse.isFinite && $0.waiting.isFinite })
                #expect(pool.advice.map { $0.size > 0 } ?? true)
            }
            _ = MadePools.report(records, Made.facts())
        }
    }

    @Test func whatIsReleasedBeforeItIsGotOrTwice() {
        let records = [
            MadePools.released(1, since: 5_000, at: 4_000), MadePools.acquired(1, asked: 6_000, at: 5_000),
            MadePools.released(1, since: 5_000, at: 8_000), MadePools.released(1, since: 5_000, at: 9_000),
        ]
        let pool = MadePools.report(records, MadePools.facts(1, last: [MadePools.status(capacity: 1)]))[0]
        #expect(pool.holdHistogram.count == 3)
        #expect(pool.inUsePeak <= 1)
    }
}
