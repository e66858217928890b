// The figures of a set of polls: how many, how long they ran and how long they had waited.

import Sessions

/// What is counted for one stack, one site or one executor.
struct PollFigures: Sendable {
    var polls: UInt64 = 0
    /// Time that is the polls' own: of an actor's drain, a turn and a work it is without that of the polls directly inside
    /// it, which have entries of their own. So the sum over all sites is the time that threads spent in polls. (A poll
    /// inside a task's poll is in both: it was run by the task's own code.)
    var pollTicks: UInt64 = 0
    var waitTicks: UInt64 = 0
    /// Polls of which nobody knows how long they had waited.
    var waitsUnknown: UInt64 = 0
    /// In observed calls; the polls' own, like `pollTicks`.
    var blockedTicks: UInt64 = 0
    // By whole durations: a turn that was 200 ms long is a long one, whatever it ran.
    var longPolls: UInt64 = 0
    var criticalPolls: UInt64 = 0
    // Both count seconds; their sums come from the ticks above, which add up exactly in any order. Durations are whole ones,
    // as above; waits are those that are known.
    var poll = Histogram()
    var wait = Histogram()

    @inline(__always)
    mutating func add(
        durationTicks: UInt64, waitTicks wait: UInt64?, blockedTicks blocked: UInt64, clock: TickClock
    ) {
        // Safe: sums of ticks wrap after a century of polls; hostile durations give wrong sums and no fault.
        polls &+= 1
        pollTicks &+= durationTicks
        blockedTicks &+= blocked
        if durationTicks >= clock.longPollTicks {
            longPolls &+= 1
            if durationTicks >= clock.criticalPollTicks { criticalPolls &+= 1 }
        }
        poll.tally(Double(durationTicks) * clock.secondsPerTick)
        guard let wait else {
            waitsUnknown &+= 1
            return
        }
        waitTicks &+= wait
        self.wait.tally(Double(wait) * clock.secondsPerTick)
    }

    /// Takes off what was not the own time of a poll that was added.
    mutating func takeOff(ticks: UInt64, blockedTicks blocked: UInt64) {
        // Wrapping: the poll was added, the sums may have wrapped since.
        pollTicks &-= ticks
        blockedTicks &-= blocked
    }

    mutating func merge(_ other: PollFigures) {
        polls &+= other.polls
        pollTicks &+= other.pollTicks
        waitTicks &+= other.waitTicks
        waitsUnknown &+= other.waitsUnknown
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
    /// A thread that begins a poll this soon after the one before took it from a queue. Handing one over takes some
    /// microseconds, and waking a thread tens of them.
    var handoverTicks: UInt64

    init(_ calibration: Calibration, _ thresholds: ReportThresholds) {
        secondsPerTick = calibration.secondsPerTick
        longPollTicks = Self.ticks(thresholds.longPoll.value, secondsPerTick)
        criticalPollTicks = Self.ticks(thresholds.criticalPoll.value, secondsPerTick)
        handoverTicks = Self.ticks(50e-6, secondsPerTick)
    }

    func seconds(_ ticks: UInt64) -> Double { Double(ticks) * secondsPerTick }

    func ticks(_ seconds: Double) -> UInt64 { Self.ticks(seconds, secondsPerTick) }

    private static func ticks(_ seconds: Double, _ secondsPerTick: Double) -> UInt64 {
        let ticks = seconds / secondsPerTick
        return ticks < 0x1p63 ? UInt64(max(0, ticks)) : .max
    }
}
