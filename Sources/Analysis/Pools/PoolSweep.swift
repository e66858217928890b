// A pool through time: how many were in use and waited for at each moment, and how long was held what began then.
//
// Asks, answers and releases are each put in the order of their times, and gone through together.

/// What going through the leases of a pool in the order of time gives.
struct PoolSweep {
    private(set) var inUsePeak = 0
    private(set) var waitingPeak = 0
    /// Of both together.
    private(set) var wantedPeak = 0
    /// Part of the time in which as many were wanted as at the peak, to a twentieth.
    private(set) var wantedMostShare = 0.0
    /// Of the leases in `acquired`, which are in the order of time: how many were in use with it.
    private var uses: [UInt32] = []
    private var acquired: [Int]

    init(_ stretch: PoolStretch) {
        let indices = stretch.asked.indices
        acquired = indices.filter { !stretch.isFailed($0) }.sorted { stretch.answered[$0] < stretch.answered[$1] }
        let asks = stretch.asked.sorted()
        let failures = indices.filter { stretch.isFailed($0) }.map { stretch.answered[$0] }.sorted()
        let releases = acquired.map { stretch.released[$0] }.sorted()
        uses.reserveCapacity(acquired.count)

        var (nextAsk, nextFailure, nextAcquired, nextRelease) = (0, 0, 0, 0)
        var (waiting, inUse) = (0, stretch.standing)
        var timeAtLevel: [Double] = []
        var now = stretch.start
        while nextFailure < failures.count || nextAcquired < acquired.count || nextRelease < releases.count {
            // At one moment: who gives back comes first, then who asks, then who gets.
            let ask = nextAsk < asks.count ? asks[nextAsk] : .max
            let release = nextRelease < releases.count ? releases[nextRelease] : .max
            let failure = nextFailure < failures.count ? failures[nextFailure] : .max
            let answer = nextAcquired < acquired.count ? stretch.answered[acquired[nextAcquired]] : .max
            let next = min(min(ask, release), min(failure, answer))
            if next > now {
                Self.add(Double(min(next, stretch.end).subtractingClamped(now)), at: waiting + inUse, to: &timeAtLevel)
                now = next
            }
            if next == release, inUse > 0, nextRelease < nextAcquired {
                inUse -= 1
                nextRelease += 1
            } else if next == ask, nextAsk < asks.count {
                waiting += 1
                nextAsk += 1
            } else if next == failure, nextFailure < failures.count {
                waiting -= 1
                nextFailure += 1
            } else if nextAcquired < acquired.count {
                waiting -= 1
                inUse += 1
                nextAcquired += 1
                uses.append(UInt32(clamping: inUse))
            } else {
                break
            }
            inUsePeak = max(inUsePeak, inUse)
            waitingPeak = max(waitingPeak, waiting)
            wantedPeak = max(wantedPeak, waiting + inUse)
        }
        let total = timeAtLevel.reduce(0, +)
        let peak = wantedPeak
        let most = timeAtLevel.indices.filter { WantedLevel.least(of: $0) * 20 >= peak * 19 }
            .reduce(0.0) { $0 + timeAtLevel[$1] }
        wantedMostShare = total > 0 ? most / total : 0
    }

    private static func add(_ time: Double, at level: Int, to times: inout [Double]) {
        let level = WantedLevel.index(of: max(0, level))
        if level >= times.count { times.append(contentsOf: repeatElement(0, count: level - times.count + 1)) }
        times[level] += time
    }

    /// How many are wanted, in steps of one up to 128 and of 1.6 % beyond, so that there are few whatever a file says.
    private enum WantedLevel {
        static func index(of count: Int) -> Int {
            guard count >= 128 else { return count }
            let shift = Int.bitWidth - count.leadingZeroBitCount - 7
            return 64 * shift + (count >> shift)
        }

        static func least(of index: Int) -> Int {
            guard index >= 128 else { return index }
            let shift = index / 64 - 1
            return (index - 64 * shift) << shift
        }
    }

    // MARK: Holds by use

    /// Median holds by how many were in use when they began, in ranges that are equally wide.
    struct HoldsByUse {
        var ranges: [PoolUse] = []
        /// The median in the highest third of use by that in the lowest, and how much longer it is.
        var growth: Double?
        var addedSeconds = 0.0
    }

    private static let rangesMost = 12

    /// Of holds that began in the stretch and ended in it. Ranges with fewer than `least` are left out.
    func holdsByUse(_ stretch: PoolStretch, least: Int, secondsPerTick: Double) -> HoldsByUse {
        let most = uses.max().map(Int.init) ?? 0
        guard most > 0 else { return HoldsByUse() }
        let width = (most + Self.rangesMost - 1) / Self.rangesMost
        var ranges = [Histogram](repeating: Histogram(), count: (most - 1) / width + 1)
        var (low, high) = (Histogram(), Histogram())
        for (index, use) in zip(acquired, uses) where use > 0 && stretch.hasKnownHold(index) {
            let seconds = Double(stretch.released[index] - stretch.answered[index]) * secondsPerTick
            let use = Int(use)
            ranges[(use - 1) / width].record(seconds)
            if use * 3 <= most { low.record(seconds) }
            if use * 3 > most * 2 { high.record(seconds) }
        }
        var result = HoldsByUse()
        for (number, holds) in ranges.enumerated() where holds.count >= UInt64(least) {
            let first = number * width + 1
            result.ranges.append(
                PoolUse(
                    inUse: first...min(most, first + width - 1), holds: holds.count,
                    medianHoldSeconds: holds.quantile(0.5) ?? 0))
        }
        if low.count >= UInt64(least), high.count >= UInt64(least), let few = low.quantile(0.5),
            let many = high.quantile(0.5), few > 0
        {
            result.growth = many / few
            result.addedSeconds = max(0, many - few)
        }
        return result
    }
}
