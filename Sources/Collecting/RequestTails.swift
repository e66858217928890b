// The P99 of each kind of request over the last minute or so, for the trigger.

import Analysis

struct RequestTails {
    private struct Halves {
        var before = Histogram()
        var current = Histogram()
    }

    /// A minute is in the current half and the one before it, less the part of a half that is not over.
    private static let halfSeconds = 30.0
    /// Of fewer requests the slowest is no P99.
    private static let requestsMin: UInt64 = 100

    private var halves: [String: Halves] = [:]
    private var nextTurn = 0.0

    mutating func add(_ seconds: Histogram, request: String, at now: Double) {
        if now >= nextTurn {
            let isGap = now >= nextTurn + Self.halfSeconds
            for name in halves.keys {
                let current = halves[name]?.current ?? Histogram()
                halves[name] = isGap || current.isEmpty ? nil : Halves(before: current)
            }
            nextTurn = now + Self.halfSeconds
        }
        guard halves[request] != nil || halves.count < NameLimits.requests else { return }
        halves[request, default: Halves()].current.merge(seconds)
    }

    /// The first kind, by name, whose P99 is over the limit.
    func slow(over limit: Double) -> String? {
        halves.sorted { $0.key < $1.key }.first { _, halves in
            var all = halves.before
            all.merge(halves.current)
            return all.count >= Self.requestsMin && (all.quantile(0.99) ?? 0) > limit
        }?.key
    }
}
