import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

/// Each law of pools holds on a recording that is whole, and fails on one in which it alone was broken.
@Suite struct PoolLawTests {
    private var leases: [SimulatedPool.Lease] { SimulatedPool(rate: 500, meanHold: 0.004, count: 60).leases(size: 3) }
    private var status: PoolStatus { MadePools.status(of: leases, capacity: 3) }

    private func looks(_ pools: [PoolStatus]) -> RecordingFacts {
        let looks = pools.enumerated().map { index, pool in
            var look = Made.status(at: Double(index), enqueues: 1)
            look.pools = [pool]
            return look
        }
        return Made.facts(statuses: looks)
    }

    private var empty: PoolStatus { MadePools.status(capacity: 3) }

    private func broken(
        _ records: [pollscope_event_record], _ facts: RecordingFacts, lost: UInt64 = 0, isWhole: Bool = true
    ) -> [String] {
        var law = PoolsLaw(facts: facts)
        law.add(records, lost: lost)
        return law.results(isWhole: isWhole).filter { !$0.holds }.map(\.name)
    }

    @Test func aWholeRecordingBreaksNone() {
        var law = PoolsLaw(facts: looks([empty, status, status]))
        law.add(MadePools.records(leases), lost: 0)
        for result in law.results(isWhole: true) {
            #expect(result.holds, "\(result.name): \(result.examples)")
            #expect(result.checked > 0, "\(result.name)")
        }
        // In any order.
        #expect(broken(MadePools.records(leases).reversed(), looks([empty, status, status])) == [])
    }

    @Test func recordsThatTheCountersDoNotKnow() {
        let records = MadePools.records(leases)
        var fewer = status
        fewer.released -= 1
        fewer.inUse = 1
        #expect(broken(records, looks([empty, fewer, fewer])) == ["pools' records fit their counters"])
        var more = status
        (more.asked, more.acquired, more.inUse) = (more.asked + 9, more.acquired + 9, 9)
        #expect(broken(records, looks([empty, more, more])) == ["pools' records fit their counters"])
        // What was lost is no violation, nor what nobody could record, nor what damage cut off.
        #expect(broken(records, looks([empty, more, more]), lost: 1) == [])
        #expect(broken(records, looks([empty, more, more]), isWhole: false) == [])
        var unrecorded = looks([empty, more, more])
        unrecorded.statuses[2].counters.eventsUnrecorded = 9
        #expect(broken(records, unrecorded) == [])
        // What is counted between the last looks is not read any more.
        #expect(broken(records, looks([empty, status, more])) == [])
    }

    @Test func countersThatDoNotAddUp() {
        for change: (inout PoolStatus) -> Void in [
            { $0.asked += 5 }, { $0.inUse += 5 }, { $0.failed += 5 }, { $0.waiting += 5 },
        ] {
            var pool = status
            change(&pool)
            #expect(broken([], looks([empty, pool]), lost: 1) == ["pools' counters add up"])
            // While the process lives, what its threads are just counting is in one and not in the next.
            var alive = looks([empty, pool])
            alive.statuses[1].processCPUNanoseconds = 1
            #expect(broken([], alive, lost: 1) == [])
        }
    }

    @Test func countersThatGoBackOrAheadOfWhatCausedThem() {
        var alive = looks([status, empty])
        alive.statuses[1].processCPUNanoseconds = 1
        #expect(broken([], alive, lost: 1) == ["pools' counters add up"])
        var ahead = status
        ahead.released += 1
        alive = looks([ahead, status])
        alive.statuses[1].processCPUNanoseconds = 1
        #expect(broken([], alive, lost: 1) == ["pools' counters add up"])
    }

    @Test func aLeaseGivenBackTwice() {
        let records = MadePools.records(leases)
        var more = status
        (more.acquired, more.released) = (61, 61)
        more.asked = 61
        let again = MadePools.released(1, since: leases[0].acquired, at: leases[0].released + 10)
        #expect(broken(records + [again], looks([empty, more, more])) == ["a lease is given back once"])
        #expect(broken([again] + records, looks([empty, more, more])) == ["a lease is given back once"])
        // Its lease may be among what was lost.
        #expect(broken(records + [again], looks([empty, more, more]), lost: 1) == [])
    }

    @Test func aReleaseThatSaysAnotherTime() {
        var records = MadePools.records(leases)
        records[1].since_ticks -= 1
        #expect(broken(records, looks([empty, status, status])) == ["a lease is given back once"])
        records = MadePools.records(leases)
        records[1].at_ticks = records[1].since_ticks - 1
        #expect(broken(records, looks([empty, status, status])) == ["a lease is given back once"])
    }

    @Test func leasesFromBeforeTheRecordingAreNotJudged() {
        var first = empty
        (first.asked, first.acquired, first.inUse) = (1, 1, 1)
        var last = first
        (last.released, last.inUse) = (1, 0)
        #expect(broken([MadePools.released(77, since: 900, at: 5_000)], looks([first, last, last])) == [])
    }
}
