// How runs of records are gathered and written in the front of a chunk.

import Sessions

extension [EvidenceRun] {
    /// Adds a run; one that goes on where the last one of its ring ended becomes part of it.
    mutating func add(_ run: EvidenceRun) {
        // Wrapping: a damaged session can claim any number of records.
        if run.lost == 0, run.passedOver == 0, let last = lastIndex(where: { $0.ring == run.ring }),
            self[last].first &+ self[last].count == run.first
        {
            self[last].count &+= run.count
        } else {
            append(run)
        }
    }
}

extension ByteBuffer {
    mutating func append(_ runs: [EvidenceRun]) {
        append(varint: UInt64(runs.count))
        for run in runs {
            append(varint: run.ring.map { UInt64($0) + 1 } ?? 0)
            append(varint: run.first)
            append(varint: run.count)
            append(varint: run.passedOver)
            append(varint: run.lost)
        }
    }
}

extension PayloadReader {
    mutating func runs() throws(MalformedPayload) -> [EvidenceRun] {
        var runs: [EvidenceRun] = []
        for _ in 0..<(try count(bytesEach: 5, atMost: RecordingLimits.chunkEvidence)) {
            let ring = try varint()
            guard ring <= UInt64(UInt32.max) + 1 else { throw MalformedPayload() }
            runs.append(
                EvidenceRun(
                    ring: ring == 0 ? nil : UInt32(ring - 1), first: try varint(), count: try varint(),
                    passedOver: try varint(), lost: try varint()))
        }
        return runs
    }
}
