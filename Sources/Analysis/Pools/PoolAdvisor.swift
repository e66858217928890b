// Which size a pool should have, and whether the one that it has is right.
//
// The recorded asks are put before pools of other sizes, with the recorded holds, first come, first served. That stands
// for what would have been as long as holds do not depend on the size, which is looked at here, too.

/// What is known of a pool before there is advice on it.
struct PoolAdvisor {
    var thresholds: PoolThresholds
    var secondsPerTick: Double
    var capacity: Int?
    /// The recorded waits' P99; and the part of asks that timed out.
    var waitP99: Double
    var timedOutShare: Double
    /// Of the time between asks and releases, what was waited.
    var waitingShare: Double
    var sweep: PoolSweep
    var holds: PoolSweep.HoldsByUse

    /// Asks that can still be told from no rush: one in a hundred is what a P99 is about.
    private static let timedOutMost = 0.01

    func advice(_ stretch: PoolStretch, isWhole: Bool) -> PoolAdvice {
        let queue = stretch.queue
        let target = UInt64(min(max(1, thresholds.wait.value / secondsPerTick), 0x1p62))
        let size = queue.size(keepingWaitsBelow: target)
        let seconds = Double(stretch.end - stretch.start) * secondsPerTick
        let held = queue.asks.reduce(0.0) { $0 + Double($1.hold) } * secondsPerTick
        return PoolAdvice(
            verdict: verdict(size: size), littlesLaw: seconds > 0 ? held / seconds + Double(stretch.standing) : 0,
            size: size, targetSeconds: thresholds.wait.value,
            sizes: sizes(around: size).map { queue.replay(at: $0, secondsPerTick: secondsPerTick) },
            isAtLeast: isAtLeast, wantedPeak: sweep.wantedPeak, holdGrowth: holds.growth,
            stretchSeconds: isWhole ? nil : seconds)
    }

    private var isWaitedFor: Bool { waitP99 >= thresholds.wait.value || timedOutShare >= Self.timedOutMost }

    private func verdict(size: Int) -> PoolAdvice.Verdict {
        // A growth that nobody feels, in a pool that nobody waits for, is no limit.
        if let growth = holds.growth, growth >= thresholds.holdGrowth.value,
            isWaitedFor || holds.addedSeconds >= thresholds.wait.value
        {
            return .saturated
        }
        if isWaitedFor, size > capacity ?? sweep.inUsePeak { return .tooSmall }
        if let capacity, Double(capacity) >= Double(size) * thresholds.excess.value,
            capacity >= size + thresholds.excessConnections,
            Double(capacity) >= Double(sweep.inUsePeak) * thresholds.excess.value
        {
            return .tooLarge
        }
        return .right
    }

    /// Where those who ask are as many as ever and always the same, the peak of what is wanted lasts; a rush of others goes
    /// by, or grows as long as it lasts.
    private var isAtLeast: Bool {
        let mostOfTime = 0.2
        return waitingShare >= thresholds.waitingShare.value && sweep.wantedMostShare >= mostOfTime
    }

    /// The size itself, the one before, the present one, and round ones around, smallest first.
    private func sizes(around size: Int) -> [Int] {
        var sizes: Set<Int> = [size, max(1, size - 1)]
        if let capacity, capacity > 0 { sizes.insert(capacity) }
        let round = Self.roundSizes
        sizes.formUnion(round.filter { $0 < size - 1 }.suffix(1))
        sizes.formUnion(round.filter { $0 > size }.prefix(2))
        return sizes.sorted()
    }

    /// 1, 2, 5, 10, 15, 20, 30, 50, 75, 100, 150, …
    private static let roundSizes: [Int] =
        [1, 2, 5]
        + (0...6).flatMap { decade -> [Int] in
            let ten = (0..<decade).reduce(10) { size, _ in size * 10 }
            return [ten, ten * 3 / 2, ten * 2, ten * 3, ten * 5, ten * 15 / 2]
        }
}
