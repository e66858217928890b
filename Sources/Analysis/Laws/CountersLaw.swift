// The session's counters agree with one another, and with the polls of the recording.

import Sessions

struct CountersLaw {
    private(set) var result = LawResult(
        name: "counters agree",
        statement: "Every poll was enqueued; polls recorded and lost are as many as the counters say: no fewer than "
            + "were counted between the first look and the last but one, no more than at the last.")

    /// `history` is how many polls were in the rings before those of the recording.
    init(facts: RecordingFacts, recorded: UInt64, lost: UInt64, history: UInt64) {
        for (number, status) in facts.statuses.enumerated() {
            let counters = status.counters
            let begun = counters.polls &+ counters.running &+ counters.pollsUnrecorded
            result.expect(
                counters.enqueues >= begun,
                else: "look \(number + 1): \(begun) polls had begun after \(counters.enqueues) enqueues")
            guard number > 0 else { continue }
            let before = facts.statuses[number - 1].counters
            result.expect(
                before.polls <= counters.polls && before.enqueues <= counters.enqueues
                    && before.pollsUnrecorded <= counters.pollsUnrecorded,
                else: "look \(number + 1): a counter went back")
            result.expect(
                facts.statuses[number - 1].at <= status.at,
                else: "look \(number + 1): it is earlier than the one before")
        }
        guard let first = facts.statuses.first?.counters.polls, let last = facts.statuses.last?.counters.polls
        else { return }

        // What a cut recording lacks cannot be told from what was never there.
        guard facts.damage == nil else { return }
        let found = recorded &+ lost
        result.expect(
            found &+ history <= last,
            else: "\(found) polls are recorded or lost and \(history) were there before, \(last) were counted at last")
        // The last look at the counters follows the last look at the rings, so only the one before it is a bound. With
        // a recording from a session's beginning the rings that are not in it have nothing to tell; else what they had
        // counted before is in `first`.
        let counted = facts.statuses.dropLast().last?.counters.polls ?? 0
        let least = first == 0 ? counted &- min(counted, history) : counted &- min(counted, first)
        result.expect(
            found >= least, else: "\(found) polls are recorded or lost, where the counters tell of \(least) at least")
    }
}
