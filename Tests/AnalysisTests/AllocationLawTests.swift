// The laws about allocations: the counters', the samples', and how they agree.

import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

/// Each holds on a recording that is whole, and fails where it alone was broken.
@Suite struct AllocationLawTests {
    private let numbers = "allocations are numbered whole"
    private let times = "allocations lie inside their polls"
    private let frees = "frees are of allocations"
    private let sampled = "samples tell what was counted"
    private let process = "polls allocate what the process does"
    private let nested = "nested polls allocate inside others"
    private let found = "evidence has its poll"
    private let references = "references lead somewhere"

    @Test func aWholeRecordingBreaksNone() {
        for result in AllocationWorld.world().results() {
            #expect(result.holds, "\(result.name): \(result.examples)")
            if LawTests.ofAllocations.contains(result.name) { #expect(result.checked > 0, "\(result.name)") }
        }
    }

    @Test func aViolationNamesItsExample() {
        var world = AllocationWorld.world()
        world.allocations.frees[0].lifetimeTicks += 1
        let law = world.results().first { !$0.holds }
        #expect(law?.examples.first?.contains("thread 100") == true)
    }

    // MARK: Numbers

    @Test func numbersThatAreMissing() {
        #expect(AllocationWorld.broken { $0.allocations.runs[0].first = 1 }.contains(numbers))
        #expect(AllocationWorld.broken { $0.allocations.runs[0].count = 54 } == [numbers])
        #expect(AllocationWorld.broken { $0.allocations.timings.removeLast() } == [numbers])
        #expect(AllocationWorld.broken { $0.allocations.recordsLost = 2 } == [numbers])
        for (counted, expected) in [(UInt64(54)...54, [numbers]), (55...55, []), (55...90, []), (56...90, [numbers])] {
            let broken = AllocationWorld.broken {
                $0.facts.statuses[1].counters.allocationRecords = counted.lowerBound
                $0.facts.statuses[2].counters.allocationRecords = counted.upperBound
            }
            #expect(broken == expected, "\(counted)")
        }
    }

    @Test func numbersThatAreCountedOrOlderThanTheRecording() {
        let counted = AllocationWorld.broken {
            $0.allocations.recordsLost = 5
            $0.allocations.number(from: 5)
            for look in 1...2 { $0.facts.statuses[look].counters.allocationRecords += 5 }
        }
        #expect(counted == [])
        let older = AllocationWorld.broken {
            $0.allocations.number(from: 5)
            $0.allocations.runs[0].passedOver = 5
            for look in 1...2 { $0.facts.statuses[look].counters.allocationRecords += 5 }
        }
        #expect(older == [])
    }

    // MARK: Frees

    @Test func freesThatContradictThemselves() {
        #expect(
            AllocationWorld.broken { $0.allocations.frees[10].lifetimeTicks = 1_000_000_000 }.contains(frees),
            "the block would be older than time")
        let outside = AllocationWorld.broken {
            $0.allocations.samples[11].allocation.context = nil
            $0.allocations.frees[11].allocation.context = nil
            $0.allocations.frees[11].place = .sameTask
        }
        #expect(outside.contains(frees))
    }

    @Test func freesThatContradictTheirSamples() {
        #expect(AllocationWorld.broken { $0.allocations.frees[10].allocation.bytes += 1 } == [frees])
        #expect(AllocationWorld.broken { $0.allocations.frees[10].allocation.operation = 3 } == [frees])
        #expect(AllocationWorld.broken { $0.allocations.frees[10].allocation.nativeStack = 0 } == [frees])
        #expect(AllocationWorld.broken { $0.allocations.frees[10].allocation.context = nil } == [frees])
        #expect(AllocationWorld.broken { $0.allocations.frees[10].allocation.context?.task = 9 } == [frees])
        let type = AllocationWorld.broken { $0.allocations.frees[10].allocation.type = 0 }
        #expect(type == [], "of a block that another thread freed first, the type may be known to one side only")
        let other = AllocationWorld.broken {
            $0.facts.types[5] = ObjectType(id: 5, name: "Bill")
            $0.allocations.frees[10].allocation.type = 5
        }
        #expect(other == [frees])
    }

    @Test func freesWithoutSamples() {
        #expect(AllocationWorld.broken { $0.allocations.frees[10].lifetimeTicks += 1 } == [frees])
        #expect(AllocationWorld.broken { $0.allocations.frees[10].allocation.tid += 1 } == [])
        #expect(AllocationWorld.broken { $0.allocations.samples[10].isTracked = false } == [frees])
        #expect(AllocationWorld.broken { $0.allocations.frees.append($0.allocations.frees[10]) }.contains(frees))
        let dropped = AllocationWorld.broken {
            $0.allocations.frees[10].lifetimeTicks += 1
            for look in 1...2 { $0.facts.statuses[look].counters.allocationRecordsDropped = 1 }
        }
        #expect(dropped == [], "the sample may be the record that was not written")
        let older = AllocationWorld.broken {
            $0.allocations.frees[10].lifetimeTicks = $0.allocations.frees[10].at.rawValue - 999
        }
        #expect(older == [], "it was allocated before the recording")
    }

