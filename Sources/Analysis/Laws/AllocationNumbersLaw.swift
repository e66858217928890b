// The numbers of allocation records are whole, or counted as lost.

import Sessions

struct AllocationNumbersLaw {
    private var law = LawResult(
        name: "allocations are numbered whole",
        statement: "Samples of allocations, their frees and timings are numbered without a gap but for those that are "
            + "counted as lost; as many are there as the numbers say, and as many as the session counted.")

    private let counted: ClosedRange<UInt64>?
    private var records: RecordNumbers

    init(facts: RecordingFacts) {
        counted = RecordNumbers.counted(facts, \.allocationRecords)
        records = RecordNumbers("allocation records", before: RecordNumbers.before(facts, \.allocationRecords))
    }

    mutating func add(_ evidence: AllocationEvidence) {
        records.add(
            evidence.runs, found: evidence.samples.count + evidence.frees.count + evidence.timings.count,
            lost: evidence.recordsLost, to: &law)
    }

    func result(isWhole: Bool) -> LawResult {
        var law = law
        if isWhole { records.finish(&law, counted: counted) }
        return law
    }
}
