// Calls lie inside their polls and do not overlap.
//
// One thread reads the clock for the poll's start, the calls and the poll's end, one after the other: no tolerance.

import CPollscopeLayout
import Sessions

struct CallsLaw {
    private(set) var result = LawResult(
        name: "calls lie inside their polls",
        statement: "A call begins when its poll has begun and the call before it in the same poll has ended, and ends "
            + "before its poll does.")

    mutating func add(_ call: BlockingCall, after known: KnownPoll) {
        let start = call.start.rawValue
        let (end, wraps) = start.addingReportingOverflow(call.durationTicks)
        result.expect(
            start >= call.context.poll.start.rawValue && !wraps,
            else: "\(call.context.poll.text): a call at \(start) for \(call.durationTicks) ticks began before it")
        result.expect(
            start >= known.lastCallEnd,
            else: "\(call.context.poll.text): the call \(start)…\(end) begins inside one that ended at "
                + "\(known.lastCallEnd)")
    }

    mutating func check(_ poll: pollscope_poll_record, _ known: KnownPoll) {
        guard known.calls > 0 else { return }
        result.expect(
            known.lastCallEnd <= poll.endTicks,
            else: "\(known.context.poll.text): it ended at \(poll.endTicks), and a call of it at \(known.lastCallEnd)")
    }
}

extension PollIdentity {
    /// For examples of violations.
    var text: String { "the poll of thread \(tid) at \(start.rawValue)" }
}
