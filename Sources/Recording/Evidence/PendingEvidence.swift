// Evidence gathered for the next chunk, packed as it comes.

import Sessions

/// A chunk of evidence being drawn up.
struct PendingEvidence: ~Copyable {
    private(set) var front = EvidenceChunkFront()
    private(set) var body = ByteBuffer()
    private var history = EvidenceHistory()

    var isEmpty: Bool { front.isEmpty }

    /// The next records belong in another chunk.
    var isFull: Bool {
        front.records >= RecordingLimits.writtenChunkEvidence
            || front.runs.count >= RecordingLimits.writtenChunkEvidence
            || body.count >= RecordingLimits.writtenDescriptionBytes
    }

    mutating func removeAll() {
        front = EvidenceChunkFront()
        body.removeAll()
        history = EvidenceHistory()
    }

    mutating func append(_ call: BlockingCall) {
        history.append(call, to: &body)
        front.calls += 1
    }

    mutating func append(_ poll: LongPoll) {
        history.append(poll, to: &body)
        front.longPolls += 1
    }

    mutating func append(_ sample: PollSample) {
        history.append(sample, to: &body)
        front.samples += 1
    }

    mutating func append(_ run: EvidenceRun) { front.runs.add(run) }

    mutating func addLosses(of evidence: Evidence) {
        // Wrapping: a damaged session can claim any number of records.
        front.recordsLost &+= evidence.recordsLost
        front.samplesLost &+= evidence.samplesLost
    }
}
