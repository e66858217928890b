// The analysis of one recording as plain values: what every rendering of a report is made from.
//
// Seconds are Doubles, shares are parts of one. Nothing here is rounded or put into words for a terminal.

/// Everything that a report says.
public struct ReportModel: Sendable {
    public var session: SessionSummary
    public var coverage: Coverage
    public var losses: Losses
    public var overhead: Overhead
    /// Polls that ended in the recording.
    public var polls: UInt64
    /// Busiest first. Their `polls` add up to `polls`.
    public var executors: [ExecutorReport]
    public var actors: ActorsReport
    /// Most time in turns first.
    public var eventLoops: [EventLoopReport]
    public var threads: ThreadsReport
    /// By total poll time, longest first. Their `polls` add up to `polls`.
    public var sites: [SiteReport]
    /// Long polls by site, by their total time, longest first.
    public var longPolls: [LongPollSite]
    /// Blocking calls by name and place, by their total time, longest first.
    public var blocking: [BlockingSite]
    /// nil: there is no data, and `allocationsMissing` says why.
    public var allocations: AllocationReport?
    /// A sentence or two: why `allocations` is nil, and what to do about it.
    public var allocationsMissing: String?
    public var requests: RequestsReport
    /// Most waited for first.
    public var pools: [PoolReport]
    /// Pools that the session had no room for.
    public var poolsRefused: UInt64
    public var blame: BlameReport
    /// Longest first.
    public var slowest: [PollReport]
    /// Polls that were running when the recording, or the process, ended. They are in no other figure but
    /// utilisation and coverage.
    public var unfinished: [PollReport]
    /// Tasks that stood still when the recording ended, by what they waited for and where; those with the oldest first.
    public var stuckTasks: [StuckTasks]
    /// How `stuckTasks` were found; `nil`: nobody looked.
    public var stuckTasksLook: StuckTasksLook?
    public var load: LoadReport
    /// `nil`: the kernel did not tell.
    public var kernelWait: KernelWaitReport?
    public var problems: [ReportProblem]
    public var thresholds: ReportThresholds
}

/// Whose session it was.
public struct SessionSummary: Sendable {
    public var processID: Int32
    /// Path of the executable.
    public var executable: String
    public var runtimeVersion: String
    public var processors: Int
    /// When the session began, seconds since 1970.
    public var startedSeconds: Double
    /// From the first look at the process to the last.
    public var durationSeconds: Double
}

/// How much of the process the probes could see.
public struct Coverage: Sendable {
    /// Whether the figures can stand for the process.
    public enum Signal: String, Sendable {
        /// Polls cover enough of the process's work.
        case seen
        /// The process did next to nothing: few polls are no sign of missing ones.
        case idle
        /// No polls, or almost all work was done outside them.
        case none
    }

    public var signal: Signal
    /// Share of the process's CPU time that was spent inside polls, at most; `nil` if CPU times are not known.
    ///
    /// For each thread the lesser of its CPU time and its poll time, added up. An upper bound, because a thread
    /// that waited inside its polls may have used its CPU time outside them.
    public var cpuShareAtMost: Double?
    public var processCPUSeconds: Double?
    /// The same share of the CPU time of runtime threads alone, those that ran any poll that was seen. What an event loop
    /// does between its turns counts, too: it waits, which costs CPU time for each wake-up, and both ends of that were
    /// seen. `nil`: they used none, or it is not known.
    public var runtimeThreadsCPUShare: Double?
    /// Threads that used CPU time and were never seen to poll, by CPU time.
    public var unseenThreads: [ThreadCost]
    public var probes: [ProbeReport]
}

/// A thread by the kernel's name for it.
public struct ThreadName: Sendable, Hashable {
    public var name: String
    public var tid: UInt32
}

public struct ThreadCost: Sendable {
    public var thread: ThreadName
    public var cpuSeconds: Double
}

public struct ProbeReport: Sendable {
    public enum State: String, Sendable { case on, off, refused }
    public var name: String
    public var state: State
    /// Why it is not on; empty if it is.
    public var reason: String
}

/// What was not seen, counted.
public struct Losses: Sendable {
    /// Poll records that were overwritten before the collector read them.
    public var recordsLost: UInt64
    /// Polls on threads that got no ring.
    public var pollsUnrecorded: UInt64
    /// Jobs that the probes left alone because they did not look as expected.
    public var jobsRefused: UInt64
    /// Polls whose async stack is not known.
    public var pollsWithoutStack: UInt64
    /// Records of long polls and blocking calls that were overwritten before the collector read them.
    public var evidenceLost: UInt64
    /// Samples of long polls that were overwritten before the collector read them.
    public var samplesLost: UInt64
    /// Given to Dispatch queues by others than the Swift runtime, and not seen to run.
    public var worksUnobserved: UInt64
    /// Polls of executors that the session had no room to tell apart.
    public var executorsRefused: UInt64
    /// Tasks that the table of live tasks had no room for.
    public var tasksUntracked: UInt64
}

/// What observing cost.
public struct Overhead: Sendable {
    /// Cost of one poll, measured by the process at its start.
    public var pollCostSeconds: Double
    /// Cost of counting one allocation and its free, measured likewise.
    public var allocationCostSeconds: Double
    /// CPU time of the watcher, Pollscope's own thread in the process; no other figure has it.
    public var watcherCPUSeconds: Double
    /// Pollscope's share of the process's CPU time, an estimate: polls and allocations times the cost of one, and the
    /// watcher.
    public var cpuShareEstimate: Double?
    /// CPU time of the collector, in its own process.
    public var collectorCPUSeconds: Double
    /// Samples of long polls that were read.
    public var samples: UInt64
    public var samplesWithoutStack: UInt64
    /// The longest that a sample's signal handler took of a thread's time.
    public var handlerSecondsMax: Double
}

