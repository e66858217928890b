// Where a chunk of evidence is, and what it says of itself before its records.

import Sessions

/// A chunk of calls, long polls and samples: what is decoded at once.
public struct EvidenceChunk: Sendable, Hashable {
    /// Where it begins in the file, bytes. What is known of a poll before it ended lies before the chunk of the poll.
    public var offset: UInt64
    /// Its length in the file, bytes.
    public var byteCount: Int
    public var calls: Int
    public var longPolls: Int
    public var samples: Int

    let header: ChunkHeader

    /// Calls, long polls and samples.
    public var records: Int { calls + longPolls + samples }
}

/// The front of a chunk of evidence: how many records there are, how they were numbered, and what was lost.
struct EvidenceChunkFront {
    var calls = 0
    var longPolls = 0
    var samples = 0
    var recordsLost: UInt64 = 0
    var samplesLost: UInt64 = 0
    var runs: [EvidenceRun] = []

    var records: Int { calls + longPolls + samples }
    var isEmpty: Bool { records == 0 && recordsLost == 0 && samplesLost == 0 && runs.isEmpty }

    init() {}
}

extension EvidenceChunkFront {
    func append(to out: inout ByteBuffer) {
        out.append(varint: UInt64(calls))
        out.append(varint: UInt64(longPolls))
        out.append(varint: UInt64(samples))
        out.append(varint: recordsLost)
        out.append(varint: samplesLost)
        out.append(runs)
    }

    init(_ reader: inout PayloadReader) throws(MalformedPayload) {
        func count() throws(MalformedPayload) -> Int {
            let count = try reader.varint(as: Int.self)
            guard count <= RecordingLimits.chunkEvidence else { throw MalformedPayload() }
            return count
        }
        calls = try count()
        longPolls = try count()
        samples = try count()
        guard records <= RecordingLimits.chunkEvidence else { throw MalformedPayload() }
        recordsLost = try reader.varint()
        samplesLost = try reader.varint()
        runs = try reader.runs()
    }
}
