// What evidence speaks of is a poll of the recording.
//
// Evidence may be without its poll
// - when the poll began before the recording, or was history by then;
// - when the poll had not ended at the last look, or ended after the polls were read and before the evidence was;
// - when as many polls are counted as lost.

import CPollscopeLayout
import Sessions

struct EvidencePollsLaw {
    private var law = LawResult(
        name: "evidence has its poll",
        statement:
            "Calls, long polls, samples and allocations in polls belong to polls of the recording, to one that had not "
            + "ended, or to one that is counted as lost.")

    private let begin: UInt64
    /// Polls that ended before it were in the rings at the last look.
    private let lastButOne: UInt64
    private var lost: UInt64 = 0
    private var orphans: UInt64 = 0
    private var examples: [String] = []
    /// By tid, of its polls that ran inside no other: starts of the first and the last one.
    private var outermost: [UInt32: (first: UInt64, last: UInt64)] = [:]
    private var ringsSeen: Set<UInt32> = []
    /// The recording begins with what was in the rings, and a ring had recorded polls that were overwritten by then.
    private var isHistoryBefore = false
    private let isFromOldest: Bool

    init(facts: RecordingFacts) {
        isFromOldest = (facts.statuses.first?.counters.polls ?? 0) == 0
        begin = facts.statuses.first?.at.rawValue ?? 0
        lastButOne = facts.statuses.dropLast().last?.at.rawValue ?? 0
    }

    mutating func add(_ batch: ThreadPolls, tid: UInt32) {
        // Wrapping: any number can stand in a damaged recording.
        lost &+= batch.lost
        if !batch.records.isEmpty, ringsSeen.insert(batch.ring).inserted, batch.firstSequence &- batch.lost > 0 {
            isHistoryBefore = isFromOldest
        }
        guard let last = batch.polls.last(where: { !$0.isNested }) else { return }
        let first = outermost[tid]?.first ?? batch.polls.first { !$0.isNested }?.start_ticks ?? last.start_ticks
        outermost[tid] = (first, max(outermost[tid]?.last ?? 0, last.start_ticks))
    }

    mutating func foundOne() { law.checked &+= 1 }

    /// Whether another poll of its thread has followed, so that this one will not come any more.
    func isOver(_ poll: PollIdentity) -> Bool { poll.start.rawValue < outermost[poll.tid]?.last ?? 0 }

    /// Takes note of a poll that will not come, or for which nobody can wait any longer.
    mutating func giveUp(_ poll: PollIdentity) {
        law.checked &+= 1
        if poll.start.rawValue < begin || isHistory(poll) { return }
        orphans &+= 1
        if examples.count < LawResult.examplesKept { examples.append("\(poll.text) is not there") }
    }

    /// Judges a poll that has not come until the end.
    mutating func end(_ poll: KnownPoll) {
        let identity = poll.context.poll
        let start = identity.start.rawValue
        // Wrapping: of a damaged recording.
        let isEndedLate = poll.longPoll.map { start &+ $0.durationTicks >= lastButOne } ?? true
        if start > outermost[identity.tid]?.last ?? 0, isEndedLate {
            law.checked &+= 1
        } else {
            giveUp(identity)
        }
    }

    private func isHistory(_ poll: PollIdentity) -> Bool {
        isHistoryBefore && poll.start.rawValue < outermost[poll.tid]?.first ?? .max
    }

    func result(isWhole: Bool) -> LawResult {
        var law = law
        guard isWhole, orphans > lost else { return law }
        var excess = orphans - lost
        for example in examples where excess > 0 {
            law.violate("\(example), where \(lost) polls are counted as lost")
            excess -= 1
        }
        law.violations &+= excess
        return law
    }
}
