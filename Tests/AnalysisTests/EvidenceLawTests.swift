// The laws about calls, samples, their numbers and the time that they tell of.

import CPollscopeLayout
import Recording
import Sessions
import Testing

@testable import Analysis

/// The laws about long polls and calls: each holds on a recording that is whole, and fails where it alone was broken.
@Suite struct EvidenceLawTests {
    @Test func aWholeRecordingBreaksNone() {
        for result in MadeWorld.world().results() {
            #expect(result.holds, "\(result.name): \(result.examples)")
            #expect(
                result.checked > 0
                    || LawTests.ofAllocations.union(LawTests.ofHolds).union(LawTests.ofEvents).contains(result.name),
                "\(result.name)")
        }
    }

    // MARK: Numbers

    @Test func numbersThatAreMissing() {
        #expect(MadeWorld.broken { $0.evidence.runs[0].first = 1 } == ["evidence is numbered whole"])
        #expect(MadeWorld.broken { $0.evidence.runs[0].count = 4 } == ["evidence is numbered whole"])
        #expect(MadeWorld.broken { $0.evidence.runs[1].first = 7 }.contains("evidence is numbered whole"))
        #expect(MadeWorld.broken { $0.evidence.runs.remove(at: 0) } == ["evidence is numbered whole"])
    }

    @Test func numbersThatAreCountedOrOlderThanTheRecording() {
        let counted = MadeWorld.broken {
            $0.evidence.recordsLost = 2
            $0.evidence.runs[0].lost = 2
            $0.evidence.runs[0].first = 2
        }
        #expect(counted == [])
        let older = MadeWorld.broken {
            $0.evidence.runs[0].passedOver = 40
            $0.evidence.runs[0].first = 40
        }
        #expect(older == [])
        #expect(MadeWorld.broken { $0.evidence.recordsLost = 2 } == ["evidence is numbered whole"])
        #expect(MadeWorld.broken { $0.evidence.runs[1].lost = 1 }.contains("evidence is numbered whole"))
    }

    @Test func numbersGoOnFromLookToLook() {
        func world(next: UInt64) -> MadeWorld {
            var world = MadeWorld.world()
            var second = MadeWorld.long
            second.start_ticks = 50_000_000
            second.wait_ticks = 1_000
            world.late.longPolls = [MadeEvidence.longPoll(of: second)]
            world.late.number(from: next)
            world.later = [MadeBatch(0, first: 2, [second])]
            world.facts.statuses = MadeWorld.statuses(polls: 4)
            return world
        }
        #expect(world(next: 3).broken == [])
        #expect(world(next: 4).broken == ["evidence is numbered whole"])
        #expect(world(next: 2).broken == ["evidence is numbered whole"])
    }

    @Test func samplesThatTheSessionCountedAndNobodySaw() {
        #expect(
            MadeWorld.broken { $0.facts.statuses = MadeWorld.statuses(samples: 3) } == ["evidence is numbered whole"])
        #expect(
            MadeWorld.broken { $0.facts.statuses = MadeWorld.statuses(samples: 1) } == ["evidence is numbered whole"])
        let meanwhile = MadeWorld.broken { $0.facts.statuses[2].counters.samples = 5 }
        #expect(meanwhile == [], "samples can come between the last look at them and the last look at the counters")
    }

    // MARK: Calls

    @Test func callsThatLieOutsideTheirPoll() {
        let law = ["calls lie inside their polls"]
        #expect(MadeWorld.broken { $0.evidence.calls[0].start = Ticks(4_999_999) } == law)
        #expect(MadeWorld.broken { $0.evidence.calls[1].start = Ticks(29_000_001) } == law)
        #expect(MadeWorld.broken { $0.evidence.calls[1].start = Ticks(29_000_000) } == [])
        #expect(MadeWorld.broken { $0.evidence.calls[1].durationTicks = .max - 1 }.contains(law[0]))
    }

    @Test func callsAtOnce() {
        #expect(MadeWorld.broken { $0.evidence.calls[1].start = Ticks(10_999_999) } == ["calls lie inside their polls"])
    }

    @Test func callsThatTookLongerThanThePollWasBlocked() {
        let law = ["blocked time adds up"]
        #expect(MadeWorld.broken { $0.evidence.calls[1].durationTicks = 7_000_001 } == law)
        #expect(MadeWorld.broken { $0.evidence.calls[1].durationTicks = 7_000_000 } == [])
        #expect(MadeWorld.broken { $0.evidence.longPolls[0].calls = 1 } == law)
    }

    @Test func aPollThatWasBlockedLongerThanItRan() {
        let changed = MadeWorld.broken { $0.polls[1].polls[0].blocked_ticks = 101 }
        #expect(changed == ["blocked time adds up"])
    }

    // MARK: Samples

    @Test func samplesThatLieOutsideTheirPoll() {
        let law = "samples lie inside their polls"
        #expect(MadeWorld.broken { $0.evidence.samples[0].context.poll.start = Ticks(35_500_000) }.contains(law))
        #expect(MadeWorld.broken { $0.evidence.samples[1].reading.at = Ticks(46_000_000) } == [law])
        #expect(MadeWorld.broken { $0.evidence.samples[1].reading.at = Ticks(35_100_000) } == [])
        #expect(MadeWorld.broken { $0.evidence.samples[1].first!.at = Ticks(4_000_000) }.contains(law))
        #expect(MadeWorld.broken { $0.evidence.samples[1].callStart = Ticks(4_000_000) } == [law])
        #expect(MadeWorld.broken { $0.evidence.samples[1].callStart = Ticks(30_000_000) } == [law])
        #expect(MadeWorld.broken { $0.evidence.samples[1].callStart = Ticks(26_000_000) } == [])
    }

    @Test func aSampleThatComesAfterItsPoll() {
        func late(at ticks: UInt64) -> [String] {
            MadeWorld.broken {
                $0.late.samples = [$0.evidence.samples.removeLast()]
                $0.late.samples[0].reading.at = Ticks(ticks)
                $0.evidence.number()
                $0.late.number(samplesFrom: 1)
            }
        }
        #expect(late(at: 27_000_000) == [])
        #expect(late(at: 46_000_000) == ["samples lie inside their polls"])
    }

    @Test func cpuTimeThatCannotBe() {
        let law = ["CPU time is possible"]
        #expect(MadeWorld.broken { $0.evidence.samples[1].reading.cpuNanoseconds = 2_999_999 } == law)
        // 17 ms pass between the readings.
        #expect(MadeWorld.broken { $0.evidence.samples[1].reading.cpuNanoseconds = 31_000_000 } == law)
        #expect(MadeWorld.broken { $0.evidence.samples[1].reading.cpuNanoseconds = 29_000_000 } == [])
        #expect(MadeWorld.broken { $0.evidence.samples[1].reading.cpuNanoseconds = 0 } == [], "it was not read")
        #expect(MadeWorld.broken { $0.evidence.samples[1].reading.runQueueNanoseconds = 499 } == law)
        #expect(MadeWorld.broken { $0.evidence.samples[1].reading.minorFaults = 9 } == law)
        #expect(MadeWorld.broken { $0.evidence.samples[1].reading.majorFaults = 0 } == law)
        #expect(MadeWorld.broken { $0.evidence.longPolls[0].endCPUNanoseconds = 2_999_999 } == law)
        #expect(MadeWorld.broken { $0.evidence.longPolls[0].endCPUNanoseconds = 39_000_000 } == law)
        #expect(MadeWorld.broken { $0.evidence.longPolls[0].endCPUNanoseconds = nil } == [])
        #expect(MadeWorld.broken { $0.evidence.longPolls[0].first!.at = Ticks(4_000_000) }.contains(law[0]))
    }

    // MARK: References

    @Test func stacksThatAreNotThere() {
        let law = ["references lead somewhere"]
        #expect(MadeWorld.broken { $0.evidence.calls[0].nativeStack = 99 } == law)
        #expect(MadeWorld.broken { $0.evidence.calls[0].nativeStack = 0 } == [])
        #expect(MadeWorld.broken { $0.evidence.calls[0].context.stack = 99 } == law)
        #expect(MadeWorld.broken { $0.evidence.samples[0].context.stack = 99 } == law)
    }

    // MARK: Memory

    @Test func evidenceThatNoPollClaimsIsForgotten() {
        var laws = EvidenceLaws(facts: MadeEvidence.facts(statuses: MadeWorld.statuses()))
        let polls: UInt64 = 200_000
        for round in 0..<20 {
            var evidence = Evidence()
            evidence.calls = (0..<(polls / 20)).map { number in
                let start = 1_000_000 + (UInt64(round) * polls / 20 + number) * 10
                return MadeEvidence.call(of: Made.poll(start, 10), at: start + 1, 2)
            }
            laws.add(evidence)
        }
        let found = laws.results(isWhole: true).first { $0.name == "evidence has its poll" }
        #expect(laws.pollsKept <= 1 << 16)
        #expect(found?.holds == false)
    }

    // MARK: Bad input

    @Test(arguments: 0..<300)
    func hostileEvidenceIsJudgedAndNothingWorse(seed: UInt64) {
        var wild = Wild(state: seed)
        var world = MadeWorld.world()
        for index in world.evidence.calls.indices {
            world.evidence.calls[index].start = Ticks(wild.number())
            world.evidence.calls[index].durationTicks = wild.number()
            if wild.next() % 2 == 0 { world.evidence.calls[index].context.poll.start = Ticks(wild.number()) }
        }
        world.evidence.longPolls[0].durationTicks = wild.number()
        world.evidence.longPolls[0].endCPUNanoseconds = wild.number()
        world.evidence.longPolls[0].first = MadeEvidence.reading(at: wild.number(), cpu: wild.number())
        world.evidence.samples[0].reading = MadeEvidence.reading(at: wild.number(), cpu: wild.number())
        world.evidence.samples[0].first = MadeEvidence.reading(at: wild.number(), cpu: wild.number())
        world.evidence.samples[1].context.poll.start = Ticks(wild.number())
        world.evidence.recordsLost = wild.number()
        world.evidence.runs[0].lost = wild.number()
        world.evidence.runs[1].first = wild.number()
        world.polls[0].polls[0].start_ticks = wild.number()
        world.polls[0].polls[1].duration_ticks = wild.number()
        world.polls[0].lost = wild.number()
        world.facts.info.longPollNanoseconds = wild.number()
        #expect(!world.broken.isEmpty)
    }

    // MARK: Recordings

    private func recording(_ world: MadeWorld) throws -> [UInt8] {
        let sink = MemorySink()
        let writer = try RecordingWriter(
            sink: sink, info: world.facts.info, calibration: Made.calibration, modules: [])
        try writer.write(stacks: [Made.stack(1), MadeEvidence.native])
        try writer.write(status: world.facts.statuses[0])
        try writer.write(evidence: world.evidence)
        for batch in world.polls {
            try writer.write(
                PollBatch(
                    thread: Made.thread(batch.thread), ring: batch.ring, firstSequence: batch.first, lost: batch.lost,
                    polls: batch.polls, running: batch.running))
        }
        for status in world.facts.statuses.dropFirst() { try writer.write(status: status) }
        try writer.finish()
        return sink.bytes
    }

    @Test func aRecordingIsReadInTheOrderOfItsFile() throws {
        for result in RecordingLaws.check(try RecordingReader(bytes: recording(MadeWorld.world()))) {
            #expect(result.holds, "\(result.name): \(result.examples)")
            #expect(
                result.checked > 0
                    || LawTests.ofAllocations.union(LawTests.ofHolds).union(LawTests.ofEvents).contains(result.name),
                "\(result.name)")
        }
    }

    @Test func aChunkOfEvidenceThatCannotBeReadIsOneViolation() throws {
        var bytes = try recording(MadeWorld.world())
        let chunk = try #require(try RecordingReader(bytes: bytes).evidenceChunks.first)
        bytes[Int(chunk.offset) + chunk.byteCount - 1] ^= 1
        let results = RecordingLaws.check(try RecordingReader(bytes: bytes))
        #expect(results.filter { !$0.holds }.map(\.name) == ["every chunk can be read"])
        #expect(results.first?.violations == 1)
    }
}
