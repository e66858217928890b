// From when on a pool is called too small, too large or saturated: values with their reasons.

/// What the advice on pools measures them against.
public struct PoolThresholds: Sendable, Hashable {
    /// A pool is large enough if the P99 of the wait for it is below this.
    public var wait = Threshold(
        0.001, .seconds,
        reason: "a wait that is shorter than most queries is no part of a P99 that anybody complains of",
        source: "chosen")
    /// A pool is too large from this many times the size that would do on …
    public var excess = Threshold(
        2, .factor, reason: "half of the connections are then for nothing, whatever room a peak needs",
        source: "chosen")
    /// … and this many connections more than that.
    public var excessConnections = 8
    /// Holds that take this many times as long in the highest third of use as in the lowest make it saturated.
    public var holdGrowth = Threshold(
        1.5, .factor, reason: "with half as much time again for each, half of what a larger pool adds is lost at once",
        source: "chosen")
    /// Asks that waited this part of the time between ask and release were slowed by the pool.
    public var waitingShare = Threshold(
        0.1, .share, reason: "below it, those who wait would ask no more than a tenth as often again",
        source: "chosen")
    /// Fewer leases give no advice.
    public var leasesLeast = 100
    /// Fewer holds in a third of use give no median.
    public var holdsLeast = 50

    public init() {}
}
