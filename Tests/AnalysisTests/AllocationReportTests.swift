import CPollscopeLayout
import Sessions
import Symbols
import Testing

@testable import Analysis

/// What the report says of allocations.
@Suite struct AllocationReportTests {
    private typealias Of = MadeAllocations

    private func report(
        _ polls: [[pollscope_poll_record]] = [], _ looks: [AllocationEvidence] = [],
        facts: RecordingFacts = MadeAllocations.facts(), code: [UInt64: [SourceFrame]] = [:]
    ) throws -> AllocationReport {
        try #require(Of.report(polls, looks, facts: facts, code: code).allocations)
    }

    // MARK: Counts

    @Test func smallCountsAreExact() throws {
        // 1 … 100 allocations of 7 bytes.
        let polls = (UInt32(1)...100).map {
            Of.poll(UInt64($0) * 1_000 + 1_000, 10, $0 % 46, UInt64($0 % 46) * 7, 1)
        }
        let site = try #require(report([polls]).sites.first)
        let counts = (UInt64(1)...100).map { $0 % 46 }.sorted()
        #expect(site.polls == 100)
        #expect(site.allocations.total == counts.reduce(0, +))
        #expect(site.allocations.p50 == counts[49])
        #expect(site.allocations.p99 == counts[98])
        #expect(site.allocations.max == 45)
        #expect(site.bytes.total == site.allocations.total * 7)
        #expect(site.bytes.max == 45 * 7)
        #expect(site.frees == 100)
        #expect(site.share == 1)
    }

    @Test(arguments: [46, 1_000, 65_536, 1_000_003, 1 << 47])
    func largeCountsAreOffByOnePercentAtMost(bytes: UInt64) throws {
        let polls = [Of.poll(2_000, 10, 1, 0), Of.poll(3_000, 10, 1, bytes), Of.poll(4_000, 10, 1, bytes + bytes / 10)]
        let figures = try #require(report([polls]).sites.first).bytes
        #expect((Double(figures.p50) / Double(bytes) - 1).magnitude <= 0.011)
        #expect(figures.max == bytes + bytes / 10)
    }

    @Test func nestedPollsAreCountedInTheirSiteAndOnceInAll() throws {
        let nested: [pollscope_poll_flags] = [POLLSCOPE_POLL_NESTED]
        let polls = [
            Of.poll(2_100, 50, 4, 400, 1, stack: 20, flags: nested), Of.poll(2_000, 500, 10, 1_000, 5),
            Of.poll(3_000, 500, 5, 1_000, 0, stack: 20),
        ]
        let facts = Of.facts(stacks: [Made.stack(1), Made.stack(20)])
        let allocations = try report([polls], facts: facts)
        #expect(allocations.inPolls == AllocationCounts(allocations: 15, bytes: 2_000, frees: 5))
        #expect(allocations.sites.map(\.site.place.function) == ["function2()", "function0()"])
        #expect(allocations.sites.map(\.bytes.total) == [1_400, 1_000])
        #expect(allocations.sites.map(\.share) == [0.5, 0.5])
    }

    @Test func sitesThatNeverAllocateAreNoSites() throws {
        let polls = [Made.poll(2_000, 10, stack: 20), Of.poll(3_000, 10, 0, 0, 3)]
        let allocations = try report([polls], facts: Of.facts(stacks: [Made.stack(1), Made.stack(20)]))
        #expect(allocations.sites.map(\.site.place.function) == ["function0()"])
        #expect(allocations.sites.first?.share == 0)
    }

