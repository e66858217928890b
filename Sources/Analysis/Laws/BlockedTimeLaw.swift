// A poll's blocked time is the poll's, and holds its recorded calls.

import CPollscopeLayout
import Sessions

struct BlockedTimeLaw {
    private(set) var result = LawResult(
        name: "blocked time adds up",
        statement:
            "A poll's blocked time is not more than its duration, and not less than its recorded calls together; "
            + "it has no more recorded calls than it made.")

    mutating func add(_ poll: pollscope_poll_record, of thread: Int) {
        result.expect(
            poll.blocked_ticks <= poll.duration_ticks,
            else: "thread \(thread): the poll at \(poll.start_ticks) was blocked for \(poll.blocked_ticks) of its "
                + "\(poll.duration_ticks) ticks")
    }

    mutating func check(_ poll: pollscope_poll_record, _ known: KnownPoll) {
        guard known.calls > 0 else { return }
        result.expect(
            known.callTicks <= poll.blocked_ticks,
            else: "\(known.context.poll.text): its \(known.calls) calls took \(known.callTicks) ticks, and it was "
                + "blocked for \(poll.blocked_ticks)")
        guard let longPoll = known.longPoll else { return }
        result.expect(
            known.calls <= UInt64(longPoll.calls),
            else: "\(known.context.poll.text): \(known.calls) of its \(longPoll.calls) calls are recorded")
    }
}
