// How far the records of one writer were taken: each is taken once, and what is missing is counted.

import CPollscopeLayout

/// Follows records that one writer, or one at a time, numbers from 0 on.
struct RecordTrail {
    /// What becomes of a record that was read.
    enum Outcome {
        case taken
        /// Of the time before the recording.
        case history
        case damaged
    }

    /// Number of the next record to take.
    private(set) var next: UInt64 = 0
    /// Records before this number are history: nobody misses them.
    private(set) var begin: UInt64

    init(begin: UInt64 = 0) { self.begin = begin }

    /// Takes the records up to `head`, and says how they were numbered and what is missing.
    /// - Parameters:
    ///   - base: offset of the ring in the file.
    ///   - ring: for the runs.
    ///   - headAfter: the head as it is now, to be read when the records were copied.
    ///   - isFromOldest: the oldest record that is whole is where the recording begins.
    ///   - add: takes a record, and says what became of it; one before the recording may be taken, too.
    mutating func take<Record>(
        _ records: inout RecordRing<Record>, of file: SessionFile, at base: UInt64, ring: UInt32?, head: UInt64,
        headAfter: () -> UInt64, isFromOldest: Bool,
        _ add: (Record, _ number: UInt64, _ isHistory: Bool) -> Outcome
    ) -> (runs: [EvidenceRun], lost: UInt64) {
        let first = max(next, records.oldest(head: head))
        records.copy(file, at: base, from: first, to: head)
        let whole = records.firstWhole(from: first, to: head, after: headAfter())
        if isFromOldest { begin = whole }

        let history = min(whole, max(begin, next)) - next
        var runs: [EvidenceRun] = []
        var run = EvidenceRun(ring: ring, first: whole, count: 0, passedOver: history, lost: whole - next - history)
        var lost = run.lost
        records.withRecords(skipping: Int(whole - first), count: Int(head - whole)) { copied in
            for (place, record) in copied.enumerated() {
                let number = whole + UInt64(place)
                let isHistory = number < begin
                let outcome = add(record, number, isHistory)
                if outcome == .taken {
                    run.count += 1
                    continue
                }
                if run.count > 0 {
                    runs.append(run)
                    run = EvidenceRun(ring: ring, first: number, count: 0, passedOver: 0, lost: 0)
                }
                run.first = number + 1
                if outcome == .history || isHistory {
                    run.passedOver += 1
                } else {
                    run.lost += 1
                    // Wrapping: the numbers of a damaged file can add up to anything.
                    lost &+= 1
                }
            }
        }
        runs.append(run)
        next = head
        return (runs, lost)
    }
}
