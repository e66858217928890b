// Where the time of a long poll went, from the kernel's accounts of its thread and from the observed calls.

import Sessions

/// Parts of a poll's duration, in ticks. They add up to it exactly.
struct SplitTicks: Sendable, Hashable {
    var onCPU: UInt64 = 0
    /// In observed calls.
    var blocked: UInt64 = 0
    /// Ready and not run.
    var kernelWait: UInt64 = 0
    /// Asleep outside observed calls.
    var other: UInt64 = 0
    /// How much of the parts above no measurement stands behind.
    var estimated: UInt64 = 0

    // Wrapping: sums of ticks wrap after a century of polls; hostile durations give wrong sums and no fault.
    var total: UInt64 { onCPU &+ blocked &+ kernelWait &+ other }

    mutating func add(_ split: SplitTicks) {
        onCPU &+= split.onCPU
        blocked &+= split.blocked
        kernelWait &+= split.kernelWait
        other &+= split.other
        estimated &+= split.estimated
    }
}

extension SplitTicks {
    /// The split of a poll that has ended; `samples` are its own, in the order of time.
    init(of poll: LongPoll, samples: [PollSample], ticksPerNanosecond: Double) {
        self.init(
            start: poll.context.poll.start, duration: poll.durationTicks, blocked: poll.blockedTicks,
            first: poll.first, endCPU: poll.endCPUNanoseconds, samples: samples,
            ticksPerNanosecond: ticksPerNanosecond)
    }

    /// The split so far of a poll that has not ended: measured up to its last sample; the rest of `duration` is taken
    /// for more of what that sample saw, as an estimate. `nil` without samples.
    init?(unfinished start: Ticks, duration: UInt64, samples: [PollSample], ticksPerNanosecond: Double) {
        guard let last = samples.last else { return nil }
        let seen = min(last.reading.at.since(start), duration)
        let inCall = last.callStart.map { last.reading.at.since(max($0, start)) } ?? 0
        self.init(
            start: start, duration: seen, blocked: last.reading.blockedTicks.addingClamped(inCall), first: last.first,
            endCPU: last.reading.cpuNanoseconds, samples: samples, ticksPerNanosecond: ticksPerNanosecond)
        let rest = duration - seen
        switch SampleActivity(of: last).state {
        case .cpu, .mixed: onCPU += rest
        case .blocked: blocked += rest
        case .asleep: other += rest
        }
        estimated += rest
    }

    /// CPU time is known between the first reading and `endCPU`. Before it, what was not spent in calls counts as CPU
    /// time, by estimate: the watcher had not looked yet.
    private init(
        start: Ticks, duration: UInt64, blocked inCalls: UInt64, first: ThreadReading?, endCPU: UInt64?,
        samples: [PollSample], ticksPerNanosecond: Double
    ) {
        blocked = min(inCalls, duration)
        // Calls use CPU time, too; a moment in a call counts as the call's.
        let outside = duration - blocked
        guard let first, let endCPU, first.cpuNanoseconds <= endCPU else {
            onCPU = outside
            estimated = outside
            return
        }
        let unread = min(first.at.since(start), duration)
        estimated = min(unread - min(first.blockedTicks, unread), outside)
        let measured = Self.ticks(endCPU - first.cpuNanoseconds, ticksPerNanosecond)
        onCPU = min(estimated.addingClamped(measured), outside)
        let rest = outside - onCPU
        // Nothing but the lack of a processor keeps a thread that never slept from running.
        let queued = Self.ticks(Self.runQueueGrowth(samples), ticksPerNanosecond)
        let slept =
            samples.contains { SampleActivity(of: $0).state == .asleep }
            || Self.waitedForDisk(samples, queued: queued, ticksPerNanosecond)
        kernelWait = slept ? min(rest, queued) : rest
        other = rest - kernelWait
    }

    /// Nanoseconds ready and not run, from the first reading that has them to the last sample.
    private static func runQueueGrowth(_ samples: [PollSample]) -> UInt64 {
        guard let last = samples.last, let end = last.reading.runQueueNanoseconds,
            let begin = last.first?.runQueueNanoseconds ?? samples.first?.reading.runQueueNanoseconds, begin <= end
        else { return 0 }
        return end - begin
    }

    /// Whether page faults that read from a disk are the better part of what kept the thread from running, as far as
    /// the readings go. They are many short sleeps, which samples miss.
    private static func waitedForDisk(_ samples: [PollSample], queued: UInt64, _ ticksPerNanosecond: Double) -> Bool {
        guard let last = samples.last, let first = last.first, last.reading.majorFaults != first.majorFaults,
            last.reading.runQueueNanoseconds != nil, last.reading.cpuNanoseconds >= first.cpuNanoseconds
        else { return false }
        let inCall = last.callStart.map { last.reading.at.since(max($0, first.at)) } ?? 0
        let blocked = last.reading.blockedTicks.addingClamped(inCall).subtractingClamped(first.blockedTicks)
        let ran = ticks(last.reading.cpuNanoseconds - first.cpuNanoseconds, ticksPerNanosecond)
        let idle = last.reading.at.since(first.at).subtractingClamped(ran).subtractingClamped(blocked)
        return idle.subtractingClamped(queued) > queued
    }

    private static func ticks(_ nanoseconds: UInt64, _ ticksPerNanosecond: Double) -> UInt64 {
        let ticks = (Double(nanoseconds) * ticksPerNanosecond).rounded()
        return ticks < 0x1p63 ? UInt64(max(0, ticks)) : .max
    }
}

extension Ticks {
    /// Ticks from `earlier`, 0 if that is later.
    func since(_ earlier: Ticks) -> UInt64 { self > earlier ? rawValue - earlier.rawValue : 0 }
}

extension UInt64 {
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    func subtractingClamped(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
