// The figures of a set of polls: how many, how long they ran and how long they had waited.

import Sessions

/// What is counted for one stack, one site or one executor.
struct PollFigures: Sendable {
    var polls: UInt64 = 0
    var pollTicks: UInt64 = 0
    var waitTicks: UInt64 = 0
    /// In observed calls.
    var blockedTicks: UInt64 = 0
    var longPolls: UInt64 = 0
    var criticalPolls: UInt64 = 0
    // Both count seconds; their sums come from the ticks above, which add up exactly in any order.
    var poll = Histogram()
    var wait = Histogram()

    @inline(__always)
    mutating func add(
        durationTicks: UInt64, waitTicks wait: UInt64, blockedTicks blocked: UInt64, clock: TickClock
    ) {
        // Safe: sums of ticks wrap after a century of polls; hostile durations give wrong sums and no fault.
        polls &+= 1
        pollTicks &+= durationTicks
        waitTicks &+= wait
        blockedTicks &+= blocked
        if durationTicks >= clock.longPollTicks {
            longPolls &+= 1
            if durationTicks >= clock.criticalPollTicks { criticalPolls &+= 1 }
        }
        poll.tally(Double(durationTicks) * clock.secondsPerTick)
        self.wait.tally(Double(wait) * clock.secondsPerTick)
    }

    mutating func merge(_ other: PollFigures) {
        polls &+= other.polls
        pollTicks &+= other.pollTicks
        waitTicks &+= other.waitTicks
        blockedTicks &+= other.blockedTicks
        longPolls &+= other.longPolls
        criticalPolls &+= other.criticalPolls
        poll.merge(other.poll)
        wait.merge(other.wait)
    }
}

/// The length of a tick and the thresholds in ticks: computed once, used for each poll.
struct TickClock: Sendable {
    var secondsPerTick: Double
    var longPollTicks: UInt64
    var criticalPollTicks: UInt64

    init(_ calibration: Calibration, _ thresholds: ReportThresholds) {
        secondsPerTick = calibration.secondsPerTick
        longPollTicks = Self.ticks(thresholds.longPoll.value, secondsPerTick)
        criticalPollTicks = Self.ticks(thresholds.criticalPoll.value, secondsPerTick)
    }

    func seconds(_ ticks: UInt64) -> Double { Double(ticks) * secondsPerTick }

    private static func ticks(_ seconds: Double, _ secondsPerTick: Double) -> UInt64 {
        let ticks = seconds / secondsPerTick
        return ticks < 0x1p63 ? UInt64(max(0, ticks)) : .max
    }
}
