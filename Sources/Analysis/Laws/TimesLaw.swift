// Times are possible: a poll starts after it was enqueued, a hold after the actor was asked for, and all of it lies in
// the session's time.

import CPollscopeLayout
import Sessions

struct TimesLaw {
    private(set) var result = LawResult(
        name: "times are possible",
        statement:
            "A poll was enqueued before it started, an actor asked for before it was held, and all lies between the "
            + "session's start and the last look.")

    private let begin: UInt64
    private let end: UInt64

    /// The last look reads its time first and the rings after, and polls go on meanwhile; a collector that is kept
    /// off the CPU for longer would be news.
    static let slackSeconds = 1.0

    init(facts: RecordingFacts) {
        begin = facts.calibration.first.ticks.rawValue
        let slack = UInt64(min(Self.slackSeconds / facts.calibration.secondsPerTick, 0x1p62))
        let last = max(facts.statuses.last?.at ?? Ticks(0), facts.calibration.last.ticks).rawValue
        let (end, overflows) = last.addingReportingOverflow(slack)
        self.end = overflows ? .max : end
    }

    mutating func add(_ batch: ThreadPolls) {
        for poll in batch.records {
            let (end, wraps) = poll.start_ticks.addingReportingOverflow(poll.duration_ticks)
            let isPossible =
                poll.wait_ticks <= poll.start_ticks && poll.start_ticks >= begin && !wraps && end <= self.end
                // A deadline can be older than the session.
                && ((!poll.isHold && poll.has(POLLSCOPE_POLL_TIMER)) || poll.runnableTicks >= begin)
            result.expect(
                isPossible,
                else: "thread \(batch.thread): start \(poll.start_ticks), wait \(poll.wait_ticks), duration "
                    + "\(poll.duration_ticks), where the session is \(begin)…\(self.end) (ticks)")
        }
    }
}