    @Test func theLastSampleOfAThreadMayNotHaveBeenToldYet() {
        let untold = MadeAllocations.sample(10_000, at: 34_000_000, in: nil, stack: 70)
        let broken = AllocationWorld.broken {
            $0.allocations.frees.append(MadeAllocations.free(of: untold, after: 10, .otherPoll))
            $0.allocations.number()
            for look in 1...2 { $0.facts.statuses[look].counters.allocationRecords += 1 }
        }
        #expect(broken == [])
    }

    @Test func aFreeMayComeBeforeItsSample() {
        var world = AllocationWorld.world()
        let early = MadeAllocations.evidence(frees: world.allocations.frees)
        world.allocations.frees = []
        var law = AllocationFreesLaw(facts: world.facts)
        law.add(early)
        law.add(world.allocations)
        #expect(law.result(isWhole: true).holds)
        #expect(law.result(isWhole: true).checked > 12)
    }

    @Test func samplesThatAreNeverFreedTakeBoundedMemory() {
        var law = AllocationFreesLaw(facts: MadeAllocations.facts())
        for round in UInt64(0)..<30 {
            law.add(
                MadeAllocations.evidence(
                    samples: (0..<10_000).map { MadeAllocations.sample(1, at: round * 10_000 + $0 + 1) }))
        }
        #expect(law.kept <= 1 << 17)
        law.add(
            MadeAllocations.evidence(frees: [
                MadeAllocations.free(of: MadeAllocations.sample(1, at: 1), after: 5, .samePoll)
            ]))
        #expect(law.result(isWhole: true).holds, "what was forgotten is not judged")
    }

    // MARK: Polls

    @Test func allocationsThatLieOutsideTheirPoll() {
        #expect(AllocationWorld.broken { $0.allocations.samples[39].at = Ticks(15_000_001) }.contains(times))
        #expect(AllocationWorld.broken { $0.allocations.samples[39].at = Ticks(15_000_000) } == [])
        #expect(AllocationWorld.broken { $0.allocations.samples[39].at = Ticks(9_999_999) } == [times])
        #expect(AllocationWorld.broken { $0.allocations.timings[0].at = Ticks(35_000_001) } == [times])
        #expect(AllocationWorld.broken { $0.allocations.timings[0].at = Ticks(4_999_999) } == [times])
        let freedLate = AllocationWorld.broken {
            $0.allocations.frees[0].at = Ticks(36_000_000)
            $0.allocations.frees[0].lifetimeTicks = 16_000_000
        }
        #expect(freedLate == [times])
        let elsewhere = AllocationWorld.broken {
            $0.allocations.frees[0].at = Ticks(36_000_000)
            $0.allocations.frees[0].lifetimeTicks = 16_000_000
            $0.allocations.frees[0].place = .otherPoll
        }
        #expect(elsewhere == [])
    }

    @Test func allocationsInPollsThatAreNotThere() {
        let moved = AllocationWorld.broken {
            $0.allocations.timings[0].context?.poll.start = Ticks(5_000_000 - 1)
        }
        #expect(moved == [found])
        let unfinished = AllocationWorld.broken {
            $0.allocations.timings[0].context?.poll.start = Ticks(1_999_000_000)
            $0.allocations.timings[0].at = Ticks(1_999_000_001)
        }
        #expect(unfinished == [])
    }

    @Test func stacksAndTypesThatAreNotThere() {
        #expect(AllocationWorld.broken { $0.allocations.samples[30].allocation.nativeStack = 99 } == [references])
        #expect(AllocationWorld.broken { $0.allocations.samples[30].allocation.type = 99 } == [references])
        #expect(AllocationWorld.broken { $0.allocations.timings[0].context?.stack = 99 } == [references])
        #expect(AllocationWorld.broken { $0.allocations.timings[0].context?.kind = 99 } == [references])
    }

    // MARK: Counts

