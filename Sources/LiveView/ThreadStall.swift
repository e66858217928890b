// When all threads of an executor have been in the same polls for a while: no job of its queue can have begun.

import Sessions

/// The polls that an executor's threads are in, as long as they are the same.
struct ThreadStall {
    let polls: Set<PollIdentity>
    /// Since when the last of them runs.
    let since: UInt64
    /// When they were first seen together, and how many jobs were pending then.
    let seen: UInt64
    let pendingWhenSeen: UInt64
    /// Of the jobs that were pending then, at least so many can have run.
    let waitingWhenSeen: UInt64
    /// When more were pending for the first time.
    private(set) var grownAt: UInt64?
    /// Tasks that had not begun when that was looked up.
    private(set) var unbegun: UInt64 = 0
    private(set) var oldestUnbegun: UInt64?
    private(set) var nextLookUp: UInt64 = 0

    init(polls: [GlancedPoll], at now: UInt64, pending: UInt64, usuallyPending: UInt64) {
        self.polls = Set(polls.map(\.context.poll))
        since = polls.map(\.context.poll.start.rawValue).max() ?? now
        seen = now
        pendingWhenSeen = pending
        waitingWhenSeen = pending.subtractingClamped(usuallyPending)
    }

    mutating func update(at now: UInt64, pending: UInt64) {
        if grownAt == nil, pending > pendingWhenSeen { grownAt = now }
    }

    mutating func lookedUp(_ made: [Ticks], at now: UInt64) {
        let waiting = made.filter { $0.rawValue <= now }
        unbegun = UInt64(waiting.count)
        oldestUnbegun = waiting.map(\.rawValue).min()
        nextLookUp = now.addingClamped(now.subtractingClamped(since))
    }

    /// Jobs that wait, at least.
    func waiting(pending: UInt64) -> UInt64 {
        max(waitingWhenSeen.addingClamped(pending.subtractingClamped(pendingWhenSeen)), unbegun)
    }

    /// Since when a job has waited for longer than `threshold` while the threads were busy; `nil`: none has for certain.
    func starvedSince(threshold: UInt64, now: UInt64) -> UInt64? {
        var begins: [UInt64] = []
        if waitingWhenSeen > 0 { begins.append(since.addingClamped(threshold)) }
        if let oldestUnbegun { begins.append(max(since, oldestUnbegun.addingClamped(threshold))) }
        if let grownAt { begins.append(grownAt.addingClamped(threshold)) }
        return begins.min().flatMap { $0 <= now ? $0 : nil }
    }
}

/// How many jobs are pending while a thread is free: sleepers whose time has not come, and jobs that nobody will run.
struct UsualPending {
    private var latest: [UInt64] = []
    private var place = 0
    private static let kept = 16

    mutating func add(_ pending: UInt64) {
        if latest.count < Self.kept {
            latest.append(pending)
        } else {
            latest[place] = pending
            place = (place + 1) % Self.kept
        }
    }

    /// So many at least are no sign of anything; all, while nothing is known.
    var most: UInt64 {
        guard latest.count >= 3, let most = latest.max(), let least = latest.min() else { return .max }
        // Where it goes up and down by so much, it may go up by as much again.
        return most.addingClamped(most - least)
    }
}