    @Test func theProcessIsCountedFromLookToLook() throws {
        let facts = Of.facts(statuses: [
            Of.status(at: 0, 100, 1_000, 50, resident: 1 << 20), Of.status(at: 2, 300, 9_000, 150, resident: 2 << 20),
            Of.status(at: 4, 400, 9_500, 350, resident: 3 << 20), Of.status(at: 5, 500, 9_900, 400, resident: 0),
        ])
        let allocations = try report(facts: facts)
        #expect(allocations.process == AllocationCounts(allocations: 400, bytes: 8_900, frees: 350))
        #expect(allocations.processSeconds == 5)
        #expect(allocations.heap.map(\.seconds) == [2, 4], "at the end the process was gone")
        #expect(allocations.heap.map(\.residentBytes) == [2 << 20, 3 << 20])
        #expect(allocations.heap.map(\.allocationsPerSecond) == [100, 50])
        #expect(allocations.heap.map(\.bytesPerSecond) == [4_000, 250])
        #expect(allocations.heap.map(\.blocksKept) == [100, -100])
    }

    @Test func countersOfASessionsMemoryAreOfTheTimeSinceItBegan() throws {
        var first = Of.status(at: 9, 0, 0, 0, cpuSeconds: 5)
        first.counters = SessionCounters()
        let facts = Of.facts(statuses: [first, Of.status(at: 10, 1_000, 2_000, 0, cpuSeconds: 5.1)])
        let timing = Of.timing(.ticks(1_020), at: 9_500_000_000)
        let allocations = try report(
            [[Of.poll(Made.pollStart, 1_000, 1, 1)]], [Of.evidence(timings: [timing])], facts: facts)
        #expect(allocations.processSeconds == 10)
        #expect(allocations.process.allocations == 1_000)
        #expect(allocations.heap.isEmpty)
        #expect(allocations.allocatorShare == nil)
        #expect(allocations.sites.first?.allocatorShare == nil)
    }

    // MARK: Samples

    private let code: [UInt64: [SourceFrame]] = [
        0x10: [Made.frame("swift_slowAlloc", nil, .runtime)],
        0x11: [Made.frame("swift_allocObject", nil, .runtime)],
        0x12: [Made.frame("Array.append(_:)", nil, .runtime)],
        0x20: [Made.frame("inlined()", 48, inlined: true), Made.frame("score(_:)", 50)],
        0x21: [Made.frame("load()", 90)],
        0x30: [Made.frame("parse(_:)", 12, .dependency)],
        0x31: [Made.frame("decode(_:)", 14, .dependency)],
        0x40: [Made.frame("handle(_:)", 7)],
        0x50: [Made.frame("swift_job_run", nil, .runtime)],
    ]

    private let stacks = [
        Made.stack(1), MadeAllocations.stack(70, [0x10, 0x11, 0x12, 0x20, 0x40]),
        MadeAllocations.stack(71, [0x10, 0x21, 0x40]), MadeAllocations.stack(72, [0x10, 0x30, 0x31, 0x50]),
        MadeAllocations.stack(73, [0x10, 0x11, 0x50]), MadeAllocations.stack(74, [0x10, 0x30, 0x40]),
        MadeAllocations.stack(75, [0x10, 0x11], isCut: true),
    ]

