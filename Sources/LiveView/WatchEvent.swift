// What the live view tells, as values.

import Analysis
import Sessions

/// Something that happened in a service, or to it.
public struct WatchEvent: Sendable {
    /// When it happened: a little before it is told.
    public var at: Ticks
    public var what: What

    public init(at: Ticks, _ what: What) {
        self.at = at
        self.what = what
    }

    public enum What: Sendable {
        case watching(Watched)
        case episodeBegan(EpisodeState)
        case episodeGoesOn(EpisodeState)
        case episodeEnded(EpisodeEnd)
        case longPoll(LongPollSeen)
        case call(CallSeen)
        case hang(HangSeen)
        case hangEnded(HangSeen)
        case poolWaits(PoolState)
        case poolWaitsOn(PoolState)
        case poolWaitEnded(PoolState)
        case lost(RecordsLost)
        case stopped
        /// How long it was stopped.
        case wentOn(seconds: Double)
        case ended(ServiceEnd, processID: Int32)
        /// Lines that were too many.
        case suppressed(lines: UInt64)
        case summary(WatchSummary)
    }
}

/// What is watched.
public struct Watched: Sendable, Hashable {
    public var program: String
    public var processID: Int32
    public var processors: Int
    public var longPollSeconds: Double
    public var waitSeconds: Double
}

/// Code that has threads, and how many of them.
public struct BusyPlace: Sendable, Hashable {
    public var place: CodePlace
    public var threads: Int
    /// The observed call that all of them are in; `nil`: none.
    public var call: String?
}

/// An episode while it goes on.
public struct EpisodeState: Sendable, Hashable {
    public var executor: String
    public var kind: ExecutorKind
    /// Threads that it has, as far as they were seen.
    public var width: Int
    public var seconds: Double
    /// Jobs that wait, at least.
    public var waiting: UInt64
    /// Who has the threads, most threads first.
    public var busy: [BusyPlace]
    /// The request that has been open longest of those that do not run.
    public var oldestRequest: OldestRequest?
    /// Episodes of this executor since the last that was told of, which were not.
    public var untold: UInt64
}

public struct OldestRequest: Sendable, Hashable {
    public var name: String
    public var seconds: Double
}

/// An episode that is over.
public struct EpisodeEnd: Sendable, Hashable {
    public var executor: String
    public var kind: ExecutorKind
    public var seconds: Double
    /// Jobs that waited, and how long all together.
    public var victims: UInt64
    public var waitSeconds: Double
    /// Whom they waited for, by blame, most first.
    public var culprits: [Culprit]
    /// Part of the waiting while a thread was free: it had to be woken, or the kernel did not run it.
    public var schedulerShare: Double
    /// The shares are those of a part of the episode: more was recorded than is kept.
    public var isPartial: Bool
    /// Its begin was told of.
    public var wasTold: Bool
    /// As in ``EpisodeState``.
    public var untold: UInt64
}

public struct Culprit: Sendable, Hashable {
    public var place: CodePlace
    public var share: Double
}

/// What a long poll mostly did.
public enum PollNature: String, Sendable, Hashable {
    case computing, blocked, asleep
    /// Ready, and not run by the kernel.
    case kernel
    case unknown
}

/// A long poll that has ended.
public struct LongPollSeen: Sendable, Hashable {
    public var site: SiteName
    public var executor: String
    public var seconds: Double
    public var nature: PollNature
    /// The innermost function of the user's that it was sampled in, where that is not the site's.
    public var code: CodePlace?
    /// Others of the site since the last that was told of, and the longest of them.
    public var untold: UInt64
    public var untoldSecondsMax: Double
}

/// A call that was long and has returned.
public struct CallSeen: Sendable, Hashable {
    public var call: String
    public var seconds: Double
    /// Who called; `nil`: not captured.
    public var caller: CodePlace?
    public var object: String
    public var site: SiteName
    public var untold: UInt64
    public var untoldSecondsMax: Double
}

/// A poll that goes on and on.
public struct HangSeen: Sendable {
    public var site: SiteName
    public var executor: String
    public var tid: UInt32
    public var seconds: Double
    public var call: String?
    public var callSeconds: Double?
    public var sample: LastSample?
}

/// A pool that keeps askers waiting.
public struct PoolState: Sendable, Hashable {
    public var name: String
    public var seconds: Double
    public var waiting: UInt64
    public var inUse: UInt64
    /// 0: not known.
    public var capacity: UInt64
    /// Those whose waiting has ended since, and the longest wait of these.
    public var waited: UInt64
    public var waitSecondsMax: Double
}

/// Records that were overwritten before they could be read.
public struct RecordsLost: Sendable, Hashable {
    public var polls: UInt64 = 0
    /// Of calls and long polls, and samples.
    public var evidence: UInt64 = 0
    /// Of requests and pools.
    public var events: UInt64 = 0

    public init() {}

    var isEmpty: Bool { polls == 0 && evidence == 0 && events == 0 }
}

/// What became of the service.
public enum ServiceEnd: Sendable, Hashable {
    /// By itself.
    case ended
    /// From outside, or by a crash; 0: it exited without a word; `nil`: the kernel does not say.
    case gone(signal: Int32?)
    /// It does not write its session any more; why, a sentence.
    case silent(String)
}

/// What there was to tell, all together.
public struct WatchSummary: Sendable, Hashable {
    public var seconds = 0.0
    public var polls: UInt64 = 0
    public var episodes: UInt64 = 0
    public var episodeSeconds = 0.0
    public var longPolls: UInt64 = 0
    public var calls: UInt64 = 0
    public var hangs: UInt64 = 0
    public var lost: UInt64 = 0

    public init() {}
}