    @Test func samplesThatTellOtherBytesThanWereCounted() {
        func world(bytes: UInt64) -> [String] {
            AllocationWorld.broken {
                $0.polls[0].polls[1] = MadeAllocations.poll(5_000_000, 30_000_000, 50, bytes, 30)
                $0.polls[0].polls[1].sequence = 1
                for look in 1...2 { $0.facts.statuses[look].counters.allocatedBytes = bytes + 96 }
            }
        }
        #expect(world(bytes: 400_100) == [])
        #expect(world(bytes: 402_000) == [], "within what chance makes")
        #expect(world(bytes: 404_000) == [sampled])
        #expect(world(bytes: 396_000) == [sampled])
        #expect(
            AllocationWorld.broken {
                for index in 0..<40 { $0.allocations.samples[index].allocation.bytes = 11_000 }
                for index in 0..<12 { $0.allocations.frees[index].allocation.bytes = 11_000 }
            } == [sampled])
    }

    @Test func recordsThatAreMissingMayHaveBeenSamples() {
        let lossy = AllocationWorld.broken {
            $0.allocations.samples.removeFirst(20)
            $0.allocations.frees.removeAll()
            $0.allocations.recordsLost = 32
            $0.allocations.number(from: 32)
        }
        #expect(lossy == [])
        let tooFew = AllocationWorld.broken {
            $0.allocations.samples.removeFirst(10)
            $0.allocations.frees.removeAll()
            $0.allocations.recordsLost = 8
            $0.allocations.number(from: 8)
            for look in 1...2 { $0.facts.statuses[look].counters.allocationRecords = 41 }
        }
        #expect(tooFew == [sampled])
        let few = AllocationWorld.broken {
            $0.allocations.samples.removeFirst(20)
            $0.allocations.frees.removeAll()
            $0.allocations.number()
            for look in 1...2 { $0.facts.statuses[look].counters.allocationRecords = 23 }
        }
        #expect(few == [])
    }

    @Test func pollsThatAllocateMoreThanTheProcess() {
        #expect(
            AllocationWorld.broken { for look in 1...2 { $0.facts.statuses[look].counters.allocations = 52 } } == [
                process
            ])
        #expect(
            AllocationWorld.broken { for look in 1...2 { $0.facts.statuses[look].counters.allocatedBytes = 400_195 } }
                == [process])
        #expect(
            AllocationWorld.broken { for look in 1...2 { $0.facts.statuses[look].counters.frees = 31 } } == [process])
        #expect(AllocationWorld.broken { $0.facts.statuses[2].counters.frees = 39 } == [process])
        let before = AllocationWorld.broken {
            for look in 0...2 { $0.facts.statuses[look].counters.allocations = 40 }
        }
        #expect(before == [], "the polls began with the recording, and may be in the first count")
    }

    @Test func nestedPollsThatAllocateMoreThanTheOneAroundThem() {
        func broken(_ allocations: UInt32, _ bytes: UInt64, _ frees: UInt32) -> [String] {
            AllocationWorld.broken {
                pollscope_poll_set_allocations(&$0.polls[0].polls[0], allocations, bytes, frees)
            }
        }
        #expect(broken(50, 400_100, 30) == [])
        #expect(broken(51, 400_100, 30) == [nested])
        #expect(broken(50, 400_101, 30) == [nested])
        #expect(broken(50, 400_100, 31) == [nested])
    }

    // MARK: Bad input

    @Test(arguments: 0..<300)
    func hostileAllocationsAreJudgedAndNothingWorse(seed: UInt64) {
        var wild = Wild(state: seed)
        var world = AllocationWorld.world()
        for index in world.allocations.samples.indices where wild.next() % 2 == 0 {
            world.allocations.samples[index].at = Ticks(wild.number())
            world.allocations.samples[index].allocation.bytes = wild.number()
            world.allocations.samples[index].allocation.context?.poll.start = Ticks(wild.number())
        }
        for index in world.allocations.frees.indices {
            world.allocations.frees[index].at = Ticks(wild.number())
            world.allocations.frees[index].lifetimeTicks = wild.number()
        }
        world.allocations.timings[0].at = Ticks(wild.number())
        world.allocations.timings[0].duration = .ticks(wild.number())
        world.allocations.timings[1].duration = .cpuNanoseconds(wild.number())
        world.allocations.recordsLost = wild.number()
        world.allocations.runs[0].first = wild.number()
        world.facts.info.allocationSampleBytes = wild.number()
        world.facts.info.allocationTimerTicks = [.nan, .infinity, -1e300, 1e300][Int(wild.next() % 4)]
        world.facts.info.allocationTimingCalls = UInt32(truncatingIfNeeded: wild.number())
        world.facts.statuses[1].counters.allocations = wild.number()
        world.polls[0].polls[1].frees_high = .max
        #expect(!world.broken.isEmpty)

        let report = MadeAllocations.report(
            world.polls.map(\.polls), [world.allocations, world.allocations], facts: world.facts
        ).allocations
        let fate = report?.fate
        let figures: [Double?] =
            [fate?.samePoll.value, fate?.samePoll.standardError, fate?.kept.value, report?.allocatorShare?.value]
            + (report?.sites ?? []).flatMap { [$0.garbage?.standardError, $0.allocatorShare?.standardError] }
            + (report?.places ?? []).flatMap { [$0.bytes.value, $0.bytes.standardError, $0.share.value] }
        for figure in figures { #expect(figure?.isFinite ?? true) }
    }
}
