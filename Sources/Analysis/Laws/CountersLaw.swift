// The session's counters agree with one another, and with the polls of the recording.

import Sessions

struct CountersLaw {
    private(set) var result = LawResult(
        name: "counters agree",
        statement:
            "Every poll was enqueued; polls, turns and holds recorded and lost are as many as the counters say: no "
            + "fewer than were counted between the first look and the last but one, no more than at the last.")

    /// What was read of the rings.
    struct Records {
        var polls: UInt64 = 0
        var turns: UInt64 = 0
        var holds: UInt64 = 0
        /// Of any kind.
        var lost: UInt64 = 0
        /// How many were in the rings before those of the recording.
        var history: UInt64 = 0
        var rings: UInt64 = 0

        // Wrapping: any number can stand in a damaged recording.
        var all: UInt64 { polls &+ turns &+ holds }
    }

    init(facts: RecordingFacts, read: Records) {
        for (number, status) in facts.statuses.enumerated() {
            let counters = status.counters
            let begun = counters.polls &+ counters.running &+ counters.pollsUnrecorded
            result.expect(
                // A turn or a hold is counted a moment before its record is: then polls may be one too few.
                Int64(bitPattern: counters.enqueues &- begun) >= 0,
                else: "look \(number + 1): \(begun) polls had begun after \(counters.enqueues) enqueues")
            guard number > 0 else { continue }
            let before = facts.statuses[number - 1].counters
            result.expect(
                before.records <= counters.records && before.holds <= counters.holds && before.turns <= counters.turns
                    && before.enqueues <= counters.enqueues
                    && before.pollsUnrecorded <= counters.pollsUnrecorded,
                else: "look \(number + 1): a counter went back")
            result.expect(
                facts.statuses[number - 1].at <= status.at,
                else: "look \(number + 1): it is earlier than the one before")
        }
        guard let first = facts.statuses.first?.counters, let last = facts.statuses.last?.counters else { return }

        // What a cut recording lacks cannot be told from what was never there.
        guard facts.damage == nil else { return }
        let found = read.all &+ read.lost
        result.expect(
            found &+ read.history <= last.records,
            else: "\(found) polls and holds are recorded or lost and \(read.history) were there before, "
                + "\(last.records) were counted at last")
        // The last look at the counters follows the last look at the rings, so only the one before it is a bound. With
        // a recording from a session's beginning the rings that are not in it have nothing to tell; else what they had
        // counted before is in `first`.
        let counted = facts.statuses.dropLast().last?.counters ?? SessionCounters()
        let least = counted.records.subtractingClamped(first.records == 0 ? read.history : first.records)
        result.expect(
            found >= least,
            else: "\(found) polls and holds are recorded or lost, where the counters tell of \(least) at least")

        // Which of them were lost, or were there before, nobody knows.
        guard read.lost == 0, read.history == 0 || first.records > 0 else { return }
        for (what, recorded, counter) in [("turns", read.turns, \.turns), ("holds", read.holds, \.holds)]
            as [(String, UInt64, KeyPath<SessionCounters, UInt64>)]
        {
            // Where there had been some, they are read from a moment before the first look on.
            let most = first.records > 0 ? .max : last[keyPath: counter]
            // They are counted a moment before their records are there.
            let least = counted[keyPath: counter].subtractingClamped(first[keyPath: counter])
                .subtractingClamped(read.rings)
            result.expect(
                recorded >= least && recorded <= most,
                else: "\(recorded) \(what) are recorded, where the counters tell of \(least) to \(most)")
        }
    }
}
