// What a report says of pools of connections, and of anything else that is lent.

/// One pool.
public struct PoolReport: Sendable {
    /// No other pool of the report has it.
    public var name: String
    /// As the service says; `nil`: it does not.
    public var capacity: Int?
    public var isOpen: Bool
    /// In the recording.
    public var asked: UInt64
    public var acquired: UInt64
    public var failed: UInt64
    public var timedOut: UInt64
    public var cancelled: UInt64
    public var released: UInt64
    public var releasedTwice: UInt64
    /// Lent, and lost without being given back.
    public var dropped: UInt64
    public var askedAfterClose: UInt64
    public var connectionsOpened: UInt64
    public var connectionsClosed: UInt64
    /// At the end of the recording.
    public var inUse: UInt64
    public var waiting: UInt64
    /// Acquires a second.
    public var perSecond: Double
    /// Of those that got something.
    public var waitSeconds: DurationSummary
    public var waitHistogram: Histogram
    /// Of those that did not.
    public var failedWaitSeconds: DurationSummary
    public var holdSeconds: DurationSummary
    public var holdHistogram: Histogram
    /// Means over time, and the most at once, in the recording.
    public var inUseMean: Double
    public var inUsePeak: Int
    public var waitingMean: Double
    public var waitingPeak: Int
    /// In use and waiting over time: means of equal parts of the recording.
    public var timeline: [PoolMoment]
    /// Median time of a hold by how many were in use when it began, where there are enough.
    public var holdByUse: [PoolUse]
    public var advice: PoolAdvice?
    /// Why there is no advice: a sentence; `nil` where there is some.
    public var adviceMissing: String?
}

public struct PoolMoment: Sendable, Hashable {
    /// Since the recording began.
    public var startSeconds: Double
    public var inUse: Double
    public var waiting: Double
}

public struct PoolUse: Sendable, Hashable {
    /// In use, the new one included: from, to.
    public var inUse: ClosedRange<Int>
    public var holds: UInt64
    public var medianHoldSeconds: Double
}

/// The size that would do, from a replay of the recorded acquires and holds at other sizes, first come, first served.
public struct PoolAdvice: Sendable {
    public enum Verdict: String, Sendable {
        /// The pool waits as it is, and a larger one would not.
        case tooSmall
        /// It is large enough, and a much smaller one would do.
        case tooLarge
        /// Leave it alone.
        case right
        /// Holds take longer the more there are: what is behind the pool is the limit, and a larger pool would not help.
        case saturated
    }

    public var verdict: Verdict
    /// Rate times mean hold time: how many are in use on average if nobody ever waits.
    public var littlesLaw: Double
    /// The smallest size at which the replayed wait's P99 is under `targetSeconds`.
    public var size: Int
    public var targetSeconds: Double
    /// Replayed at `size` and at other sizes, smallest first.
    public var sizes: [PoolReplay]
    /// Whoever asks seems to wait for the answer before asking again: with shorter waits more would be asked for, so
    /// `size` is the least that it takes.
    public var isAtLeast: Bool
    /// The most that were in use or waited for at one moment.
    public var wantedPeak: Int
    /// How much longer the median hold was in the highest third of use than in the lowest; `nil`: too few holds to tell.
    public var holdGrowth: Double?
    /// What was replayed, from the recording's beginning on, where it was too much for all of it; `nil`: all of it.
    public var stretchSeconds: Double?
}

/// What the recorded acquires would have waited in a pool of another size.
public struct PoolReplay: Sendable, Hashable {
    public var size: Int
    public var waitP50: Double
    public var waitP99: Double
    public var waitMax: Double
}
