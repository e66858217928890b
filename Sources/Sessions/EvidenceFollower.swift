// Follows what a session tells of long polls and blocking calls: the rings of evidence, a thread each, and the samples.
//
// All of them are numbered by their writers and read like the rings of polls; what was overwritten is counted.
//
// A recording that begins now wants to know why a poll is long that has run for an hour, and the next sample of it may
// be an hour away. So what there is of the polls that run at the start is taken, too.

import CPollscopeLayout

/// Takes the evidence of one session, each record once.
struct EvidenceFollower {
    /// How far the records of one writer were taken.
    private struct Trail {
        /// Number of the next record to take.
        var next: UInt64 = 0
        /// Records before this number are history: nobody misses them.
        var begin: UInt64 = 0
    }

    /// What becomes of a record that was read.
    private enum Outcome {
        case taken
        case history
        case damaged
    }

    private let file: SessionFile
    private let start: SessionFollower.Start
    private var records: RecordRing<pollscope_call_record>
    private var sampleRecords: RecordRing<pollscope_sample_record>
    private var trails: [Trail]  // by ring
    private var sampleTrail = Trail()
    /// By ring: when the poll began that ran at the start; 0: none did, or it does not matter.
    private var runningAtStart: [UInt64]

    init(file: SessionFile, from start: SessionFollower.Start) {
        self.file = file
        self.start = start
        records = RecordRing(of: pollscope_call_record(), capacity: UInt64(file.layout.evidence_records))
        sampleRecords = RecordRing(of: pollscope_sample_record(), capacity: UInt64(file.layout.samples.count))
        let rings = Int(file.layout.ring_headers.count)
        trails = Array(repeating: Trail(), count: rings)
        runningAtStart = Array(repeating: 0, count: rings)
        if case .now = start {
            sampleTrail.begin = file.header().samples_head
            for (index, header) in file.ringHeaders().enumerated() {
                trails[index].begin = header.evidence_head
                runningAtStart[index] = header.running.start_ticks
            }
        }
    }

    /// Takes everything that is new. Where there is nothing, it costs two reads of a few cache lines a ring.
    mutating func look(isFirst: Bool) -> Evidence {
        var evidence = Evidence()
        let isFromOldest = if case .oldest = start { isFirst } else { false }
        for (index, header) in file.ringHeaders().enumerated() where header.evidence_head > trails[index].next {
            let running = runningAtStart[index]
            Self.take(
                &records, of: file, at: file.evidenceRing(index), ring: UInt32(index), head: header.evidence_head,
                headAfter: { $0.ringHeader(index).evidence_head }, isFromOldest: isFromOldest, &trails[index], &evidence
            ) { record, number, isHistory, evidence in
                guard let value = EvidenceRecord(record, number: number) else { return .damaged }
                if isHistory, running == 0 || value.poll.start.rawValue != running { return .history }
                switch value {
                case .call(let call): evidence.calls.append(call)
                case .longPoll(let poll): evidence.longPolls.append(poll)
                }
                return .taken
            }
        }
        takeSamples(isFromOldest: isFromOldest, into: &evidence)
        return evidence
    }

    private mutating func takeSamples(isFromOldest: Bool, into evidence: inout Evidence) {
        let head = file.header().samples_head
        guard head > sampleTrail.next else { return }
        let running = runningAtStart
        Self.take(
            &sampleRecords, of: file, at: file.layout.samples.offset, ring: nil, head: head,
            headAfter: { $0.header().samples_head }, isFromOldest: isFromOldest, &sampleTrail, &evidence
        ) { record, number, isHistory, evidence in
            guard let sample = PollSample(record, number: number) else { return .damaged }
            let isOfRunning =
                Int(sample.ring) < running.count && running[Int(sample.ring)] != 0
                && running[Int(sample.ring)] == sample.context.poll.start.rawValue
            if isHistory, !isOfRunning { return .history }
            evidence.samples.append(sample)
            return .taken
        }
    }

    /// Takes one writer's records up to `head`, and says how they were numbered and what is missing.
    private static func take<Record>(
        _ records: inout RecordRing<Record>, of file: SessionFile, at base: UInt64, ring: UInt32?, head: UInt64,
        headAfter: (SessionFile) -> UInt64, isFromOldest: Bool, _ trail: inout Trail, _ evidence: inout Evidence,
        _ add: (Record, _ number: UInt64, _ isHistory: Bool, inout Evidence) -> Outcome
    ) {
        let next = trail.next
        let first = max(next, records.oldest(head: head))
        records.copy(file, at: base, from: first, to: head)
        let whole = records.firstWhole(from: first, to: head, after: headAfter(file))
        if isFromOldest { trail.begin = whole }
        let begin = trail.begin

        let history = min(whole, max(begin, next)) - next
        var run = EvidenceRun(
            ring: ring, first: whole, count: 0, passedOver: history, lost: whole - next - history)
        var lost = run.lost
        records.withRecords(skipping: Int(whole - first), count: Int(head - whole)) { copied in
            for (place, record) in copied.enumerated() {
                let number = whole + UInt64(place)
                let isHistory = number < begin
                let outcome = add(record, number, isHistory, &evidence)
                if outcome == .taken {
                    run.count += 1
                    continue
                }
                if run.count > 0 {
                    evidence.runs.append(run)
                    run = EvidenceRun(ring: ring, first: number, count: 0, passedOver: 0, lost: 0)
                }
                run.first = number + 1
                if outcome == .history || isHistory {
                    run.passedOver += 1
                } else {
                    run.lost += 1
                    lost += 1
                }
            }
        }
        evidence.runs.append(run)
        // Wrapping: the numbers of a damaged file can add up to anything.
        if ring == nil { evidence.samplesLost &+= lost } else { evidence.recordsLost &+= lost }
        trail.next = head
    }
}
