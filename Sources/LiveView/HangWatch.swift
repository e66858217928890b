// Polls that have run for a second and more, while they do.

import Analysis
import Sessions

struct HangWatch {
    struct Hang {
        var poll: GlancedPoll
        var growth: GrowingAge
        var isTold = false
        var missing = 0
    }

    private let threshold: UInt64
    private let growthMax: UInt64
    private var hangs: [PollIdentity: Hang] = [:]

    init(thresholds: WatchThresholds, clock: WatchClock) {
        threshold = clock.ticks(thresholds.hang.value)
        growthMax = clock.ticks(max(thresholds.hang.value, thresholds.growthMax))
    }

    /// The polls that are to be told of now, with their ages, and those told of that have ended.
    mutating func take(_ running: [GlancedPoll], now: Ticks, stops: Stops) -> (
        due: [(GlancedPoll, UInt64, isFirst: Bool)], ended: [Hang]
    ) {
        var due: [(GlancedPoll, UInt64, isFirst: Bool)] = []
        var seen: Set<PollIdentity> = []
        var busyRings: [UInt32: GlancedPoll] = [:]
        for poll in running {
            busyRings[poll.ring] = poll
            let identity = poll.context.poll
            let age = poll.age(at: now).subtractingClamped(stops.ticks(from: identity.start.rawValue, to: now.rawValue))
            guard age >= threshold else { continue }
            seen.insert(identity)
            var hang = hangs[identity] ?? Hang(poll: poll, growth: GrowingAge(first: threshold, farthest: growthMax))
            hang.poll = poll
            hang.missing = 0
            if hang.growth.isDue(age) {
                due.append((poll, age, !hang.isTold))
                hang.isTold = true
            }
            hangs[identity] = hang
        }
        var ended: [Hang] = []
        for (identity, hang) in hangs where !seen.contains(identity) {
            // Inside it another runs: it goes on when that has ended.
            if let inner = busyRings[hang.poll.ring], inner.depth > hang.poll.depth { continue }
            // A glance can come between two writes of what it reads.
            hangs[identity]?.missing += 1
            if hang.missing < 2 { continue }
            hangs[identity] = nil
            if hang.isTold { ended.append(hang) }
        }
        return (due, ended)
    }

    /// A poll has ended, and this is known for certain.
    mutating func end(_ identity: PollIdentity) -> Hang? {
        guard let hang = hangs.removeValue(forKey: identity), hang.isTold else { return nil }
        return hang
    }
}
