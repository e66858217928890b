import CPollscopeLayout
import Foundation
import Testing

@testable import Analysis

/// The advised size is the one that, applied to the same arrivals and holds, keeps waits short, and is the smallest.
@Suite struct PoolAdviceTests {
    @Test(arguments: [8, 12, 40]) func theAdvisedSizeWouldDoAndOneLessWouldNot(size: Int) throws {
        let pool = SimulatedPool(rate: 410, meanHold: 0.023, count: 8_000)
        let report = try MadePools.report(pool, size: size)
        let advice = try #require(report.advice)
        #expect(report.adviceMissing == nil)
        #expect(pool.waitP99(size: advice.size) < 0.001)
        #expect(pool.waitP99(size: advice.size - 1) >= 0.001)
        // Every size that is shown waits as the simulation does.
        for replay in advice.sizes {
            #expect(abs(replay.waitP99 - pool.waitP99(size: replay.size)) < 1e-9, "\(replay.size)")
        }
        #expect(advice.sizes.map(\.size).contains(advice.size - 1))
        #expect(advice.sizes.map(\.size).contains(size))
        #expect(advice.sizes.map(\.size) == advice.sizes.map(\.size).sorted())
        #expect(abs(report.waitSeconds.p99 - pool.waitP99(size: size)) < 1e-9)
    }

    @Test func holdsOfOneLengthToo() throws {
        var pool = SimulatedPool(rate: 1_000, meanHold: 0.004, count: 5_000, seed: 11)
        pool.holds = pool.holds.map { _ in 4_000_000 }
        let advice = try #require(try MadePools.report(pool, size: 5).advice)
        #expect(pool.waitP99(size: advice.size) < 0.001)
        #expect(pool.waitP99(size: advice.size - 1) >= 0.001)
        #expect(abs(advice.littlesLaw - 4) < 0.2)
    }

    /// Arrivals and holds at random have known waits: the Erlang C formula.
    @Test func fitsTheQueueingFormula() throws {
        let (rate, hold) = (410.0, 0.0234)
        let pool = SimulatedPool(rate: rate, meanHold: hold, count: 40_000, seed: 5)
        let load = rate * hold
        /// The part of asks that waits longer than `seconds` in a pool of `size`.
        func share(waiting seconds: Double, size: Int) -> Double {
            var term = 1.0
            var sum = 1.0
            for k in 1..<size {
                term *= load / Double(k)
                sum += term
            }
            let last = term * load / Double(size) * Double(size) / (Double(size) - load)
            return last / (sum + last) * exp(-(Double(size) / hold - rate) * seconds)
        }
        let size = try #require((10...60).first { share(waiting: 0.001, size: $0) < 0.01 })
        let advice = try #require(try MadePools.report(pool, size: 14).advice)
        #expect(abs(advice.size - size) <= 1)
        #expect(abs(advice.littlesLaw / load - 1) < 0.05)
        let shown = try #require(advice.sizes.first { $0.size == 14 })
        let expected = log(share(waiting: 0, size: 14) / 0.01) / (14 / hold - rate)
        #expect(abs(shown.waitP99 / expected - 1) < 0.2)
    }

    @Test func verdicts() throws {
        let pool = SimulatedPool(rate: 410, meanHold: 0.023, count: 4_000)
        let needed = try #require(try MadePools.report(pool, size: 14).advice?.size)
        #expect(try MadePools.report(pool, size: needed - 6).advice?.verdict == .tooSmall)
        #expect(try MadePools.report(pool, size: needed).advice?.verdict == .right)
        #expect(try MadePools.report(pool, size: needed + 4).advice?.verdict == .right)
        #expect(try MadePools.report(pool, size: 100).advice?.verdict == .tooLarge)
        // A much larger pool whose peak came near its size is none that is too large.
        var rush = pool
        rush.arrivals.replaceSubrange(3_990..., with: Array(repeating: rush.arrivals[3_990], count: 10))
        #expect(try MadePools.report(rush, size: 60).advice?.verdict != .tooSmall)
    }

