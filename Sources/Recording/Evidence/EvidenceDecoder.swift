// Reads chunks of evidence back.

import Sessions

/// Decodes chunks of a recording's evidence. It has a buffer of its own: one decoder for each thread.
public final class EvidenceDecoder {
    private let reader: RecordingReader
    private var chunk = ChunkBytes()

    public init(_ reader: RecordingReader) { self.reader = reader }

    /// The chunk's evidence, in the order it was written.
    ///
    /// Count a chunk that throws with `RecordingDamage.add(unreadable:)`, and go on with the next.
    ///
    /// - Throws: `damaged` when the chunk is not what was written, `notReadable` when the file cannot be read.
    public func decode(_ chunk: EvidenceChunk) throws(RecordingError) -> Evidence {
        guard try self.chunk.load(chunk.header, at: chunk.offset, of: reader.source) else { throw damaged(chunk) }
        do {
            var frontReader = PayloadReader(self.chunk.front)
            let front = try EvidenceChunkFront(&frontReader)
            var evidence = try records(PayloadReader(self.chunk.body))
            guard evidence.calls.count == front.calls, evidence.longPolls.count == front.longPolls,
                evidence.samples.count == front.samples
            else { throw MalformedPayload() }
            evidence.recordsLost = front.recordsLost
            evidence.samplesLost = front.samplesLost
            evidence.runs = front.runs
            return evidence
        } catch {
            throw damaged(chunk)
        }
    }

    private func records(_ payload: PayloadReader) throws(MalformedPayload) -> Evidence {
        var reader = payload
        var evidence = Evidence()
        var history = EvidenceHistory()
        var count = 0
        while !reader.isAtEnd {
            count += 1
            guard count <= RecordingLimits.chunkEvidence else { throw MalformedPayload() }
            let tag = try reader.byte()
            switch tag & EvidenceTag.kindMask {
            case EvidenceTag.call: evidence.calls.append(try history.call(tag: tag, &reader))
            case EvidenceTag.longPoll: evidence.longPolls.append(try history.longPoll(tag: tag, &reader))
            case EvidenceTag.sample: evidence.samples.append(try history.sample(tag: tag, &reader))
            default: throw MalformedPayload()
            }
        }
        return evidence
    }

    private func damaged(_ chunk: EvidenceChunk) -> RecordingError {
        RecordingError(
            code: .damaged,
            what: "\(reader.name) is damaged between bytes \(chunk.offset) and "
                + "\(chunk.offset + UInt64(chunk.byteCount)): \(chunk.records) records of long polls and blocking "
                + "calls cannot be read",
            remedy: "What the rest of the recording holds can still be used; record again for the whole")
    }
}

extension RecordingReader {
    /// Gives the recording's evidence to `body`, chunk by chunk, in the order of the file. Memory: a chunk at a time.
    ///
    /// - Throws: the error of the first chunk that could not be read, after all others were given. To count what is
    ///   missing, take `evidenceChunks` and an `EvidenceDecoder`.
    public func readEvidence(_ body: (Evidence) -> Void) throws(RecordingError) {
        let decoder = EvidenceDecoder(self)
        var failure: RecordingError?
        for chunk in evidenceChunks {
            do throws(RecordingError) {
                body(try decoder.decode(chunk))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }
}
