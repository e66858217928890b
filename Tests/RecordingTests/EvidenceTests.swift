// What is known of long polls and blocking calls comes back as it was written, and takes little room.

import Sessions
import Testing

@testable import Recording

struct EvidenceTests {
    @Test func whatAServiceLeavesComesBack() throws {
        let looks = (0..<20).map { SampleEvidence.look($0) }
        let bytes = try Sample.recording { writer in
            for look in looks { try writer.write(evidence: look) }
        }
        let reader = try RecordingReader(bytes: bytes)
        let read = SampleEvidence.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence == SampleEvidence.sum(looks))
        #expect(reader.damage == nil)
        #expect(reader.totals.calls == 120)
        #expect(reader.totals.longPolls == 120)
        #expect(reader.totals.samples == 120)
        #expect(reader.totals.evidenceLost == 12)
        #expect(reader.totals.samplesLost == 6)
        #expect(reader.evidenceChunks.count == 1, "looks between two flushes share a chunk")
    }

    @Test(arguments: 0..<60)
    func anyValueInAnyFieldComesBack(seed: UInt64) throws {
        var world = EvidenceWorld(random: SplitMix64(seed: seed))
        let looks = (0..<20).map { _ in world.evidence() }
        let bytes = try Sample.recording { writer in
            for (index, look) in looks.enumerated() {
                try writer.write(evidence: look)
                if index % 3 == 0 { try writer.flush() }
            }
        }
        let reader = try RecordingReader(bytes: bytes)
        let read = SampleEvidence.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence == SampleEvidence.sum(looks))
        #expect(reader.damage == nil)
    }

    @Test func runsThatGoOnAreOne() throws {
        let looks = (0..<4).map { SampleEvidence.look($0) }
        let bytes = try Sample.recording { writer in
            for look in looks { try writer.write(evidence: look) }
        }
        var runs: [EvidenceRun] = []
        try RecordingReader(bytes: bytes).readEvidence { runs += $0.runs }
        #expect(runs.filter { $0.ring == 0 }.map(\.first) == [0, 24])
        #expect(runs.filter { $0.ring == 0 }.map(\.count) == [24, 24])
        #expect(runs.filter { $0.ring == nil }.map(\.passedOver) == [7, 0])
        #expect(runs.map(\.lost).reduce(0, +) == 3)
    }

    @Test func muchOfItComesInSeveralChunks() throws {
        let look = SampleEvidence.look(0, records: 20_000)
        let bytes = try Sample.recording { try $0.write(evidence: look) }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.evidenceChunks.count > 3)
        #expect(reader.evidenceChunks.allSatisfy { $0.byteCount < 2 << 20 })
        let read = SampleEvidence.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence == SampleEvidence.sum([look]))
    }

    @Test func evidenceComesBeforeThePollsOfItsLook() throws {
        var polls = RealisticPolls(seed: 1, threads: 1)
        let bytes = try Sample.recording { writer in
            for round in 0..<3 {
                try writer.write(evidence: SampleEvidence.look(round))
                try writer.write(polls.batch(thread: 0, count: 40_000))
            }
        }
        let reader = try RecordingReader(bytes: bytes)
        let firstOf = { (round: Int) in reader.evidenceChunks[round].offset }
        #expect(reader.evidenceChunks.count == 3)
        // The first poll of a round is in the chunk that holds poll number 40,000 × round.
        for round in 0..<3 {
            var before = 0
            let chunk = reader.pollChunks.first {
                before += $0.polls
                return before > 40_000 * round
            }
            #expect(firstOf(round) < (chunk?.offset ?? 0), "round \(round)")
        }
    }

    @Test func aSampleOfThirtyFramesTakesLittle() throws {
        func bytes(_ samples: Int) throws -> Int {
            var look = Evidence()
            look.samples = (0..<samples).map { SampleEvidence.sample($0 * 2) }
            return try Sample.recording { try $0.write(evidence: look) }.count
        }
        let alone = try bytes(1) - bytes(0)
        #expect(alone < 240, "a chunk for one sample: \(alone) bytes")
        let among = Double(try bytes(101) - bytes(1)) / 100
        #expect(among < 100, "one of many: \(among) bytes")
    }

    @Test func framesThatShareNothingTakeLittleToo() throws {
        var list = AddressList()
        var out = ByteBuffer()
        list.append(SampleEvidence.frames(0), to: &out)
        #expect(out.count < 130, "30 frames of three images: \(out.count) bytes")
    }

    @Test func nothingCostsNothing() throws {
        #expect(try Sample.recording { try $0.write(evidence: Evidence()) } == Sample.recording { _ in })
    }

    @Test func aDamagedChunkIsPassedOverAndTheOthersAreGiven() throws {
        let bytes = try Sample.recording { writer in
            for round in 0..<3 {
                try writer.write(evidence: SampleEvidence.look(round))
                try writer.flush()
            }
        }
        let second = try RecordingReader(bytes: bytes).evidenceChunks[1]
        var body = bytes
        body[Int(second.offset) + second.byteCount - 1] ^= 1
        let reader = try RecordingReader(bytes: body)
        #expect(reader.damage == nil, "bodies are checked when they are decoded")
        let read = SampleEvidence.read(reader)
        #expect(read.error?.code == .damaged)
        #expect(read.error?.what.contains("18 records") == true)
        #expect(read.evidence == SampleEvidence.sum([SampleEvidence.look(0), SampleEvidence.look(2)]))
        var damage = RecordingDamage()
        damage.add(unreadable: second)
        #expect(damage.description.contains("18 records of long polls and calls or more"))

        var front = bytes
        front[Int(second.offset) + ChunkHeader.byteCount] ^= 1
        let withoutFront = try RecordingReader(bytes: front)
        #expect(withoutFront.damage?.damagedChunks == 1)
        #expect(withoutFront.damage?.missingEvidence == 18)
        #expect(SampleEvidence.read(withoutFront).error == nil)
    }
}
