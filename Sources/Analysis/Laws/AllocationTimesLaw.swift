// What was allocated in a poll was allocated while it ran.
//
// The thread itself reads the clock for the poll's start, for what it allocates, frees and times, and for the poll's
// end, one after the other: no tolerance.

import CPollscopeLayout
import Sessions

struct AllocationTimesLaw {
    private(set) var result = LawResult(
        name: "allocations lie inside their polls",
        statement:
            "An allocation that was sampled, a call of the allocator that was timed, and a free in the poll that "
            + "allocated, come after their poll's start and before its end.")

    mutating func add(_ at: Ticks, in poll: PollIdentity) {
        result.expect(at >= poll.start, else: "\(poll.text): it allocated at \(at.rawValue), before it")
    }

    mutating func check(_ poll: pollscope_poll_record, _ known: KnownPoll) {
        guard let last = known.lastAllocation else { return }
        result.expect(
            last.rawValue <= poll.endTicks,
            else: "\(known.context.poll.text): it ended at \(poll.endTicks), and allocated at \(last.rawValue)")
    }
}
