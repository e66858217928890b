// The queue before a pool of any size, first come, first served: recorded asks and holds in, waits out.
//
// With holds that do not depend on the size, no wait is longer in a larger pool: so the smallest size that keeps waits
// short can be looked for by halving.

/// Asks in the order of their times, with how long each would hold.
struct PoolReplayQueue {
    struct Ask {
        var asked: UInt64
        var hold: UInt64
    }

    /// In use from the beginning on, with the times of their ends: nobody waited for them, as far as is known.
    var older: [Ask] = []
    /// Never given back while the recording lasted.
    var standing = 0
    var asks: [Ask]

    /// The waits at `size` that are longer than none, in ticks; `nil`: more than `longMost` of them are `long` or longer.
    func waits(at size: Int, long: UInt64 = .max, longMost: Int = .max) -> [UInt64]? {
        var ends = EarliestEnds(servers: size - standing)
        guard ends.servers > 0 else { return longMost < asks.count ? nil : asks.map { _ in UInt64.max } }
        for lease in older { _ = ends.serve(lease.asked, hold: lease.hold) }
        var waits: [UInt64] = []
        var isLong = 0
        for ask in asks {
            let wait = ends.serve(ask.asked, hold: ask.hold) - ask.asked
            guard wait > 0 else { continue }
            waits.append(wait)
            if wait >= long {
                isLong += 1
                if isLong > longMost { return nil }
            }
        }
        return waits
    }

    /// The smallest size at which the P99 of the wait is below `target` ticks.
    func size(keepingWaitsBelow target: UInt64) -> Int {
        // The P99 is the value of nearest rank: so many may be as long or longer.
        let longMost = asks.count - (asks.count * 99 + 99) / 100
        func isEnough(_ size: Int) -> Bool { waits(at: size, long: target, longMost: longMost) != nil }
        // Sizes that are much too small are found out after a few asks, so the first steps cost little.
        var (tooSmall, enough) = (standing, standing + 1)
        while !isEnough(enough) {
            tooSmall = enough
            enough = standing + (enough - standing) * 2
        }
        while enough - tooSmall > 1 {
            let middle = tooSmall + (enough - tooSmall) / 2
            if isEnough(middle) { enough = middle } else { tooSmall = middle }
        }
        return enough
    }

    /// What the asks would have waited at `size`.
    func replay(at size: Int, secondsPerTick: Double) -> PoolReplay {
        let waits = (waits(at: size) ?? []).sorted()
        let withoutWait = asks.count - waits.count
        func quantile(_ hundredths: Int) -> Double {
            let rank = max(1, (asks.count * hundredths + 99) / 100)
            return rank <= withoutWait ? 0 : Double(waits[rank - withoutWait - 1]) * secondsPerTick
        }
        return PoolReplay(
            size: size, waitP50: quantile(50), waitP99: quantile(99), waitMax: quantile(100))
    }
}

/// When the servers of a queue are free again: a heap, the earliest on top. Those that never served are in no entry.
private struct EarliestEnds {
    let servers: Int
    private var ends: [UInt64] = []

    init(servers: Int) { self.servers = servers }

    /// Returns when somebody who comes at `moment` is served.
    mutating func serve(_ moment: UInt64, hold: UInt64) -> UInt64 {
        guard ends.count >= servers else {
            // Somebody may be free again, too; that one is left for later, which changes no wait.
            insert(end(of: hold, from: moment))
            return moment
        }
        let begin = max(moment, ends[0])
        replaceEarliest(by: end(of: hold, from: begin))
        return begin
    }

    private func end(of hold: UInt64, from begin: UInt64) -> UInt64 {
        let (end, isBeyond) = begin.addingReportingOverflow(hold)
        return isBeyond ? .max : end
    }

    private mutating func insert(_ end: UInt64) {
        ends.append(end)
        var child = ends.count - 1
        while child > 0, ends[(child - 1) / 2] > ends[child] {
            ends.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func replaceEarliest(by end: UInt64) {
        ends.withUnsafeMutableBufferPointer { ends in
            var parent = 0
            while true {
                var child = 2 * parent + 1
                guard child < ends.count else { break }
                if child + 1 < ends.count, ends[child + 1] < ends[child] { child += 1 }
                guard ends[child] < end else { break }
                ends[parent] = ends[child]
                parent = child
            }
            ends[parent] = end
        }
    }
}
