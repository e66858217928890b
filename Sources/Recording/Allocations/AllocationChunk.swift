// Where a chunk of allocation records is, and what it says of itself before its records.

import Sessions

/// A chunk of allocation samples, their ends, and timed calls: what is decoded at once.
public struct AllocationChunk: Sendable, Hashable {
    /// Where it begins in the file, bytes. What polls allocated lies before the chunks of the polls.
    public var offset: UInt64
    /// Its length in the file, bytes.
    public var byteCount: Int
    public var samples: Int
    public var frees: Int
    public var timings: Int

    let header: ChunkHeader

    /// Samples, frees and timings.
    public var records: Int { samples + frees + timings }
}

/// The front of a chunk of allocation records: how many there are, how they were numbered, and what was lost.
struct AllocationChunkFront {
    var samples = 0
    var frees = 0
    var timings = 0
    var recordsLost: UInt64 = 0
    var runs: [EvidenceRun] = []

    var records: Int { samples + frees + timings }
    var isEmpty: Bool { records == 0 && recordsLost == 0 && runs.isEmpty }

    init() {}
}

extension AllocationChunkFront {
    func append(to out: inout ByteBuffer) {
        for count in [samples, frees, timings] { out.append(varint: UInt64(count)) }
        out.append(varint: recordsLost)
        out.append(runs)
    }

    init(_ reader: inout PayloadReader) throws(MalformedPayload) {
        func count() throws(MalformedPayload) -> Int {
            let count = try reader.varint(as: Int.self)
            guard count <= RecordingLimits.chunkEvidence else { throw MalformedPayload() }
            return count
        }
        samples = try count()
        frees = try count()
        timings = try count()
        guard records <= RecordingLimits.chunkEvidence else { throw MalformedPayload() }
        recordsLost = try reader.varint()
        runs = try reader.runs()
    }
}
