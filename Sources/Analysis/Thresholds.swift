// From where on the report calls something long, critical or unseen: values with their reasons.

import Sessions

/// A limit with the reason for it.
public struct Threshold: Sendable, Hashable {
    public enum Unit: String, Sendable { case seconds, share, factor }

    public var value: Double
    public var unit: Unit
    public var reason: String
    public var source: String

    public init(_ value: Double, _ unit: Unit, reason: String, source: String) {
        self.value = value
        self.unit = unit
        self.reason = reason
        self.source = source
    }
}

/// What the report measures polls and recordings against.
public struct ReportThresholds: Sendable, Hashable {
    /// A poll that runs this long or longer is a long poll.
    public var longPoll = Threshold(
        0.010, .seconds, reason: "whatever waits behind such a poll has used up a P99 of tens of milliseconds",
        source: "chosen; the flight recorder of another runtime flags 10 and 50 ms")
    /// A poll that runs this long or longer is critical.
    public var criticalPoll = Threshold(
        0.100, .seconds, reason: "it alone breaks a P99 of 100 ms, where tuning is said to be worth it",
        source: "chosen")
    /// An executor whose P99 of the wait is this long keeps its jobs waiting.
    public var longWait = Threshold(
        0.005, .seconds, reason: "below it, queueing is no part of a P99 that anybody complains about",
        source: "chosen")
    /// A job that waits this long while every thread of its executor is busy is in a starvation episode.
    public var starvation = Threshold(
        0.010, .seconds,
        reason: "as long as a long poll: whoever waits behind one has used up a tail of tens of "
            + "milliseconds",
        source: "chosen")
    /// Two episodes of one executor that are closer together are one.
    public var episodeGap = Threshold(
        0.001, .seconds, reason: "threads change hands in tens of microseconds, and nobody is relieved by that",
        source: "chosen")
    /// With less of the process's CPU time inside polls, the report has nothing to say about the process.
    public var leastCoverage = Threshold(
        0.05, .share, reason: "19 parts in 20 of the work were done elsewhere, whatever the polls look like",
        source: "chosen; busy services observed with all probes on have 80 % and more")
    /// With less CPU time than this part of the recording's duration, a process is idle: coverage means nothing.
    public var leastLoad = Threshold(
        0.01, .share, reason: "start-up and timers alone can be most of what an idle process does",
        source: "chosen; an idle HTTP service uses less than 0.1 %")
    /// A thread outside all polls is worth naming from this part of the process's CPU time on.
    public var leastThreadShare = Threshold(
        0.005, .share, reason: "the threads left out together stay below what the coverage is rounded to",
        source: "chosen")

    /// An observed call that takes this long or longer leaves a record of its own; 0: none does.
    public var blockingCall = Threshold(
        0.0001, .seconds, reason: "a call that is shorter costs less than a switch to another thread and back",
        source: "chosen; a session says what it used")

    /// An allocator that takes this part of the process's CPU time, or of a site's, is worth tuning.
    public var allocatorShare = Threshold(
        0.10, .share, reason: "below it, even a service that does not allocate at all would hardly be faster",
        source: "chosen")
    /// An allocator that takes this part is what the process does first of all.
    public var criticalAllocatorShare = Threshold(
        0.40, .share, reason: "the share that made allocation the known cause of a bad P99",
        source: "services whose allocator took 40 % of their CPU time")
    /// A timed call of the allocator that took longer, by the clock, was interrupted, and counts for nothing.
    public var interruptedTiming = Threshold(
        0.0001, .seconds,
        reason: "such calls are for small blocks and take less than a microsecond, some with the kernel's help a few; "
            + "another thread's turn on the CPU takes a hundred and more",
        source: "chosen; calls for large blocks are timed by CPU time instead")
    /// With more of the records of single allocations dropped, estimates from the rest are too low to be taken as they
    /// are.
    public var droppedRecords = Threshold(
        0.01, .share, reason: "a hundredth is less than the standard error of all but the largest figures",
        source: "chosen")
    /// With more of the samples untracked, what became of the others does not stand for all.
    public var untrackedSamples = Threshold(
        0.05, .share, reason: "a twentieth that is not known moves the parts by as much at most",
        source: "chosen")

    public init() {}

    /// With the limits that a session has recorded by.
    public func following(_ info: SessionInfo) -> ReportThresholds {
        var thresholds = self
        if info.longPollNanoseconds > 0 {
            thresholds.longPoll.value = Double(info.longPollNanoseconds) * 1e-9
            thresholds.longPoll.source = "the session's own"
            thresholds.criticalPoll.value = max(thresholds.criticalPoll.value, thresholds.longPoll.value)
        }
        thresholds.blockingCall.value = Double(info.blockingNanoseconds) * 1e-9
        thresholds.blockingCall.source = "the session's own"
        return thresholds
    }
}