    @Test func holdsThatGrowWithUseAreNoMatterOfThePool() throws {
        // Whatever is behind the pool does four things at once: beyond that, each takes longer.
        var pool = SimulatedPool(rate: 400, meanHold: 0.01, count: 6_000, seed: 9)
        var slowed = pool.leases(size: 40)
        var inside: [UInt64] = []
        for index in slowed.indices {
            inside.removeAll { $0 <= slowed[index].acquired }
            slowed[index].released = slowed[index].acquired + 8_000_000 * UInt64(max(4, inside.count + 1)) / 4
            inside.append(slowed[index].released)
        }
        pool.holds = slowed.map { $0.released - $0.acquired }
        let report = try MadePools.report(pool, size: 40)
        let advice = try #require(report.advice)
        #expect(advice.verdict == .saturated)
        #expect(try #require(advice.holdGrowth) >= 1.5)
        #expect(report.holdByUse.count > 3)
        #expect(report.holdByUse.map(\.inUse.lowerBound) == report.holdByUse.map(\.inUse.lowerBound).sorted())
        #expect(
            try #require(report.holdByUse.last).medianHoldSeconds
                > 1.5 * (try #require(report.holdByUse.first).medianHoldSeconds))
        // The same holds whatever the use are no growth.
        let steady = try #require(
            try MadePools.report(SimulatedPool(rate: 400, meanHold: 0.01, count: 6_000), size: 40).advice)
        #expect(try #require(steady.holdGrowth) < 1.5)
    }

    /// Clients that ask again when they have been served ask for less while they wait.
    @Test func aClosedLoopGivesALowerBound() throws {
        let (clients, size) = (16, 4)
        var free = Array(repeating: UInt64(0), count: size)
        var ready = (0..<clients).map { UInt64($0) * 1_000 }
        var arrivals: [UInt64] = []
        for _ in 0..<4_000 {
            let next = try #require(ready.indices.min { ready[$0] < ready[$1] })
            let server = try #require(free.indices.min { free[$0] < free[$1] })
            arrivals.append(ready[next])
            free[server] = max(free[server], ready[next]) + 5_000_000
            ready[next] = free[server] + 100_000
        }
        let loop = SimulatedPool(arrivals: arrivals, holds: arrivals.map { _ in 5_000_000 })
        let advice = try #require(try MadePools.report(loop, size: size).advice)
        #expect(advice.isAtLeast)
        #expect(advice.wantedPeak == clients)
        // Arrivals at random are not slowed by waiting.
        let open = SimulatedPool(rate: 400, meanHold: 0.02, count: 4_000)
        #expect(try MadePools.report(open, size: 9).advice?.isAtLeast == false)
    }

    @Test func fewLeasesGiveNoAdvice() throws {
        let report = try MadePools.report(SimulatedPool(rate: 100, meanHold: 0.01, count: 99), size: 4)
        #expect(report.advice == nil)
        #expect(report.adviceMissing == "99 leases are too few to say which size would do: record until there are 100.")
        #expect(try MadePools.report(SimulatedPool(rate: 100, meanHold: 0.01, count: 100), size: 4).advice != nil)
    }

    @Test func askedInVainIsAskedToo() throws {
        // Every second ask of a pool of one gives up after 2 ms; in a large enough pool nobody would have.
        var records: [pollscope_event_record] = []
        for round in UInt64(0)..<200 {
            let begin = 1_000 + round * 10_000_000
            records.append(MadePools.acquired(round + 1, asked: begin, at: begin + 100))
            records.append(
                MadePools.acquired(0, asked: begin + 1_000, at: begin + 2_001_000, outcome: POLLSCOPE_OUTCOME_TIMED_OUT)
            )
            records.append(MadePools.released(round + 1, since: begin + 100, at: begin + 5_000_100))
        }
        var status = MadePools.status(capacity: 1)
        (status.asked, status.acquired, status.failed, status.timedOut, status.released) = (400, 200, 200, 200, 200)
        let report = MadePools.report(records, MadePools.facts(2, last: [status]))[0]
        #expect(report.advice?.size == 2)
        #expect(report.advice?.verdict == .tooSmall)
        #expect((report.failed, report.timedOut) == (200, 200))
        #expect(abs(report.failedWaitSeconds.p50 - 0.002) < 0.0001)
    }
}
