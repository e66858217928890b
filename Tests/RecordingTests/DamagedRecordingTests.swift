// Bytes that are not what was written: never a crash, and never a wrong poll that passes for a right one.

import Sessions
import Testing

@testable import Recording

struct DamagedRecordingTests {
    private let whole: [UInt8]
    private let all: [RingEvent]
    private let evidence: Evidence
    private let allocations: AllocationEvidence
    private let events: [SampleEvents.Fields]
    private let load: [LoadMoment]

    init() throws {
        whole = try Sample.small()
        let reader = try RecordingReader(bytes: whole)
        all = Sample.decode(reader).events
        evidence = SampleEvidence.read(reader).evidence
        allocations = SampleAllocations.read(reader).evidence
        events = SampleEvents.read(reader).records
        load = reader.load
    }

    /// What is read of damaged bytes is some of what was written, and if it is not all, somebody says so.
    private func expectNothingWrong(_ bytes: [UInt8], _ comment: Comment) throws {
        let reader: RecordingReader
        do {
            reader = try RecordingReader(bytes: bytes)
        } catch {
            #expect([.damaged, .foreign, .newer].contains(error.code), comment)
            return
        }
        let decoded = Sample.decode(reader)
        #expect(isSubsequence(decoded.events, of: all), comment)
        if decoded.events.count < all.count {
            #expect(reader.damage != nil || !decoded.errors.isEmpty, comment)
        }
        #expect(decoded.errors.allSatisfy { $0.code == .damaged }, comment)
        let read = SampleEvidence.read(reader)
        #expect(isSubsequence(read.evidence.calls, of: evidence.calls), comment)
        #expect(isSubsequence(read.evidence.longPolls, of: evidence.longPolls), comment)
        #expect(isSubsequence(read.evidence.samples, of: evidence.samples), comment)
        if read.evidence != evidence { #expect(reader.damage != nil || read.error != nil, comment) }
        #expect(read.error == nil || read.error?.code == .damaged, comment)
        let readAllocations = SampleAllocations.read(reader)
        #expect(isSubsequence(readAllocations.evidence.samples, of: allocations.samples), comment)
        #expect(isSubsequence(readAllocations.evidence.frees, of: allocations.frees), comment)
        #expect(isSubsequence(readAllocations.evidence.timings, of: allocations.timings), comment)
        if readAllocations.evidence != allocations {
            #expect(reader.damage != nil || readAllocations.error != nil, comment)
        }
        #expect(readAllocations.error == nil || readAllocations.error?.code == .damaged, comment)
        let readEvents = SampleEvents.read(reader)
        #expect(isSubsequence(readEvents.records, of: events), comment)
        if readEvents.records != events { #expect(reader.damage != nil || readEvents.error != nil, comment) }
        #expect(readEvents.error == nil || readEvents.error?.code == .damaged, comment)
        #expect(isSubsequence(reader.load, of: load), comment)
        #expect(reader.census == nil || reader.census == SampleLoad.census, comment)
        #expect(reader.stuckTasks == nil || reader.stuckTasks == SampleLoad.stuckTasks, comment)
        // The end mark does not count these: a chunk of them that is cut out from its first byte to its last is not missed.
        if bytes.count == whole.count, reader.load != load || reader.census == nil || reader.stuckTasks == nil {
            #expect(reader.damage != nil, comment)
        }
    }

    private func isSubsequence<Item: Equatable>(_ some: [Item], of all: [Item]) -> Bool {
        var rest = all[...]
        for item in some {
            guard let found = rest.firstIndex(of: item) else { return false }
            rest = rest[(found + 1)...]
        }
        return true
    }

    @Test func aFlippedBitAnywhereIsNoticed() throws {
        for offset in whole.indices {
            var bytes = whole
            bytes[offset] ^= 1 << UInt8(offset % 8)
            try expectNothingWrong(bytes, "bit \(offset % 8) of byte \(offset)")
        }
    }

    @Test(arguments: 0..<20)
    func flippedBytesAnywhereAreNoticed(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<100 {
            var bytes = whole
            for _ in 0...(random.next() % 6) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            try expectNothingWrong(bytes, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<10)
    func exchangedAndMissingStretchesAreNoticed(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<50 {
            var bytes = whole
            let from = Int(random.next() % UInt64(bytes.count))
            let count = min(Int(random.next() % 200), bytes.count - from)
            switch random.next() % 3 {
            case 0: bytes.removeSubrange(from..<(from + count))
            case 1: bytes.replaceSubrange(from..<(from + count), with: repeatElement(0, count: count))
            default: bytes.insert(contentsOf: whole.suffix(count), at: from)
            }
            try expectNothingWrong(bytes, "seed \(seed)")
        }
    }

    /// Somebody who wants to do harm gets the checksums right. Nothing can be said about the polls then, but
    /// that reading ends, and ends well.
    @Test(arguments: 0..<40)
    func contentsThatLieUnderRightChecksumsDoNoHarm(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<60 {
            var bytes = whole
            try resealing(&bytes) { part in
                guard !part.isEmpty, random.next() % 3 == 0 else { return }
                for _ in 0...(random.next() % 4) {
                    let place = part.startIndex + Int(random.next() % UInt64(part.count))
                    let wild: [UInt8] = [0, 0xFF, 0x80, 0x7F, UInt8(truncatingIfNeeded: random.next())]
                    part[place] = wild[Int(random.next() % 5)]
                }
            }
            guard let reader = try? RecordingReader(bytes: bytes) else { continue }
            _ = Sample.decode(reader)
            let read = SampleEvidence.read(reader)
            #expect(read.evidence.samples.allSatisfy { $0.frames.count <= RecordingLimits.sampleFrames })
            let allocations = SampleAllocations.read(reader).evidence
            #expect(allocations.samples.count + allocations.frees.count <= reader.totals.allocations)
            #expect(SampleEvents.read(reader).records.count <= reader.totals.events)
            #expect(reader.load.count <= RecordingLimits.keptLoadMoments + 1)
            #expect(reader.stuckTasks?.tasks.count ?? 0 <= RecordingLimits.stuckTasks)
        }
    }

    @Test func aChunkOfAnUnknownKindIsPassedOver() throws {
        var bytes = Array(whole.prefix(FileHeader.byteCount))
        for (offset, header) in chunks(of: whole) {
            bytes += chunk("NEW!", front: Array(0..<77), body: [1, 2, 3])
            bytes += whole[offset..<(offset + Int(header.chunkBytes))]
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.damage == nil)
        #expect(Sample.decode(reader).events == all)
    }

    @Test func aDamagedChunkIsPassedOverAndCounted() throws {
        let intact = try RecordingReader(bytes: whole)
        let second = intact.pollChunks[1]

        var front = whole
        front[Int(second.offset) + ChunkHeader.byteCount + 2] ^= 1
        let withoutFront = try RecordingReader(bytes: front)
        #expect(withoutFront.pollChunks.count == intact.pollChunks.count - 1)
        #expect(withoutFront.damage?.damagedChunks == 1)
        #expect(withoutFront.damage?.missingPolls == UInt64(second.polls))
        #expect(withoutFront.unfinished.count == intact.unfinished.count)

        var body = whole
        body[Int(second.offset) + second.byteCount - 1] ^= 1
        let withoutBody = try RecordingReader(bytes: body)
        #expect(withoutBody.damage == nil, "bodies are checked when they are decoded")
        let decoded = Sample.decode(withoutBody)
        #expect(decoded.errors.map(\.code) == [.damaged])
        #expect(decoded.events.count < all.count)
        var damage = RecordingDamage()
        damage.add(unreadable: withoutBody.pollChunks[1])
        #expect(damage.description.contains("\(second.polls) polls"))
    }

    @Test func whatFollowsTheEndMarkIsReported() throws {
        let reader = try RecordingReader(bytes: whole + [1, 2, 3])
        #expect(reader.damage?.unreadableFromByte == UInt64(whole.count))
        #expect(Sample.decode(reader).events == all)
    }

    @Test func pollsThatCostNoBytesAreBounded() throws {
        // Columns of one value take two bytes for 256 polls: a front could promise millions.
        var front = ByteBuffer()
        front.append(varint: UInt64(1) << 40)
        front.append(varint: UInt64(0))
        front.append(varint: UInt64(0))
        front.append(varint: UInt64(0))
        let session = Int(try #require(chunks(of: whole).first).header.chunkBytes)
        let bytes =
            whole.prefix(FileHeader.byteCount + session) + chunk("POLL", front: Array(front.bytes), body: [])
        let reader = try RecordingReader(bytes: Array(bytes))
        #expect(reader.pollChunks.isEmpty)
        #expect(reader.damage?.damagedChunks == 1)
    }

    @Test(arguments: ["TASK", "LOAD", "LIVE"])
    func countsOfMoreThanThereIsAreRefused(letters: String) throws {
        let session = Int(try #require(chunks(of: whole).first).header.chunkBytes)
        for many: UInt64 in [1, 100, 1 << 12, 1 << 40, .max] {
            var front = ByteBuffer()
            if letters == "TASK" { front.append(0) }
            for _ in 0..<(letters == "TASK" ? 7 : letters == "LIVE" ? 3 : 0) { front.append(varint: UInt64(5)) }
            front.append(varint: many)
            let bytes =
                whole.prefix(FileHeader.byteCount + session) + chunk(letters, front: Array(front.bytes), body: [])
            let reader = try RecordingReader(bytes: Array(bytes))
            #expect(reader.load.isEmpty && reader.census == nil && reader.stuckTasks == nil)
            #expect(reader.damage?.damagedChunks == 1, "\(many)")
        }
    }

    // MARK: Taking recordings apart

    private func chunks(of bytes: [UInt8]) -> [(offset: Int, header: ChunkHeader)] {
        var chunks: [(Int, ChunkHeader)] = []
        var offset = FileHeader.byteCount
        while offset < bytes.count,
            let header = bytes[offset...].withUnsafeBytes({ ChunkHeader($0) })
        {
            chunks.append((offset, header))
            offset += Int(header.chunkBytes)
        }
        return chunks
    }

    private func chunk(_ letters: String, front: [UInt8], body: [UInt8]) -> [UInt8] {
        let kind = Array(letters.utf8).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var out = ByteBuffer()
        ChunkHeader(
            kind: ChunkKind(rawValue: kind), frontBytes: UInt32(front.count), bodyBytes: UInt32(body.count),
            frontChecksum: front.withUnsafeBytes { CRC32C.checksum($0) },
            bodyChecksum: body.withUnsafeBytes { CRC32C.checksum($0) }
        ).append(to: &out)
        return Array(out.bytes) + front + body
    }

    /// Lets `change` alter fronts and bodies, and makes all checksums right again.
    private func resealing(_ bytes: inout [UInt8], _ change: (inout ArraySlice<UInt8>) -> Void) throws {
        for (offset, header) in chunks(of: bytes) {
            let frontStart = offset + ChunkHeader.byteCount
            let bodyStart = frontStart + Int(header.frontBytes)
            let end = bodyStart + Int(header.bodyBytes)
            var front = bytes[frontStart..<bodyStart]
            var body = bytes[bodyStart..<end]
            change(&front)
            change(&body)
            var sealed = ByteBuffer()
            var changed = header
            changed.frontChecksum = front.withUnsafeBytes { CRC32C.checksum($0) }
            changed.bodyChecksum = body.withUnsafeBytes { CRC32C.checksum($0) }
            changed.append(to: &sealed)
            bytes.replaceSubrange(offset..<end, with: Array(sealed.bytes) + front + body)
        }
    }
}
