// From where on the live view says something, and how often: values with their reasons.

import Analysis
import Sessions

/// What the live view measures a service against.
public struct WatchThresholds: Sendable, Hashable {
    /// An executor whose threads are all busy is starved once a job has waited this long.
    public var wait = Threshold(
        0.010, .seconds, reason: "a wait as long as a poll that is called long, and one that a P99 shows",
        source: "the definition of an episode")
    /// A poll that ran this long or longer is told of, and a call.
    public var longPoll = Threshold(
        0.010, .seconds, reason: "whatever waits behind such a poll has used up a P99 of tens of milliseconds",
        source: "the session's own, where it has one")
    /// A poll that has run this long and goes on may never end.
    public var hang = Threshold(
        1, .seconds, reason: "no request is worth a thread for so long, and people look after about that time",
        source: "chosen")
    /// A pool that keeps askers waiting this long is told of.
    public var poolWait = Threshold(
        0.050, .seconds, reason: "shorter waits are how a pool of the right size works at its peaks", source: "chosen")
    /// An episode is over when nothing has pointed to one for so long.
    public var quiet = Threshold(
        0.050, .seconds, reason: "jobs that get a thread between two long polls do not end what starves the others",
        source: "chosen: a few long polls at the threshold")
    /// Threads are taken for busy throughout when they were for this part of the time.
    public var busy = Threshold(
        0.75, .share, reason: "between two polls a thread is in the queue for microseconds, which is no idleness",
        source: "chosen")

    /// An episode that goes on is told of at this age, then whenever its age has doubled.
    public var firstGrowth = 0.2
    /// What goes on is told of at least so often, seconds.
    public var growthMax = 60.0
    /// Lines a second at most.
    public var linesPerSecond = 20
    /// Nobody reads what is told, somebody counts it: all of it is told, however often it happens.
    public var tellsEverything = false

    public init() {}

    /// With the limits that a session was recorded by.
    public func following(_ info: SessionInfo) -> WatchThresholds {
        var thresholds = self
        if info.longPollNanoseconds > 0 { thresholds.longPoll.value = Double(info.longPollNanoseconds) * 1e-9 }
        return thresholds
    }
}