/// Total and quantiles of some durations.
public struct DurationSummary: Sendable, Hashable {
    public var totalSeconds: Double
    public var p50: Double
    public var p95: Double
    public var p99: Double
    public var p999: Double
    public var max: Double
}

/// One executor: a queue of jobs and the threads that serve it.
public struct ExecutorReport: Sendable {
    /// No other executor of the report has it.
    public var name: String
    public var kind: ExecutorKind
    /// The most polls that were seen at once.
    public var width: Int
    /// Poll time as a part of what `width` threads could have given in the recording's duration.
    public var utilisation: Double
    public var polls: UInt64
    /// Threads that served it.
    public var threads: Int
    public var longPolls: UInt64
    public var criticalPolls: UInt64
    /// Polls that are in no figure of the wait, because nobody knows when they could have begun.
    public var unknownWaits: UInt64
    /// Of an event loop's turns, the time outside the jobs in them.
    public var pollSeconds: DurationSummary
    /// Of an event loop, its jobs' waits.
    public var waitSeconds: DurationSummary
    public var pollHistogram: Histogram
    public var waitHistogram: Histogram
}

/// Where a poll resumed, in the words of the source.
public struct CodePlace: Sendable, Hashable {
    /// The function; `timer of f`, `yield of f` and `actor A` for the runtime's polls on behalf of others; `turn of event
    /// loop L`, `work on queue Q`.
    public var function: String
    /// `nil`: not async, or not known. 0: the function's start. N: its N-th resume point.
    public var awaitPoint: Int?
    public var file: String?
    public var line: Int?

    public init(function: String, awaitPoint: Int?, file: String?, line: Int?) {
        self.function = function
        self.awaitPoint = awaitPoint
        self.file = file
        self.line = line
    }
}

/// All polls of one site on one executor.
///
/// What is there to run others (an actor's drain, an event loop's turn) has the time here that the polls inside it have
/// not, so that times and shares add up.
public struct SiteReport: Sendable {
    public var place: CodePlace
    /// The function that the task was started with.
    public var task: String
    public var kind: PollKind
    /// The name of an executor of the report; on actors, `actor` and their type.
    public var executor: String
    public var executorKind: ExecutorKind
    public var polls: UInt64
    public var longPolls: UInt64
    public var criticalPolls: UInt64
    /// Polls that are in no figure of the wait.
    public var unknownWaits: UInt64
    /// Part of all poll time; what nested polls took is theirs alone.
    public var share: Double
    public var pollSeconds: DurationSummary
    public var waitSeconds: DurationSummary
    /// Time of its polls in observed calls.
    public var blockedSeconds: Double
    public var pollHistogram: Histogram
    public var waitHistogram: Histogram
}

/// One poll.
public struct PollReport: Sendable {
    /// Who made the job runnable: a poll on a thread, or a thread outside all polls. A thread that never polled
    /// can be without a name.
    public enum Waker: Sendable, Hashable {
        case poll(on: ThreadName?)
        case outside(ThreadName?)
        case unknown
    }

    /// Since the recording began; negative if the poll is older.
    public var startSeconds: Double
    public var durationSeconds: Double
    /// `nil`: nobody knows when it could have begun.
    public var waitSeconds: Double?
    /// `waitSeconds` is the most that it can have been, as of turns of event loops.
    public var isWaitAtMost: Bool
    public var thread: ThreadName
    public var executor: String
    public var kind: PollKind
    /// The runtime's number for the task; of an actor, a number that tells it from others.
    public var task: UInt32
    public var waker: Waker
    public var site: SiteName
    /// Logical async stack, innermost first.
    public var stack: [StackFrame]
    /// The stack was deeper than what is shown.
    public var isStackCut: Bool
    /// Of an unfinished poll: the last that was seen of it; `nil` if there is no sample.
    public var lastSample: LastSample?
    /// Of an unfinished poll: where its time went so far; `nil` if there is no sample.
    public var split: TimeSplit?
}

/// A site's place and its task's name.
public struct SiteName: Sendable, Hashable {
    public var place: CodePlace
    public var task: String

    public init(place: CodePlace, task: String) {
        self.place = place
        self.task = task
    }
}

/// One function of a logical async stack.
public struct StackFrame: Sendable, Hashable {
    public var place: CodePlace
    public var module: String
    /// The runtime's, or made by the compiler: not worth a line of its own.
    public var isRuntime: Bool
    public var isInlined: Bool
}

/// Something that the reader must know before believing a figure, and what to do about it.
public struct ReportProblem: Sendable, Hashable {
    public enum Kind: String, Sendable {
        case noSignal, damagedRecording, lostRecords, unrecordedPolls, refusedJobs, missingStacks, probeOff
        case badSetting
        case unknownCoverage, symbols, lostEvidence, missingSampleStacks
        case lostAllocations, untrackedAllocations, refusedTypes
        case crowdedExecutors, unobservedWorks
    }

    public var kind: Kind
    public var sentence: String
    /// Empty where nothing can be done.
    public var remedy: String
}
