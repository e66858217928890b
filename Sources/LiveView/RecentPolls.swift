// The polls of the last moments, as the looks found them: what an episode that is noticed now has been made of.

import CPollscopeLayout
import Sessions

/// Keeps looks for a while, and while an episode goes on up to a number of polls.
struct RecentPolls {
    private struct Kept {
        var at: UInt64
        var batches: [PollBatch]
        var polls: Int
    }

    // 64 bytes each.
    static let pollsMax = 60_000

    private var looks: [Kept] = []
    private(set) var count = 0
    /// From here on all polls are known that had ended by the last look.
    private(set) var since: UInt64

    init(since: UInt64) { self.since = since }

    /// - Parameters:
    ///   - needed: polls that ended before this moment are not needed any more.
    mutating func add(_ look: SessionLook, at now: UInt64, needed: UInt64) {
        let batches = look.batches.filter { !$0.polls.isEmpty }
        let polls = batches.reduce(0) { $0 + $1.polls.count }
        looks.append(Kept(at: now, batches: batches, polls: polls))
        count += polls
        // What a look found had ended by then, and after the look before.
        var drop = 0
        while drop < looks.count - 1, looks[drop].at <= needed || count > Self.pollsMax {
            count -= looks[drop].polls
            since = max(since, looks[drop].at)
            drop += 1
        }
        looks.removeFirst(drop)
    }

    /// Polls of an executor that ran or waited after `from`, of each ring in the order of their ends.
    func polls(of lane: UInt8, from: UInt64) -> [BlamedPoll] {
        var polls: [BlamedPoll] = []
        for look in looks where look.at > from {
            for batch in look.batches {
                for poll in batch.polls
                where Lane.number(of: poll.executor) == lane && UInt32(poll.kind) != POLLSCOPE_RECORD_HOLD.rawValue
                    && poll.start_ticks.addingClamped(poll.duration_ticks) > from
                {
                    polls.append(BlamedPoll(poll, thread: batch.thread.tid, ring: batch.ring))
                }
            }
        }
        return polls
    }
}
