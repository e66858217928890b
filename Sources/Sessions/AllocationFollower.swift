// Follows what a session tells of single allocations: one ring, into which all threads write in turn.

import CPollscopeLayout

/// Takes the allocation records of one session, each once; what was overwritten or damaged is counted.
struct AllocationFollower {
    private let file: SessionFile
    private let start: SessionFollower.Start
    private var records: RecordRing<pollscope_allocation_record>
    private var trail = RecordTrail()

    init(file: SessionFile, from start: SessionFollower.Start) {
        self.file = file
        self.start = start
        records = RecordRing(of: pollscope_allocation_record(), capacity: UInt64(file.layout.allocations.count))
        if case .now = start { trail = RecordTrail(begin: file.header().allocations_head) }
    }

    /// Takes everything that is new. Where there is nothing, it costs one read of the header.
    mutating func look(isFirst: Bool) -> AllocationEvidence {
        var evidence = AllocationEvidence()
        let head = file.header().allocations_head
        guard head > trail.next else { return evidence }
        let file = file
        let isFromOldest = if case .oldest = start { isFirst } else { false }
        (evidence.runs, evidence.recordsLost) = trail.take(
            &records, of: file, at: file.layout.allocations.offset, ring: nil, head: head,
            headAfter: { file.header().allocations_head }, isFromOldest: isFromOldest
        ) { record, number, isHistory in
            if isHistory { return .history }
            switch AllocationRecord(record, number: number) {
            case .sample(let sample): evidence.samples.append(sample)
            case .free(let free): evidence.frees.append(free)
            case .timing(let timing): evidence.timings.append(timing)
            case nil: return .damaged
            }
            return .taken
        }
        return evidence
    }
}
