// The numbers of evidence are whole, or counted as lost.

import Sessions

struct EvidenceNumbersLaw {
    private var law = LawResult(
        name: "evidence is numbered whole",
        statement: "The calls and long polls of a ring, and the samples, are numbered without a gap but for those that "
            + "are counted as lost; as many are there as the numbers say, and as many samples as the session counted.")

    private let samplesCounted: ClosedRange<UInt64>?
    private var next: [UInt32?: UInt64] = [:]
    private var numbered = (records: UInt64(0), samples: UInt64(0))
    private var found = (records: UInt64(0), samples: UInt64(0))

    init(facts: RecordingFacts) {
        // As with polls: the last look at the counters follows the last look at the samples, so only the one before it
        // is a bound from below.
        let counted = facts.statuses.map(\.counters.samples).suffix(2)
        samplesCounted =
            if counted.count == 2, let least = counted.first, let most = counted.last, least <= most {
                least...most
            } else {
                nil
            }
    }

    mutating func add(_ evidence: Evidence) {
        // Wrapping here and below: any number can stand in a damaged recording.
        found.records &+= UInt64(evidence.calls.count + evidence.longPolls.count)
        found.samples &+= UInt64(evidence.samples.count)
        var lost = (records: UInt64(0), samples: UInt64(0))
        for run in evidence.runs {
            let first = run.first &- run.lost &- run.passedOver
            let expected = next[run.ring, default: 0]
            law.expect(
                first == expected,
                else:
                    "\(Self.name(run.ring)): after number \(expected) and \(run.lost) lost and \(run.passedOver) older "
                    + "ones comes number \(run.first)")
            next[run.ring] = run.first &+ run.count
            if run.ring == nil {
                numbered.samples &+= run.count
                lost.samples &+= run.lost
            } else {
                numbered.records &+= run.count
                lost.records &+= run.lost
            }
        }
        if lost != (evidence.recordsLost, evidence.samplesLost) {
            law.violate(
                "\(evidence.recordsLost) records and \(evidence.samplesLost) samples are counted as lost, where the "
                    + "numbers lack \(lost.records) and \(lost.samples)")
        }
    }

    private static func name(_ ring: UInt32?) -> String { ring.map { "ring \($0)" } ?? "the samples" }

    func result(isWhole: Bool) -> LawResult {
        var law = law
        guard isWhole else { return law }
        for (what, found, numbered) in [
            ("calls and long polls", found.records, numbered.records), ("samples", found.samples, numbered.samples),
        ] where found != numbered {
            law.violate("\(found) \(what) are there, and \(numbered) have a number")
        }
        if let samplesCounted, samplesCounted.upperBound > 0 {
            let seen = next[nil as UInt32?, default: 0]
            law.expect(
                samplesCounted.contains(seen),
                else: "the session counted \(samplesCounted.lowerBound) to \(samplesCounted.upperBound) samples, and "
                    + "\(seen) are here, lost or older")
        }
        return law
    }
}
