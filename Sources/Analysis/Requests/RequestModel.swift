// What a report says of requests: how long they took, and where their time went.

/// A part of a request's time. All that a request takes is in one of them.
public enum AnatomyPart: String, Sendable, CaseIterable {
    /// Code of the request ran. What the kernel ran instead for less than a long poll's time is in here, too: only for
    /// long polls it is known.
    case onCPU
    /// It was in a blocking call.
    case blocked
    /// It could run, and no thread of its executor was free.
    case executorWait
    /// It could run, and somebody else had its actor.
    case actorWait
    /// It waited for something that a pool lends.
    case poolWait
    /// Its timer was due, and had not fired.
    case timerLateness
    /// It was about to run, or running, and the kernel ran something else: of long polls.
    case kernelWait
    /// It waited for something else: another process, a descriptor, a timer that was not due, another task.
    case outside
}

/// Seconds by part. They add up to a duration.
public struct Anatomy: Sendable, Hashable {
    private var seconds: [Double] = Array(repeating: 0, count: AnatomyPart.allCases.count)

    public init() {}

    public subscript(part: AnatomyPart) -> Double {
        get { seconds[part.index] }
        set { seconds[part.index] = newValue }
    }

    public var totalSeconds: Double { seconds.reduce(0, +) }
}

extension AnatomyPart {
    /// Its place among all parts.
    var index: Int {
        switch self {
        case .onCPU: 0
        case .blocked: 1
        case .executorWait: 2
        case .actorWait: 3
        case .poolWait: 4
        case .timerLateness: 5
        case .kernelWait: 6
        case .outside: 7
        }
    }
}

/// All requests of a recording.
public struct RequestsReport: Sendable {
    /// Requests that are part of no other, by the total of their durations, longest first.
    public var endpoints: [RequestReport] = []
    /// Parts of other requests, likewise.
    public var parts: [RequestReport] = []
    /// What was asked of other processes, likewise.
    public var calls: [RequestReport] = []
    /// Requests that had begun and not ended when the recording did, oldest first; the first few.
    public var open: [OpenRequest] = []
    public var openCount: UInt64 = 0
    /// Of all kinds, in the recording.
    public var begun: UInt64 = 0
    public var ended: UInt64 = 0
    /// Ends without a begin that was seen: it was before the recording, or was lost.
    public var endsWithoutBegin: UInt64 = 0
    /// Ended again, when they had ended.
    public var endedTwice: UInt64 = 0
    /// Ended in another task than they began in.
    public var endedElsewhere: UInt64 = 0
    /// Requests whose names there was no room for: they are under one name.
    public var namesRefused: UInt64 = 0
    /// Requests whose duration is known and whose anatomy is not, since too much happened in them, or records were
    /// lost.
    public var withoutAnatomy: UInt64 = 0
    /// Event records that were overwritten before the collector read them, and those that were never written.
    public var recordsLost: UInt64 = 0
    public var recordsUnrecorded: UInt64 = 0

    public init() {}

    public var isEmpty: Bool { begun == 0 && ended == 0 && openCount == 0 && endsWithoutBegin == 0 }
}

/// All requests of one name.
public struct RequestReport: Sendable {
    /// With what differs between requests replaced: `GET /users/{id}`.
    public var name: String
    public var count: UInt64
    /// Ended in the recording, a second.
    public var perSecond: Double
    public var errors: UInt64
    public var cancelled: UInt64
    public var timedOut: UInt64
    public var durationSeconds: DurationSummary
    public var durationHistogram: Histogram
    /// The median's first, then the slowest; those with enough requests to tell.
    public var cohorts: [RequestCohort]
    /// The slowest, slowest first.
    public var exemplars: [RequestExemplar]
}

/// Where the time went of some requests of one name.
public struct RequestCohort: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Between the quantiles 0.45 and 0.55.
        case median
        case slowest5Percent
        case slowest1Percent
    }

    public var kind: Kind
    public var count: UInt64
    /// The mean of its requests. Its parts add up to their mean duration.
    public var mean: Anatomy
    public var meanSeconds: Double
}

/// A request that had not ended.
public struct OpenRequest: Sendable {
    public var name: String
    /// Since the recording began; negative if it is older.
    public var startSeconds: Double
    public var ageSeconds: Double
    public var task: UInt32
    public var trace: TraceIdentity?
}

/// Ids of a tracing system.
public struct TraceIdentity: Sendable, Hashable {
    public var high: UInt64
    public var low: UInt64
    public var span: UInt64
}

/// One slow request, moment by moment.
public struct RequestExemplar: Sendable {
    /// Since the recording began; negative if it is older.
    public var startSeconds: Double
    public var durationSeconds: Double
    public var outcome: RequestOutcome
    public var task: UInt32
    public var trace: TraceIdentity?
    public var anatomy: Anatomy
    /// In the order of time; they add up to the duration. Many short ones may have been put together.
    public var segments: [RequestSegment]
}

public enum RequestOutcome: String, Sendable { case ok, error, cancelled, timedOut }

/// A stretch of a request's critical path.
public struct RequestSegment: Sendable {
    public var part: AnatomyPart
    /// Since the request's start.
    public var offsetSeconds: Double
    public var durationSeconds: Double
    /// Where it ran, or what it would resume at; `nil`: not known.
    public var site: SiteName?
    /// Its thread, if it ran.
    public var thread: ThreadName?
    /// The executor or actor type that it waited for or ran on, the pool, the outside call, or what woke it; empty: not
    /// known.
    public var detail: String
    /// Who held the threads meanwhile, most first; only of waits.
    public var holders: [SegmentHolder]
    /// Segments that this one stands for.
    public var count: Int
}

/// Who held a thread while a request waited for one.
public struct SegmentHolder: Sendable {
    public var site: SiteName
    /// On all threads together, inside the wait.
    public var seconds: Double
}
