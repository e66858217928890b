// The numbers of evidence are whole, or counted as lost.

import Sessions

struct EvidenceNumbersLaw {
    private var law = LawResult(
        name: "evidence is numbered whole",
        statement: "The calls and long polls of a ring, and the samples, are numbered without a gap but for those that "
            + "are counted as lost; as many are there as the numbers say, and as many samples as the session counted.")

    private let samplesCounted: ClosedRange<UInt64>?
    private var records: RecordNumbers
    private var samples: RecordNumbers

    init(facts: RecordingFacts) {
        samplesCounted = RecordNumbers.counted(facts, \.samples)
        records = RecordNumbers("calls and long polls", before: RecordNumbers.before(facts))
        samples = RecordNumbers("samples", before: RecordNumbers.before(facts, \.samples))
    }

    mutating func add(_ evidence: Evidence) {
        records.add(
            evidence.runs.filter { $0.ring != nil }, found: evidence.calls.count + evidence.longPolls.count,
            lost: evidence.recordsLost, to: &law)
        samples.add(
            evidence.runs.filter { $0.ring == nil }, found: evidence.samples.count, lost: evidence.samplesLost,
            to: &law)
    }

    func result(isWhole: Bool) -> LawResult {
        var law = law
        guard isWhole else { return law }
        records.finish(&law)
        samples.finish(&law, counted: samplesCounted)
        return law
    }
}