    @Test func placesAreLinesOfTheUsersCode() throws {
        let samples = [
            Of.sample(90_000, stack: 70), Of.sample(50_000, stack: 71), Of.sample(40_000, stack: 72),
            Of.sample(30_000, in: nil, stack: 73), Of.sample(20_000, stack: 74),
            Of.sample(10_000, in: nil, stack: 75), Of.sample(9_000), Of.sample(8_000, stack: 73),
        ]
        let places = try report(
            [], [Of.evidence(samples: samples)], facts: Of.facts(stacks: stacks), code: code
        ).places
        #expect(
            places.map(\.place.function) == [
                "inlined()", "load()", "parse(_:)", "not in the service's code", "handle(_:)",
                "(outer frames missing)", "(stack not captured)", "function0()",
            ], "what the runtime does for a poll is its site's")
        #expect(places.map(\.place.line) == [48, 90, 12, nil, 7, nil, nil, 0])
        #expect((places[0].share.value - 90_000.0 / 257_000).magnitude < 1e-3)
        #expect((places.reduce(0) { $0 + $1.share.value } - 1).magnitude < 1e-9)
        #expect(places[0].bytes.samples == 1)
        #expect((places[0].count.value - 1).magnitude < 1e-9)
    }

    @Test func stacksAreOneTreeByBytes() throws {
        let samples = [Of.sample(90_000, stack: 70), Of.sample(50_000, stack: 71), Of.sample(20_000, stack: 74)]
        let stacks = try report(
            [], [Of.evidence(samples: samples)], facts: Of.facts(stacks: stacks), code: code
        ).stacks
        let root = try #require(stacks.first)
        #expect(stacks.count == 1)
        #expect(root.place.function == "handle(_:)")
        #expect(root.samples == 3)
        #expect((root.bytes - 160_000).magnitude < 1)
        #expect(root.children.map(\.place.function) == ["score(_:)", "load()", "parse(_:)"])
        #expect(root.children[0].children.map(\.place.function) == ["inlined()"])
        #expect(root.children[0].children[0].children.map(\.place.function) == ["Array.append(_:)"])
        #expect(root.children[0].children[0].children[0].isFolded)
    }

    @Test func typesHaveTheirNamesAndTheRestIsCalledByWhatItIs() throws {
        let types = [
            ObjectType(id: 4, name: "Order"), ObjectType(id: 5, name: "Order"), ObjectType(id: 6, name: "Bill"),
        ]
        let samples = [
            Of.sample(30_000, stack: 70, type: 4), Of.sample(30_000, stack: 70, type: 5),
            Of.sample(70_000, stack: 70, type: 6), Of.sample(20_000, stack: 70), Of.sample(10_000, stack: 70, type: 99),
            Of.sample(5_000, stack: 71),
        ]
        let allocations = try report(
            [], [Of.evidence(samples: samples)], facts: Of.facts(stacks: stacks, types: types), code: code)
        #expect(allocations.types.map(\.name) == ["Bill", "Order"])
        #expect(allocations.types.map(\.bytes.samples) == [1, 2])
        #expect(allocations.objectSamples == 5)
        #expect(allocations.untypedSamples == 2)
        #expect(allocations.places[0].types.map(\.name) == ["Bill", "Order", "object"])
        #expect(allocations.places[1].types.map(\.name) == ["buffer"])
    }

    // MARK: Fate

    @Test func whatBecameOfBytesIsOfPollsAndOfTheRecording() throws {
        let facts = Of.facts(statuses: [Of.status(at: 0.5, 1, 1, 0), Of.status(at: 9, 1, 1, 0)])
        func sample(_ number: UInt64, in context: PollContext? = Made.context(), isTracked: Bool = true)
            -> AllocationSample
        {
            Of.sample(100_000, at: Made.pollStart + number, in: context, isTracked: isTracked)
        }
        let samples = (0..<10).map { sample($0) }
        let outside = sample(20, in: nil)
        let before = Of.sample(100_000, at: 400_000_000)
        let places: [SampledFree.Place] = [.samePoll, .samePoll, .samePoll, .sameTask, .otherPoll, .outsidePolls]
        let frees =
            zip(samples, places).map { Of.free(of: $0, after: 1_000, $1) } + [
                Of.free(of: outside, after: 5, .otherPoll), Of.free(of: before, after: 900_000_000, .samePoll),
            ]
        let evidence = [
            Of.evidence(samples: samples + [outside, before, sample(30, isTracked: false)]),
            // Ends come in later looks.
            Of.evidence(frees: frees),
        ]
        let allocations = try report([[Of.poll(Made.pollStart, 1_000, 1, 1)]], evidence, facts: facts)
        let fate = try #require(allocations.fate)
        #expect(fate.samePoll.value == 0.3)
        #expect((fate.sameTask.value - 0.1).magnitude < 1e-9)
        #expect((fate.elsewhere.value - 0.2).magnitude < 1e-9)
        #expect((fate.kept.value - 0.4).magnitude < 1e-9)
        #expect(fate.kept.samples == 10)
        #expect(allocations.samples == 12)
        #expect(allocations.samplesUntracked == 1)
        #expect(allocations.sites.first?.garbage?.value == 0.3)
        #expect(allocations.places.first?.garbage?.value == 0.3)
        #expect(try report([], [Of.evidence(samples: [outside])]).places.first?.garbage == nil)
        #expect(try report().fate == nil)
    }

    @Test func freesOfSamplesThatWereOverwrittenDoNotCount() throws {
        // The recording begins with what was left in memory: its oldest record is younger than the sample.
        let lost = Of.sample(100_000, at: Made.pollStart)
        let kept = Of.sample(100_000, at: Made.pollStart + 100)
        let evidence = Of.evidence(samples: [kept], frees: [Of.free(of: lost, after: 200, .samePoll)])
        #expect(try report([], [evidence]).fate?.samePoll.value == 0)
    }

    // MARK: The allocator's time

    @Test func theAllocatorsShareIsOfCPUTimeAndOfPollTimeOutsideCalls() throws {
        let facts = Of.facts(statuses: [
            Of.status(at: 0, 1, 1, 0, cpuSeconds: 1), Of.status(at: 10, 1, 1, 0, cpuSeconds: 3),
        ])
        var poll = Of.poll(Made.pollStart, 3_000_000, 9, 9)
        poll.blocked_ticks = 1_000_000
        let timings = [
            // 1 µs less the timer, 500 ns, and two that count for nothing and for little.
            Of.timing(.ticks(1_020)), Of.timing(.cpuNanoseconds(500)), Of.timing(.ticks(100_001)), Of.timing(.ticks(3)),
            Of.timing(.ticks(520), in: nil), Of.timing(.ticks(520), at: 11_000_000_000, in: nil),
        ]
        let allocations = try report([[poll]], [Of.evidence(timings: timings)], facts: facts)
        #expect(allocations.timings == 6)
        #expect(allocations.timingsInterrupted == 1)
        let process = try #require(allocations.allocatorShare)
        #expect((process.value - 10 * 2e-6 / 2).magnitude < 1e-12)
        #expect(process.samples == 4)
        let squares = 1e-12 + 2 * 0.25e-12
        #expect((process.standardError - (90 * squares).squareRoot() / 2).magnitude < 1e-12)
        let site = try #require(allocations.sites.first?.allocatorShare)
        #expect((site.value - 10 * 1.5e-6 / 2e-3).magnitude < 1e-9)
        #expect(site.samples == 3)
    }

    @Test func withoutTimingsOrCPUTimesNobodyKnows() throws {
        let facts = Of.facts(statuses: [
            Of.status(at: 0, 1, 1, 0, cpuSeconds: 1), Of.status(at: 10, 1, 1, 0, cpuSeconds: 3),
        ])
        let polls = [[Of.poll(Made.pollStart, 1_000, 1, 1)]]
        #expect(try report(polls, facts: facts).allocatorShare == nil)
        #expect(try report(polls, facts: facts).sites.first?.allocatorShare == nil)
        #expect(try report(polls, [Of.evidence(timings: [Of.timing(.ticks(60))])]).allocatorShare == nil)
        let interrupted = Of.evidence(timings: [Of.timing(.ticks(200_000))])
        #expect(try report(polls, [interrupted], facts: facts).allocatorShare == nil)
    }

    // MARK: Memory and losses

    @Test func placesBeyondTheTableAreOtherPlaces() throws {
        var table = AllocationTable()
        for number in 0..<200_000 {
            let context = Made.context(stack: UInt32(number / 1_000))
            table.add(Of.allocation(1, in: context, stack: UInt32(number % 1_000), type: UInt16(number % 7))) {
                $0.sum.add(SampledSum(sampleOf: 1, mean: 1))
            }
        }
        #expect(table.count <= 65_538)
        #expect(table.sorted.reduce(0) { $0 + $1.entry.sum.samples } == 200_000)
        #expect(table.sorted.last?.key.nativeStack == AllocationTable.otherPlaces)
    }

    @Test func lossesAreProblems() throws {
        var evidence = Of.evidence(samples: (0..<10).map { Of.sample(1, at: Made.pollStart + $0, isTracked: $0 > 0) })
        evidence.recordsLost = 3
        var last = Of.status(at: 10, 1, 1, 0)
        last.counters.allocationRecords = 100
        last.counters.allocationRecordsDropped = 4
        last.counters.typesRefused = 5
        let model = Of.report([], [evidence], facts: Of.facts(statuses: [Of.status(at: 0, 1, 1, 0), last]))
        #expect(model.allocations?.recordsLost == 3)
        #expect(model.allocations?.recordsDropped == 4)
        for (kind, word) in [
            (ReportProblem.Kind.lostAllocations, "Of 104 records of single allocations 3 were"),
            (.lostAllocations, "4 were not written"),
            (.untrackedAllocations, "1 of 10"), (.refusedTypes, "5 sampled objects"),
        ] {
            #expect(model.problems.contains { $0.kind == kind && $0.sentence.contains(word) }, "\(word)")
        }
        last.counters.allocationRecordsDropped = 1
        last.counters.typesRefused = 0
        let nearlyWhole = Of.report([], [], facts: Of.facts(statuses: [Of.status(at: 0, 1, 1, 0), last]))
        #expect(
            nearlyWhole.problems.allSatisfy { $0.kind != .lostAllocations }, "one in a hundred is within the errors")
        let fine = Of.report([], [Of.evidence(samples: [Of.sample(1)])])
        #expect(
            fine.problems.allSatisfy { ![.lostAllocations, .untrackedAllocations, .refusedTypes].contains($0.kind) })
    }

    // MARK: Missing data

    @Test func aRecordingWithoutCountsSaysWhy() {
        let earlier = Of.report(facts: Of.facts(probes: []))
        #expect(earlier.allocations == nil)
        #expect(earlier.allocationsMissing?.contains("version") == true)
        let off = Of.report(
            facts: Of.facts(probes: [
                Of.probe(POLLSCOPE_PROBE_ALLOCATIONS, POLLSCOPE_PROBE_OFF, "POLLSCOPE_ALLOC says so.")
            ]))
        #expect(off.allocations == nil)
        #expect(off.allocationsMissing?.hasPrefix("Allocations were not counted: POLLSCOPE_ALLOC says so. ") == true)
        let refused = Of.report(
            facts: Of.facts(probes: [
                Of.probe(POLLSCOPE_PROBE_ALLOCATIONS, POLLSCOPE_PROBE_REFUSED, "a sanitizer is here")
            ]))
        #expect(refused.allocationsMissing?.contains("a sanitizer is here. `pollscope doctor`") == true)
        #expect(Of.report().allocationsMissing == nil)
    }

    @Test func countsWithoutSamplesSayWhy() throws {
        let polls = [[Of.poll(2_000, 10, 5, 50, 2)]]
        var facts = Of.facts(probes: [
            Of.probe(POLLSCOPE_PROBE_ALLOCATIONS),
            Of.probe(POLLSCOPE_PROBE_ALLOCATION_SAMPLES, POLLSCOPE_PROBE_OFF, "POLLSCOPE_ALLOC_SAMPLE says so."),
        ])
        facts.info.allocationSampleBytes = 0
        let allocations = try report(polls, facts: facts)
        #expect(allocations.sites.first?.allocations.total == 5)
        #expect(allocations.samplesMissing?.contains("POLLSCOPE_ALLOC_SAMPLE says so") == true)
        #expect(allocations.places.isEmpty && allocations.stacks.isEmpty && allocations.types.isEmpty)
        #expect(allocations.fate == nil && allocations.allocatorShare == nil && allocations.sampleBytes == 0)
        #expect(try report(polls).samplesMissing == nil)
    }
}
