// What records say of themselves by flags is known, and fits the rest of the record.

import CPollscopeLayout

struct FlagsLaw {
    private(set) var result = LawResult(
        name: "flags fit",
        statement:
            "A record has no flags but those of its kind; where a wait is not known, or was none, it is 0; only a "
            + "turn's wait can be the most that it was, and a turn lies in no other poll.")

    private static let ofPolls = [
        POLLSCOPE_POLL_TIMER, POLLSCOPE_POLL_FIRST, POLLSCOPE_POLL_WAKER_POLL, POLLSCOPE_POLL_NESTED,
        POLLSCOPE_POLL_WAIT_UNKNOWN, POLLSCOPE_POLL_WAIT_AT_MOST,
    ].reduce(0) { $0 | $1.rawValue }
    private static let ofHolds = POLLSCOPE_HOLD_AT_ONCE.rawValue

    mutating func add(_ batch: ThreadPolls) {
        for poll in batch.polls {
            let isTurn = UInt32(poll.kind) == POLLSCOPE_RECORD_TURN.rawValue
            let fits =
                UInt32(poll.flags) & ~Self.ofPolls == 0
                && (!poll.has(POLLSCOPE_POLL_WAIT_UNKNOWN) || poll.wait_ticks == 0)
                && (isTurn ? !poll.isNested : !poll.has(POLLSCOPE_POLL_WAIT_AT_MOST))
            result.expect(
                fits,
                else: "thread \(batch.thread): the poll at \(poll.start_ticks) of kind \(poll.kind) with a wait of "
                    + "\(poll.wait_ticks) ticks has the flags \(poll.flags)")
        }
        for hold in batch.holds {
            let fits =
                UInt32(hold.flags) & ~Self.ofHolds == 0
                && (UInt32(hold.flags) & POLLSCOPE_HOLD_AT_ONCE.rawValue == 0 || hold.wait_ticks == 0)
            result.expect(
                fits,
                else: "thread \(batch.thread): the hold at \(hold.start_ticks) with a wait of \(hold.wait_ticks) ticks "
                    + "has the flags \(hold.flags)")
        }
    }
}
