// Random schedules: blame, episodes and the waits of slow requests are what the definition says at every tick, however
// the recording was cut.

import Sessions
import Testing

@testable import Analysis

@Suite("Simulated blame")
struct BlameSimulationTests {
    @Test("any polls, holds and waits", arguments: 0..<200)
    func arbitrary(seed: Int) { check(BlameSchedule.arbitrary(seed), seed: seed) }

    @Test("a pool that takes jobs in their order", arguments: 0..<100)
    func firstInFirstOut(seed: Int) { check(BlameSchedule.firstInFirstOut(seed), seed: seed) }

    private func check(_ schedule: BlameSchedule, seed: Int) {
        let expected = BlameByTick(schedule)
        expectSame(schedule.swept(), expected, "seed \(seed), whole")
        for cuts in 1...2 {
            expectSame(
                schedule.swept(Self.chunks(of: schedule, seed: seed + cuts * 1_000)), expected, "seed \(seed), cut")
        }
    }

    private static func chunks(of schedule: BlameSchedule, seed: Int) -> [[MadeBatch]] {
        var dice = BlameSchedule.Dice(seed)
        let cuts = (0..<dice.roll(1...6)).map { _ in dice.ticks(0...Int(schedule.end)) }.sorted()
        let offsets = (0..<cuts.count * schedule.threads.count).map { _ in dice.ticks(0...15) }
        return schedule.chunks(cuts: cuts) { offsets[$0 * schedule.threads.count + $1] }
    }

    private func expectSame(_ sweep: borrowing BlameSweep, _ expected: BlameByTick, _ which: Comment) {
        let results = sweep.results
        #expect(results.unresolvedTicks == 0, which)
        var found: [BlameByTick.Place: BlameCharge] = [:]
        for entry in results.charges {
            found[BlameByTick.Place(group: results.groups[entry.group].group, key: entry.key)] = entry.charge
        }
        #expect(Set(found.keys) == Set(expected.charges.keys), which)
        for (place, charge) in expected.charges {
            let other = found[place] ?? BlameCharge()
            #expect(isClose(charge.ticks, other.ticks), "\(which): \(place), \(charge) and \(other)")
            #expect(isClose(charge.victims, other.victims), "\(which): victims of \(place), \(charge) and \(other)")
        }
        for figures in results.groups {
            let group = figures.group
            #expect(isClose(figures.waitTicks, expected.wait[group] ?? 0), "\(which): wait of \(group)")
            let scheduler = expected.scheduler[group] ?? BlameByTick.Charge()
            #expect(isClose(figures.schedulerTicks, scheduler.ticks), "\(which): nobody's of \(group)")
            #expect(isClose(figures.schedulerVictims, scheduler.victims), "\(which): nobody's victims of \(group)")
        }
        expectSameEpisodes(results, expected, which)
    }

    private func expectSameEpisodes(_ results: BlameResults, _ expected: BlameByTick, _ which: Comment) {
        let wanted = expected.episodes.flatMap { lane, episodes in episodes.map { (group: lane.group, episode: $0) } }
            .sorted {
                ("\($0.group)", $0.episode.start, $0.episode.end) < ("\($1.group)", $1.episode.start, $1.episode.end)
            }
        let found = results.episodes.map { (group: results.groups[$0.episode.group].group, episode: $0.episode) }
            .sorted {
                ("\($0.group)", $0.episode.start, $0.episode.end) < ("\($1.group)", $1.episode.start, $1.episode.end)
            }
        #expect(wanted.count == found.count, which)
        for (wanted, found) in zip(wanted, found) {
            #expect(wanted.group == found.group, which)
            #expect(wanted.episode.start == found.episode.start, which)
            #expect(wanted.episode.end == found.episode.end, which)
        }
        // Two actors of a type can starve for the same time: what else is said of them is compared without order.
        func text(_ group: BlameSweep.Group, _ episode: [Double]) -> String { "\(group) \(episode)" }
        let allWanted = wanted.map {
            text(
                $0.group,
                [
                    Double($0.episode.start), Double($0.episode.end), Double($0.episode.peak),
                    Double($0.episode.oldest), Double($0.episode.victims), $0.episode.wait,
                ])
        }.sorted()
        let allFound = found.map {
            text(
                $0.group,
                [
                    Double($0.episode.start), Double($0.episode.end), Double($0.episode.peakDepth),
                    Double($0.episode.oldestTicks), Double($0.episode.victims), $0.episode.waitTicks,
                ])
        }.sorted()
        #expect(allWanted == allFound, which)
        expectSameCulprits(results, wanted, which)
        for figures in results.groups {
            let own = wanted.filter { $0.group == figures.group }.map(\.episode)
            #expect(figures.episodes == UInt64(own.count), which)
            #expect(figures.episodeTicks == own.reduce(0) { $0 + Double($1.end - $1.start) }, which)
            #expect(isClose(figures.episodeWaitTicks, own.reduce(0) { $0 + $1.wait }), which)
        }
    }

    private func expectSameCulprits(
        _ results: BlameResults, _ wanted: [(group: BlameSweep.Group, episode: BlameByTick.FoundEpisode)],
        _ which: Comment
    ) {
        for found in results.episodes {
            let group = results.groups[found.episode.group].group
            let same = wanted.filter { $0.group == group && $0.episode.start == found.episode.start }
            // Two actors of one type can begin to starve at once.
            guard same.count == 1, let charged = same.first?.episode.charged else { continue }
            #expect(found.culprits.count == min(charged.count, EpisodeLog.culpritsKept), which)
            #expect(isClose(found.all.ticks, charged.values.reduce(0, +)), which)
            for culprit in found.culprits {
                #expect(isClose(culprit.charge.ticks, charged[results.keys[Int(culprit.key)]] ?? 0), which)
            }
        }
    }

    @Test("through a recording, with its law", arguments: 0..<40)
    func recorded(seed: Int) throws {
        let schedule = seed % 2 == 0 ? BlameSchedule.arbitrary(seed) : BlameSchedule.firstInFirstOut(seed)
        let reader = try schedule.recording(Self.chunks(of: schedule, seed: seed))
        let law = try #require(RecordingLaws.check(reader).last)
        #expect(law.name == "blame adds up")
        #expect(law.holds, "seed \(seed): \(law.examples)")
        let sweep = BlameSweep.of(
            reader, facts: RecordingFacts(reader), widths: schedule.widthTable, thresholds: ReportThresholds())
        let (results, groups) = (sweep.results, sweep.figures)
        let expected = BlameByTick(schedule)
        for (place, charge) in expected.charges {
            let found = results.charges.filter {
                groups[$0.group].group == place.group && $0.key == place.key
            }.reduce(0) { $0 + $1.charge.ticks }
            #expect(isClose(found, charge.ticks), "seed \(seed), \(place)")
        }
    }
}

private func isClose(_ a: TailLanes, _ b: TailLanes) -> Bool {
    a.indices.allSatisfy { isClose(a[$0], b[$0]) }
}
