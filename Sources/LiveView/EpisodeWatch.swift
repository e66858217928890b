// Episodes of one executor while they happen: all its threads are busy, and a job has waited over the threshold.
//
// While threads are in the same polls, no job of their queue begins, and nothing tells how long those in it have waited:
// but that jobs are pending that were not when a thread was free, or that have come since. And where a poll begins, it
// says how long its job has waited. An episode begins with the first of either, goes on as long as they come, and is
// over when none has come for a while; then it ended with the last of them.

import Analysis
import CPollscopeLayout
import Sessions

/// What is known of one executor at one look.
struct LaneLook {
    var now: UInt64
    /// What its threads are in, one poll a thread.
    var running: [GlancedPoll]
    /// Jobs pending in the process.
    var pending: UInt64
    /// What is pending beyond the usual can only be for this executor.
    var mayOwnPending: Bool
    var usuallyPending: UInt64
    /// The latest of the polls that began after a wait over the threshold: its start and wait.
    var late: (start: UInt64, wait: UInt64)?
    /// When tasks were made that have not begun, of those made after a moment.
    var tasksNotBegun: (Ticks) -> [Ticks]
}

struct EpisodeWatch {
    struct Open {
        var begin: UInt64
        /// The last moment at which a job was certain to wait over the threshold.
        var lastSign: UInt64
        var growth: GrowingAge
        var isTold = false
        /// There are so many of them that this one is only counted.
        var isPassedOver = false
        var victims: UInt64 = 0
        var waitTicks: UInt64 = 0
        /// Who had the threads when it was noticed: their own long polls need no line.
        var culprits: Set<EpisodeBlame.Key> = []
    }

    enum Change: Equatable {
        case none
        /// It goes on right now.
        case goesOn
        case over
    }

    let lane: UInt8
    private let threshold: UInt64
    private let quiet: UInt64
    private let busyShare: Double
    private let firstGrowth: UInt64
    private let growthMax: UInt64
    /// Threads that it has, as far as is known before any was seen.
    private let widthKnown: Int
    private var widthSeen = 0
    /// It starved with fewer threads than were taken for granted: it has no more.
    private var isNarrow = false
    private(set) var stall: ThreadStall?
    private(set) var open: Open?

    init(lane: UInt8, processors: Int, thresholds: WatchThresholds, clock: WatchClock) {
        self.lane = lane
        threshold = clock.ticks(thresholds.wait.value)
        quiet = clock.ticks(thresholds.quiet.value)
        busyShare = thresholds.busy.value
        firstGrowth = clock.ticks(thresholds.firstGrowth)
        growthMax = clock.ticks(thresholds.growthMax)
        widthKnown = lane == Lane.global ? max(1, processors) : 0
    }

    var width: Int {
        guard widthKnown > 0 else { return max(1, widthSeen) }
        return isNarrow ? max(1, min(widthSeen, widthKnown)) : widthKnown
    }

    var isBusy: Bool { stall != nil }

    /// Since when an episode's polls matter: before its begin jobs waited for the threshold.
    var neededSince: UInt64? { open.map { $0.begin.subtractingClamped(threshold) } }

    mutating func take(_ look: LaneLook, recent: RecentPolls) -> Change {
        widthSeen = max(widthSeen, look.running.count)
        var signs: [(begin: UInt64, last: UInt64)] = []
        if let begin = updateStall(look) { signs.append((begin, look.now)) }
        if let late = look.late, wasBusy(before: late, look, recent) {
            let known = max(late.start.subtractingClamped(late.wait).addingClamped(threshold), recent.since)
            signs.append((min(known, late.start), late.start))
        }
        for sign in signs {
            var episode =
                open
                ?? Open(
                    begin: sign.begin, lastSign: sign.last,
                    growth: GrowingAge(first: firstGrowth, farthest: growthMax))
            episode.begin = min(episode.begin, sign.begin)
            episode.lastSign = max(episode.lastSign, sign.last)
            open = episode
        }
        guard let open else { return .none }
        if signs.isEmpty, look.now.subtractingClamped(open.lastSign) >= quiet { return .over }
        for poll in look.running { self.open?.culprits.insert(EpisodeBlame.Key(poll.context)) }
        // What has come and gone by now is told of at its end.
        return look.now.subtractingClamped(open.lastSign) <= threshold && isBusy ? .goesOn : .none
    }

    /// Since when a job has been starved by polls that go on; `nil`: none is.
    private mutating func updateStall(_ look: LaneLook) -> UInt64? {
        guard look.running.count >= width else {
            stall = nil
            return nil
        }
        if stall?.polls != Set(look.running.map(\.context.poll)) {
            stall = ThreadStall(
                polls: look.running, at: look.now, pending: look.pending, usuallyPending: look.usuallyPending)
        }
        guard look.mayOwnPending else { return nil }
        stall?.update(at: look.now, pending: look.pending)
        guard let stall, look.now.subtractingClamped(stall.since) >= threshold, look.pending > 0 else { return nil }
        if let begin = stall.starvedSince(threshold: threshold, now: look.now) { return begin }
        guard look.now >= stall.nextLookUp else { return nil }
        let before = stall.since.subtractingClamped(threshold)
        self.stall?.lookedUp(look.tasksNotBegun(Ticks(before)), at: look.now)
        return self.stall?.starvedSince(threshold: threshold, now: look.now)
    }

    /// Whether all threads were busy while a job waited; else one was free, and had to be woken or was not run.
    private mutating func wasBusy(
        before late: (start: UInt64, wait: UInt64), _ look: LaneLook, _ recent: RecentPolls
    ) -> Bool {
        if open != nil { return true }
        let from = max(late.start.subtractingClamped(late.wait), recent.since)
        guard late.start > from else { return false }
        var busy: UInt64 = 0
        for poll in recent.polls(of: lane, from: from)
        where UInt32(poll.context.flags) & POLLSCOPE_POLL_NESTED.rawValue == 0 && poll.start < late.start {
            busy = busy.addingClamped(min(poll.end, late.start) - max(poll.start, from))
        }
        for poll in look.running where poll.context.poll.start.rawValue < late.start {
            busy = busy.addingClamped(late.start - max(poll.context.poll.start.rawValue, from))
        }
        let threads = Double(busy) / Double(late.start - from)
        if threads >= busyShare * Double(width) { return true }
        guard widthKnown > 0, widthSeen > 0, widthSeen < width, threads >= busyShare * Double(widthSeen) else {
            return false
        }
        isNarrow = true
        return true
    }

    mutating func tell() { open?.isTold = true }
    mutating func passOver() { open?.isPassedOver = true }

    /// Whether its age is one to be told of.
    mutating func isGrowthDue(now: UInt64) -> Bool {
        guard let open, open.isTold else { return false }
        return self.open?.growth.isDue(now.subtractingClamped(open.begin)) ?? false
    }

    /// A job that waited for a thread until `start`.
    mutating func addVictim(start: UInt64, wait: UInt64) {
        guard var episode = open, let since = neededSince, start > since, wait >= threshold / 10 else { return }
        episode.victims &+= 1
        episode.waitTicks = episode.waitTicks.addingClamped(min(wait, start - since))
        open = episode
    }

    mutating func close() -> Open? {
        defer { open = nil }
        return open
    }
}
