// What is known of single allocations comes back as it was written, and takes little room.

import Sessions
import Testing

@testable import Recording

struct AllocationTests {
    @Test func whatAServiceLeavesComesBack() throws {
        let looks = (0..<20).map { SampleAllocations.look($0) }
        let bytes = try Sample.recording { writer in
            for look in looks { try writer.write(allocations: look) }
        }
        let reader = try RecordingReader(bytes: bytes)
        let read = SampleAllocations.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence == SampleAllocations.sum(looks))
        #expect(reader.damage == nil)
        #expect(reader.totals.allocationSamples == 120)
        #expect(reader.totals.allocationFrees == 120)
        #expect(reader.totals.allocationTimings == 120)
        #expect(reader.totals.allocationsLost == 12)
        #expect(reader.allocationChunks.map(\.records) == [360], "looks between two flushes share a chunk")
    }

    @Test(arguments: 0..<60)
    func anyValueInAnyFieldComesBack(seed: UInt64) throws {
        var world = AllocationWorld(random: SplitMix64(seed: seed))
        let looks = (0..<20).map { _ in world.evidence() }
        let bytes = try Sample.recording { writer in
            for (index, look) in looks.enumerated() {
                try writer.write(allocations: look)
                if index % 3 == 0 { try writer.flush() }
            }
        }
        let reader = try RecordingReader(bytes: bytes)
        let read = SampleAllocations.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence == SampleAllocations.sum(looks))
        #expect(reader.damage == nil)
    }

    @Test func runsThatGoOnAreOne() throws {
        let bytes = try Sample.recording { writer in
            for number in 0..<4 { try writer.write(allocations: SampleAllocations.look(number)) }
        }
        var runs: [EvidenceRun] = []
        try RecordingReader(bytes: bytes).readAllocations { runs += $0.runs }
        #expect(
            runs == [
                EvidenceRun(ring: nil, first: 0, count: 36, passedOver: 7, lost: 0),
                EvidenceRun(ring: nil, first: 36, count: 36, passedOver: 0, lost: 2),
            ])
    }

    @Test func runsOfLossesOnlyAreKept() throws {
        var look = AllocationEvidence()
        look.recordsLost = 5
        look.runs = [EvidenceRun(ring: nil, first: 5, count: 0, passedOver: 0, lost: 5)]
        let bytes = try Sample.recording { try $0.write(allocations: look) }
        var read: [AllocationEvidence] = []
        try RecordingReader(bytes: bytes).readAllocations { read.append($0) }
        #expect(read == [look])
    }

    @Test func muchOfItComesInSeveralChunks() throws {
        let look = SampleAllocations.look(0, records: 20_000)
        let bytes = try Sample.recording { try $0.write(allocations: look) }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.allocationChunks.count > 3)
        let read = SampleAllocations.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence == SampleAllocations.sum([look]))
    }

    @Test func nothingCostsNothing() throws {
        let nothing = AllocationEvidence()
        #expect(
            try Sample.recording {
                try $0.write(allocations: nothing)
                try $0.write(types: [])
            } == Sample.recording { _ in })
    }

    @Test func typesComeBackEachOnce() throws {
        let types = SampleAllocations.types
        let bytes = try Sample.recording { writer in
            try writer.write(types: types)
            try writer.write(types: [ObjectType(id: 1, name: "again"), ObjectType(id: .max, name: "")])
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.types == types + [ObjectType(id: .max, name: "")])
        #expect(reader.damage == nil)
    }

    // MARK: Order

    @Test func whatARecordRefersToIsThereWhereverTheRecordingIsCut() throws {
        var polls = RealisticPolls(seed: 7, threads: 1)
        let whole = try Sample.recording { writer in
            for round in 0..<3 {
                let look = SampleAllocations.look(round)
                try writer.write(
                    stacks: look.samples.map {
                        AsyncStack(id: $0.allocation.nativeStack, kind: 4, isCut: false, frames: [1])
                    })
                try writer.write(types: SampleAllocations.types)
                try writer.write(allocations: look)
                try writer.write(polls.batch(thread: 0, count: 20))
                try writer.flush()
            }
        }
        var samples = 0
        for count in 200..<whole.count {
            let reader = try RecordingReader(bytes: Array(whole.prefix(count)))
            let read = SampleAllocations.read(reader).evidence
            #expect(read.samples.allSatisfy { reader.stacks[$0.allocation.nativeStack] != nil }, "cut at \(count)")
            let ids = Set(reader.types.map(\.id)).union([0])
            #expect(read.samples.allSatisfy { ids.contains($0.allocation.type) }, "cut at \(count)")
            #expect(reader.totals.polls == 0 || read.samples.count >= 6, "allocations come before their polls")
            samples = max(samples, read.samples.count)
        }
        #expect(samples == 18)
    }

    // MARK: Size

    /// Flushed each second, at some hundred to 20,000 timings a second.
    @Test(arguments: [1, 10, 100_000], [1_000, 35_000])
    func aTimingOfABusyServiceTakesTwelveBytesAtMost(pollsPerTask: UInt64, polls: Int) throws {
        var world = RealisticTimings(seed: 11, pollsPerTask: pollsPerTask)
        var count = 0
        let bytes = try Sample.recording { writer in
            for _ in 0..<5 {
                var evidence = AllocationEvidence()
                evidence.timings = world.timings(polls: polls)
                count += evidence.timings.count
                try writer.write(allocations: evidence)
                try writer.flush()
            }
        }
        #expect(Double(bytes.count) / Double(count) <= 12)
    }

    @Test func aSampleAmongManyTakesLittle() throws {
        func bytes(_ samples: Int) throws -> Int {
            var look = AllocationEvidence()
            look.samples = (0..<samples).map(SampleAllocations.sample)
            return try Sample.recording { try $0.write(allocations: look) }.count
        }
        #expect(try bytes(1) - bytes(0) < 120, "a chunk for one sample")
        #expect(Double(try bytes(1_001) - bytes(1)) / 1_000 < 16)
    }

    // MARK: Damage

    @Test func aDamagedChunkIsPassedOverAndTheOthersAreGiven() throws {
        let bytes = try Sample.recording { writer in
            for round in 0..<3 {
                try writer.write(allocations: SampleAllocations.look(round))
                try writer.flush()
            }
        }
        let second = try RecordingReader(bytes: bytes).allocationChunks[1]
        var body = bytes
        body[Int(second.offset) + second.byteCount - 1] ^= 1
        let reader = try RecordingReader(bytes: body)
        #expect(reader.damage == nil, "bodies are checked when they are decoded")
        let read = SampleAllocations.read(reader)
        #expect(read.error?.code == .damaged)
        #expect(read.error?.what.contains("18 records of allocations") == true)
        #expect(read.evidence == SampleAllocations.sum([SampleAllocations.look(0), SampleAllocations.look(2)]))
        var damage = RecordingDamage()
        damage.add(unreadable: second)
        #expect(damage.missingBytes == UInt64(second.byteCount))
        #expect(damage.description.contains("18 records of allocations or more"))

        var front = bytes
        front[Int(second.offset) + ChunkHeader.byteCount] ^= 1
        let withoutFront = try RecordingReader(bytes: front)
        #expect(withoutFront.damage?.damagedChunks == 1)
        #expect(withoutFront.damage?.missingAllocations == 18)
        #expect(SampleAllocations.read(withoutFront).error == nil)
    }

    @Test func theCutTellsHowManyRecordsWentWithIt() throws {
        let bytes = try Sample.recording { try $0.write(allocations: SampleAllocations.look(0)) }
        let chunk = try #require(try RecordingReader(bytes: bytes).allocationChunks.first)
        let cut = try RecordingReader(bytes: Array(bytes.prefix(Int(chunk.offset) + chunk.byteCount - 1)))
        #expect(cut.damage?.missingAllocations == 18)
        #expect(cut.allocationChunks.isEmpty)
    }

    @Test func recordsThatCostNoBytesAreBounded() throws {
        var front = AllocationChunkFront()
        front.timings = RecordingLimits.chunkEvidence + 1
        var out = ByteBuffer()
        front.append(to: &out)
        var reader = PayloadReader(out.bytes)
        #expect(throws: MalformedPayload.self) { try AllocationChunkFront(&reader) }
        front.timings = RecordingLimits.chunkEvidence
        front.samples = 1
        out.removeAll()
        front.append(to: &out)
        reader = PayloadReader(out.bytes)
        #expect(throws: MalformedPayload.self) { try AllocationChunkFront(&reader) }
    }
}
