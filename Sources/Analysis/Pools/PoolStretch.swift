// The kept leases of a pool with their gaps filled: when each ended, as well as can be known.

import Sessions

/// What sweeps and replays work on. Times are ticks.
struct PoolStretch {
    var start: UInt64
    var end: UInt64
    var asked: [UInt64]
    var answered: [UInt64]
    /// `PoolLeases.failed` where the ask failed.
    var released: [UInt64]
    /// Entries whose release was not seen.
    private var unknown: Set<Int> = []
    /// In use all the time.
    var standing: Int
    /// Not released, and when they were acquired: those that are in use at the end, and those whose release was lost.
    var held: [UInt64]
    var unreleased: [UInt64]
    var medianHold: UInt64

    /// More at once no pool lends, whatever a file says.
    private static let inUseMost: UInt64 = 1 << 20

    /// `looks`: the pool at each look at the process, in the order of time.
    init(_ records: PoolRecords, span: ClosedRange<Ticks>?, stretchEnd: UInt64?, clock: Double, looks: [PoolStatus]) {
        let leases = records.leases
        let latest = leases.answered.max() ?? 0
        start = span?.lowerBound.rawValue ?? leases.asked.min() ?? 0
        let whole = max(start, span?.upperBound.rawValue ?? latest)
        end = max(start, min(stretchEnd ?? whole, whole))
        asked = leases.asked
        answered = leases.answered
        released = leases.released
        let median = (records.hold.quantile(0.5) ?? 0) / clock
        medianHold = median < 0x1p62 ? UInt64(max(0, median)) : 0

        // More leases without a release than were in use at last: the releases of the oldest were lost.
        let open = leases.openSince
        let inUseAtLooks = looks.map { Int(min($0.inUse, Self.inUseMost)) }
        let inUse = inUseAtLooks.last ?? open.count
        let lost = max(0, open.count - inUse)
        unreleased = Array(open.prefix(lost))
        held = Array(open.dropFirst(lost))

        // What was in use at every look, and neither came nor went: each of these may be one off, since a look at the
        // counters is no look at the records, but hardly all of them.
        let begin = start
        let older = zip(leases.answered, leases.released).reduce(0) { $0 + ($1.0 < begin && $1.1 >= begin ? 1 : 0) }
        let atFirst = (inUseAtLooks.first ?? 0) - older
        let least = inUseAtLooks.min() ?? 0
        standing = looks.count > 1 ? max(0, min(atFirst, inUse - open.count, least)) : 0

        for index in released.indices where released[index] == PoolLeases.held {
            unknown.insert(index)
            let isLost = unreleased.last.map { answered[index] <= $0 } ?? false
            let (guess, isBeyond) = answered[index].addingReportingOverflow(medianHold)
            released[index] = isLost && !isBeyond ? guess : max(whole, answered[index])
        }
    }

    func isFailed(_ index: Int) -> Bool { released[index] == PoolLeases.failed }
    /// It was acquired before the recording began.
    func isOlder(_ index: Int) -> Bool { answered[index] < start }

    /// It was seen to begin and to end.
    func hasKnownHold(_ index: Int) -> Bool {
        !isFailed(index) && !isOlder(index) && !unknown.contains(index) && released[index] >= answered[index]
    }

    /// The queue that the asks make before a pool of any size.
    var queue: PoolReplayQueue {
        var queue = PoolReplayQueue(standing: standing, asks: [])
        queue.asks.reserveCapacity(asked.count)
        for index in asked.indices {
            // How long a lease would have been held that was never had, nobody knows: as long as the median one.
            let hold = isFailed(index) ? medianHold : released[index].subtractingClamped(answered[index])
            let ask = PoolReplayQueue.Ask(asked: asked[index], hold: hold)
            if isOlder(index) { queue.older.append(ask) } else { queue.asks.append(ask) }
        }
        queue.older.sort { $0.asked < $1.asked }
        queue.asks.sort { $0.asked < $1.asked }
        return queue
    }
}
