// The laws about requests, over one recording.

import CPollscopeLayout
import Recording
import Sessions

struct RequestLaws {
    private var numbers: RecordNumbers
    private var numbered = LawResult(
        name: "events are numbered whole",
        statement:
            "The events of a ring are numbered without a gap but for those that are counted as lost; as many are "
            + "there as the numbers say.")
    private var events = RequestEventsLaw()
    private var references: RequestReferencesLaw
    private var analysis: RequestAnalysis
    private var hasEvents = false
    private let unfinished: [RunningPoll]

    init(facts: RecordingFacts) {
        numbers = RecordNumbers("events", before: RecordNumbers.before(facts))
        references = RequestReferencesLaw(facts: facts)
        analysis = RequestAnalysis(facts: facts)
        unfinished = facts.unfinished
    }

    /// Takes events, before the polls that they happened in.
    mutating func add(_ batch: EventBatch) {
        hasEvents = true
        numbers.add(batch.runs, found: batch.records.count, lost: batch.lost, to: &numbered)
        events.add(batch)
        references.add(batch)
        analysis.add(batch.records, runs: batch.runs, lost: batch.lost, until: batch.until)
    }

    mutating func add(_ polls: ThreadPolls) { if hasEvents { analysis.add(polls) } }

    /// - Parameter isWhole: nothing is known to be missing of the recording.
    func results(isWhole: Bool) -> [LawResult] {
        var numbered = numbered
        if isWhole { numbers.finish(&numbered) }
        return [numbered, events.result(isWhole: isWhole), references.result(isWhole: isWhole), anatomies]
    }

    private var anatomies: LawResult {
        var law = LawResult(
            name: "a request's time adds up",
            statement:
                "The parts of a request's time add up to its duration, in ticks; those that began are those that "
                + "ended and those that are open.")
        guard hasEvents else { return law }
        var analysis = analysis
        analysis.finish(unfinished: unfinished)
        let counts = analysis.counts
        law.checked = counts.balanced
        law.violations = counts.unbalanced
        if counts.unbalanced > 0 {
            law.examples = ["\(counts.unbalanced) of \(counts.balanced) requests have parts that do not add up"]
        }
        let open = analysis.results.openCount
        law.expect(
            counts.begun == counts.ended + open,
            else: "\(counts.begun) requests began, \(counts.ended) ended, and \(open) are open")
        return law
    }
}
