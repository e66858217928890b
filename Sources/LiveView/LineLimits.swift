// How often something is told: a site at growing distances, and all together at most so many lines a second.

/// Tells the first of a kind, then those that are worse, then one now and then with the number of the others.
struct KindLimit<Kind: Hashable> {
    private struct Told {
        var next: UInt64
        var distance: UInt64
        var worst: UInt64
        var untold: UInt64 = 0
        var untoldMax: UInt64 = 0
    }

    // What is not in it is told of as if it were new.
    private static var kindsMax: Int { 1024 }
    /// As many distances lie between two in the end.
    private static var farthest: UInt64 { 32 }

    private var kinds: [Kind: Told] = [:]
    /// Between the first two of a kind that are no worse, ticks.
    let distance: UInt64
    private let tellsEverything: Bool

    init(distance: UInt64, tellsEverything: Bool = false) {
        self.distance = min(max(1, distance), .max / Self.farthest)
        self.tellsEverything = tellsEverything
    }

    /// `nil`: this one is not told of, but counted. Else how many were not since the last one, and the longest of them.
    mutating func tell(_ kind: Kind, length: UInt64, at now: UInt64, isTold: Bool = true) -> (UInt64, UInt64)? {
        if tellsEverything { return isTold ? (0, 0) : nil }
        guard var told = kinds[kind] else {
            if kinds.count >= Self.kindsMax { kinds.removeAll() }
            kinds[kind] = Told(
                next: now.addingClamped(distance), distance: distance, worst: length, untold: isTold ? 0 : 1,
                untoldMax: isTold ? 0 : length)
            return isTold ? (0, 0) : nil
        }
        defer { kinds[kind] = told }
        // Half as long again is worse; a little longer is the same.
        let isWorse = length > told.worst.addingClamped(told.worst / 2)
        guard isTold, isWorse || now >= told.next else {
            told.untold &+= 1
            told.untoldMax = max(told.untoldMax, length)
            return nil
        }
        let others = (told.untold, told.untoldMax)
        told.distance = isWorse ? distance : min(told.distance.addingClamped(told.distance), distance * Self.farthest)
        told.next = now.addingClamped(told.distance)
        told.worst = max(told.worst, length)
        told.untold = 0
        told.untoldMax = 0
        return others
    }
}

/// At which ages something that goes on is told of: at the first, then whenever it has doubled, at last at even distances.
struct GrowingAge {
    private(set) var next: UInt64
    private let farthest: UInt64

    init(first: UInt64, farthest: UInt64) {
        next = max(1, first)
        self.farthest = max(1, farthest)
    }

    mutating func isDue(_ age: UInt64) -> Bool {
        guard age >= next else { return false }
        // A damaged file can make any age of any length: what is left of the doubling is few steps.
        while next <= age, next < farthest { next = next.addingClamped(next) }
        if next <= age { next = age.addingClamped(min(next, farthest)) }
        return true
    }
}

/// Lets so many lines a second pass, and counts the others.
struct LineBudget {
    private let perSecond: Int
    private let second: UInt64
    private var windowEnd: UInt64 = 0
    private var told = 0
    private var left: UInt64 = 0

    init(perSecond: Int, ticksPerSecond: UInt64) {
        self.perSecond = perSecond
        second = max(1, ticksPerSecond)
    }

    /// The events that are told, and how many of the second before were not, once it is over.
    mutating func pass(_ events: [WatchEvent], now: UInt64) -> (events: [WatchEvent], leftOut: UInt64) {
        var leftOut: UInt64 = 0
        if now >= windowEnd {
            leftOut = left
            (left, told) = (0, 0)
            windowEnd = now.addingClamped(second)
        }
        var passed: [WatchEvent] = []
        for event in events {
            if event.mustBeTold || told < perSecond {
                passed.append(event)
                told += 1
            } else {
                left &+= 1
            }
        }
        return (passed, leftOut)
    }

    /// What is left out and not said yet.
    mutating func rest() -> UInt64 {
        defer { left = 0 }
        return left
    }
}

extension WatchEvent {
    /// Rare, and nothing else makes sense without it.
    fileprivate var mustBeTold: Bool {
        switch what {
        case .watching, .stopped, .wentOn, .ended, .summary, .suppressed: true
        // What was said to have begun is said to have ended.
        case .episodeEnded(let end): end.wasTold
        case .hangEnded, .poolWaitEnded: true
        default: false
        }
    }
}

extension UInt64 {
    /// The sum, or the greatest number where that would be greater: ticks in a damaged file are anything.
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    /// The difference, or 0 where it would be negative.
    func subtractingClamped(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
