// Follows what a session tells of long polls and blocking calls: the rings of evidence, a thread each, and the samples.
//
// All of them are numbered by their writers and read like the rings of polls; what was overwritten is counted.
//
// A recording that begins now wants to know why a poll is long that has run for an hour, and the next sample of it may
// be an hour away. So what there is of the polls that run at the start is taken, too.

import CPollscopeLayout

/// Takes the evidence of one session, each record once.
struct EvidenceFollower {
    private let file: SessionFile
    private let start: SessionFollower.Start
    private var records: RecordRing<pollscope_call_record>
    private var sampleRecords: RecordRing<pollscope_sample_record>
    private var trails: [RecordTrail]  // by ring
    private var sampleTrail = RecordTrail()
    /// By ring: when the poll began that ran at the start; 0: none did, or it does not matter.
    private var runningAtStart: [UInt64]

    init(file: SessionFile, from start: SessionFollower.Start) {
        self.file = file
        self.start = start
        records = RecordRing(of: pollscope_call_record(), capacity: UInt64(file.layout.evidence_records))
        sampleRecords = RecordRing(of: pollscope_sample_record(), capacity: UInt64(file.layout.samples.count))
        let rings = Int(file.layout.ring_headers.count)
        trails = Array(repeating: RecordTrail(), count: rings)
        runningAtStart = Array(repeating: 0, count: rings)
        if case .now = start {
            sampleTrail = RecordTrail(begin: file.header().samples_head)
            for (index, header) in file.ringHeaders().enumerated() {
                trails[index] = RecordTrail(begin: header.evidence_head)
                runningAtStart[index] = header.running.start_ticks
            }
        }
    }

    /// Takes everything that is new. Where there is nothing, it costs two reads of a few cache lines a ring.
    mutating func look(isFirst: Bool) -> Evidence {
        var evidence = Evidence()
        let isFromOldest = if case .oldest = start { isFirst } else { false }
        let file = file
        for (index, header) in file.ringHeaders().enumerated() where header.evidence_head > trails[index].next {
            let running = runningAtStart[index]
            let (runs, lost) = trails[index].take(
                &records, of: file, at: file.evidenceRing(index), ring: UInt32(index), head: header.evidence_head,
                headAfter: { file.ringHeader(index).evidence_head }, isFromOldest: isFromOldest
            ) { record, number, isHistory in
                guard let value = EvidenceRecord(record, number: number) else { return .damaged }
                if isHistory, running == 0 || value.poll.start.rawValue != running { return .history }
                switch value {
                case .call(let call): evidence.calls.append(call)
                case .longPoll(let poll): evidence.longPolls.append(poll)
                }
                return .taken
            }
            evidence.runs += runs
            // Wrapping: the numbers of a damaged file can add up to anything.
            evidence.recordsLost &+= lost
        }
        takeSamples(isFromOldest: isFromOldest, into: &evidence)
        return evidence
    }

    private mutating func takeSamples(isFromOldest: Bool, into evidence: inout Evidence) {
        let head = file.header().samples_head
        guard head > sampleTrail.next else { return }
        let file = file
        let running = runningAtStart
        let (runs, lost) = sampleTrail.take(
            &sampleRecords, of: file, at: file.layout.samples.offset, ring: nil, head: head,
            headAfter: { file.header().samples_head }, isFromOldest: isFromOldest
        ) { record, number, isHistory in
            guard let sample = PollSample(record, number: number) else { return .damaged }
            let isOfRunning =
                Int(sample.ring) < running.count && running[Int(sample.ring)] != 0
                && running[Int(sample.ring)] == sample.context.poll.start.rawValue
            if isHistory, !isOfRunning { return .history }
            evidence.samples.append(sample)
            return .taken
        }
        evidence.runs += runs
        evidence.samplesLost = lost
    }
}
