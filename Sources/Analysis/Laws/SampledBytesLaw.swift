// Samples tell as many bytes as were counted.
//
// Both are of the same polls: those that began in the recording and have ended. A poll's samples have come when it
// comes, and what nested polls inside it allocated is in its count, so their samples are added to its own. What is left
// between the two is chance: six standard errors are more than it does once in a hundred million recordings. Of a
// record that is missing nobody knows what it said; it is taken to have been a sample, of as much as the largest that
// is there.

import CPollscopeLayout
import Sessions

struct SampledBytesLaw {
    private var law = LawResult(
        name: "samples tell what was counted",
        statement: "The bytes that polls allocated, as estimated from samples, are those that were counted, within six "
            + "standard errors and what lost records may have told.")

    private static let samplesLeast: UInt64 = 30
    private static let errors = 6.0
    // Sums of Doubles; and a poll counts 2^48 bytes at most.
    private static let rounding = 1e-6

    private let begin: UInt64
    private let beginsWithHistory: Bool
    private let sampleBytes: UInt64
    /// Samples of polls can be missing, nobody knows how many.
    private var isUnknown: Bool
    private var missing: UInt64
    private var largest = 0.0
    private var counted = 0.0
    private var sampled = SampledSum()
    /// By thread: of polls whose outermost one has not ended.
    private var nested: [Int: SampledSum] = [:]

    init(facts: RecordingFacts) {
        begin = facts.statuses.first?.at.rawValue ?? 0
        beginsWithHistory = facts.beginsWithHistory
        sampleBytes = facts.info.allocationSampleBytes
        isUnknown = sampleBytes == 0
        missing = facts.countersAdded(\.allocationRecordsDropped)
    }

    mutating func add(_ evidence: AllocationEvidence) {
        // Wrapping: any number can stand in a damaged recording.
        missing &+= evidence.recordsLost
        if beginsWithHistory, evidence.runs.contains(where: { $0.passedOver > 0 }) { isUnknown = true }
    }

    mutating func sum(of sample: AllocationSample) -> SampledSum {
        let sum = SampledSum(sampleOf: sample.allocation.bytes, mean: sampleBytes)
        largest = max(largest, sum.bytes)
        return sum
    }

    mutating func add(_ batch: ThreadPolls) {
        // Among what was lost may be the polls around nested ones.
        if batch.lost > 0 { nested[batch.thread] = nil }
    }

    /// Takes a poll with what is known of it.
    @inline(__always)
    mutating func add(_ poll: pollscope_poll_record, of thread: Int, known: SampledSum?) {
        if poll.isNested {
            if let known { nested[thread, default: SampledSum()].add(known) }
            return
        }
        let inside = nested.isEmpty ? nil : nested.removeValue(forKey: thread)
        guard poll.start_ticks >= begin else { return }
        counted += Double(poll.allocatedBytes)
        if let known { sampled.add(known) }
        if let inside { sampled.add(inside) }
    }

    /// Polls were forgotten before they came.
    mutating func forget() { isUnknown = true }

    func result(isWhole: Bool) -> LawResult {
        var law = law
        guard isWhole, !isUnknown, sampled.samples >= Self.samplesLeast else { return law }
        let estimate = sampled.bytesEstimate
        let doubt = Self.errors * estimate.standardError + Self.rounding * counted
        law.expect(
            estimate.value <= counted + doubt && estimate.value + Double(missing) * largest >= counted - doubt,
            else:
                "polls allocated \(counted) bytes; \(estimate.samples) samples tell of \(estimate.value), with a "
                + "standard error of \(estimate.standardError), and \(missing) records are missing")
        return law
    }
}
