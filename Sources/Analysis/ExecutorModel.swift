// Actors, event loops and threads as plain values of the report.

import Sessions

/// What a random arrival waits, in seconds (see `RandomArrival`).
public struct ArrivalWait: Sendable, Hashable {
    public var mean: Double
    public var p50: Double
    public var p95: Double
    public var p99: Double
    public var p999: Double
    public var max: Double
}

/// One event loop: a thread that waits for descriptors, and what it does between two waits.
public struct EventLoopReport: Sendable {
    /// That of its executor.
    public var name: String
    public var turns: UInt64
    /// Jobs that ran on it.
    public var jobs: UInt64
    /// Turns as long as a long poll.
    public var longTurns: UInt64
    /// Part of the recording's duration that it spent in turns.
    public var busyShare: Double
    /// Whole turns, with the jobs in them.
    public var turnSeconds: DurationSummary
    /// How long events had been ready when a turn came to them, at most.
    public var readySecondsAtMost: DurationSummary
    /// What an event or a job that comes at a random moment waits for the turn that goes on.
    public var arrivalWaitSeconds: ArrivalWait
}

/// All default actors whose holds were seen.
public struct ActorsReport: Sendable {
    /// Instances, most time held first; `ActorsReport.instancesMax` at most.
    public var actors: [ActorReport]
    /// All instances by type, most time held first.
    public var types: [ActorTypeReport]
}

/// Some holds of actors: a hold is the time that one task had the actor to itself.
public struct HoldReport: Sendable {
    public var holds: UInt64
    /// Those whose task took the free actor over, in the middle of a poll and without queueing.
    public var atOnce: UInt64
    /// The others waited in the actor's queue.
    public var queued: UInt64 { holds - min(holds, atOnce) }
    public var holdSeconds: DurationSummary
    /// From when a task asked for the actor to when it had it; at once is 0.
    public var waitSeconds: DurationSummary
}

/// One actor.
public struct ActorReport: Sendable {
    /// Without its module, if no other type is left with that name.
    public var type: String
    /// Tells it from others of its type: they are numbered as their first holds were seen.
    public var instance: Int
    /// What polls of kind `actor` have for a task.
    public var number: UInt32
    public var held: HoldReport
    /// Time held as a part of the recording's duration: an actor is an executor of width 1.
    public var utilisation: Double
    /// Most time held first; `ActorReport.sitesMax` at most.
    public var sites: [ActorSite]
}

/// The actors of one type.
public struct ActorTypeReport: Sendable {
    public var type: String
    /// Where there were very many, at most: one that was not held for a while can count twice.
    public var instances: UInt64
    public var held: HoldReport
}

/// Code that held an actor.
public struct ActorSite: Sendable {
    /// Where tasks resumed on the actor.
    public var site: SiteName
    public var holds: UInt64
    public var heldSeconds: Double
    /// Part of the actor's time held.
    public var heldShare: Double
    public var waitSeconds: Double
    /// Part of all waits for the actor.
    public var waitShare: Double
}

/// Threads of the process.
public struct ThreadsReport: Sendable {
    /// Started while it was recorded.
    public var created: UInt64
    /// A second; `nil` if the time is not known.
    public var createdPerSecond: Double?
}
