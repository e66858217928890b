// Who made whom wait, as plain values of the report.

/// Waiting for one executor, or for the actors of one type, and who is to blame for it. The shares of the culprits and
/// of nobody add up to one.
public struct ExecutorBlame: Sendable {
    /// That of an executor of the report; `actor` and a type.
    public var name: String
    public var kind: ExecutorKind
    /// Polls that it can run at once; of actors, each of them.
    public var width: Int
    /// Time that jobs waited for it, all together.
    public var waitSeconds: Double
    /// The part of it that is nobody's: a thread was free, or about to be woken. Of actors: nobody had the actor, which
    /// waited for a thread itself.
    public var schedulerSeconds: Double
    /// Most first; `ExecutorBlame.culpritsMax` at most.
    public var culprits: [Culprit]
    public var episodes: UInt64
    /// Time in episodes, and time that jobs waited in them.
    public var episodeSeconds: Double
    public var episodeWaitSeconds: Double

    public static let culpritsMax = 50
}

/// Code that others waited for.
public struct Culprit: Sendable {
    public var site: SiteName
    public var kind: PollKind
    /// What the site runs on: inside a drain, the actor.
    public var executor: String
    /// Time that others waited for it.
    public var seconds: Double
    /// Part of all waiting for the executor.
    public var share: Double
    /// The part of `seconds` in which it was in observed calls, and that in which the kernel ran something else: of long
    /// polls, where that is known.
    public var blockedSeconds: Double
    public var kernelWaitSeconds: Double
}

/// A starvation episode: every thread of an executor was busy while a job had waited for longer than the threshold.
public struct Episode: Sendable {
    /// What most of the blame was doing meanwhile.
    public enum Cause: String, Sendable { case computing, blocked, kernel }

    public var executor: String
    /// Since the recording began; negative if it is older.
    public var startSeconds: Double
    public var durationSeconds: Double
    /// The most jobs that waited at once.
    public var peakDepth: Int
    /// The longest that a job had waited.
    public var oldestSeconds: Double
    /// Jobs that waited in it.
    public var victims: UInt64
    /// Time that they waited in it, all together.
    public var waitSeconds: Double
    public var cause: Cause
    /// Most first; the first few.
    public var culprits: [EpisodeCulprit]
}

public struct EpisodeCulprit: Sendable {
    public var site: SiteName
    public var share: Double
}

/// Where the slowest requests of an endpoint spent their time, by code: means over them.
public struct TailReport: Sendable {
    /// That of the endpoint.
    public var request: String
    /// The slowest hundredth; of few, a few more; of a great many, those of them that were kept.
    public var requests: Int
    public var meanSeconds: Double
    /// Code that ran, or was blocked, on the path of the requests themselves.
    public var own: [TailPlace]
    /// Code that held the threads, or the actor, that they waited for.
    public var culprits: [TailPlace]
    /// Waits that are nobody's.
    public var schedulerSeconds: Double
}

public struct TailPlace: Sendable {
    public var site: SiteName
    /// Of `own`: on CPU, blocked or kernel wait; of culprits: executor wait or actor wait.
    public var part: AnatomyPart
    /// A request.
    public var seconds: Double
}

/// Who made whom wait, in all of a recording.
public struct BlameReport: Sendable {
    /// Most waiting first. Those that nobody waited for are not in it.
    public var executors: [ExecutorBlame] = []
    /// The worst, by the time that was waited in them.
    public var episodes: [Episode] = []
    /// Of endpoints, slowest requests first.
    public var tails: [TailReport] = []
    /// Waiting that could not be followed: in damaged recordings.
    public var unresolvedSeconds: Double = 0

    public init() {}

    public func executor(named name: String) -> ExecutorBlame? { executors.first { $0.name == name } }
}
