// Stretches of time in which the process was stopped: what nobody ran then is no one's fault.

import Sessions

struct Stops {
    private struct Stop {
        var from: UInt64
        var to: UInt64?
    }

    private var stops: [Stop] = []
    private var lastSeenRunning: UInt64
    private static let kept = 16

    init(now: UInt64) { lastSeenRunning = now }

    var isStopped: Bool { stops.last.map { $0.to == nil } ?? false }

    enum Change: Equatable {
        case none
        case stopped
        /// After so many ticks.
        case wentOn(UInt64)
    }

    mutating func take(isStopped now: Bool, at time: UInt64) -> Change {
        defer { if !now { lastSeenRunning = time } }
        switch (isStopped, now) {
        case (false, true):
            // It can have been stopped right after it was last seen to run.
            stops.append(Stop(from: lastSeenRunning, to: nil))
            if stops.count > Self.kept { stops.removeFirst() }
            return .stopped
        case (true, false):
            stops[stops.count - 1].to = time
            return .wentOn(time.subtractingClamped(stops[stops.count - 1].from))
        default: return .none
        }
    }

    /// How much of a stretch the process was stopped, at most.
    func ticks(from: UInt64, to: UInt64) -> UInt64 {
        guard !stops.isEmpty else { return 0 }
        return stops.reduce(0) { sum, stop in
            sum.addingClamped(min(stop.to ?? to, to).subtractingClamped(max(stop.from, from)))
        }
    }
}
