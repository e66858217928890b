// What a session says about itself and its process, as values: shared by everything that reads sessions or
// recordings.

import CPollscopeLayout

/// A reading of the session's clock. Ticks of one session compare with each other and with nothing else.
public struct Ticks: Sendable, Hashable, Comparable {
    public var rawValue: UInt64

    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    public static func < (a: Ticks, b: Ticks) -> Bool { a.rawValue < b.rawValue }
}

/// A moment on two clocks: the session's own and CLOCK_MONOTONIC.
public struct ClockAnchor: Sendable, Hashable {
    public var ticks: Ticks
    public var monotonicNanoseconds: UInt64

    public init(ticks: Ticks, monotonicNanoseconds: UInt64) {
        self.ticks = ticks
        self.monotonicNanoseconds = monotonicNanoseconds
    }
}

/// How long a tick is: the line through two anchors, the further apart the better.
public struct Calibration: Sendable, Hashable {
    public var first: ClockAnchor
    public var last: ClockAnchor
    /// Ticks a second by the process's own first measurement; used while the anchors are too close together.
    public var nominalHertz: UInt64

    public init(first: ClockAnchor, last: ClockAnchor, nominalHertz: UInt64) {
        self.first = first
        self.last = last
        self.nominalHertz = nominalHertz
    }

    /// Seconds in a tick; never zero, never infinite.
    public var secondsPerTick: Double {
        let minimumSpanNanoseconds: UInt64 = 10_000_000  // below it, reading two clocks in turn is the error
        if last.ticks > first.ticks, last.monotonicNanoseconds > first.monotonicNanoseconds,
            last.monotonicNanoseconds - first.monotonicNanoseconds >= minimumSpanNanoseconds
        {
            let ticks = Double(last.ticks.rawValue - first.ticks.rawValue)
            return Double(last.monotonicNanoseconds - first.monotonicNanoseconds) / ticks * 1e-9
        }
        return 1 / Double(max(1, nominalHertz))
    }

    /// A length of `ticks`, in seconds.
    public func seconds(_ ticks: UInt64) -> Double { Double(ticks) * secondsPerTick }

    /// Seconds from the first anchor to `ticks`, negative before it.
    public func secondsSinceStart(_ ticks: Ticks) -> Double {
        ticks >= first.ticks
            ? seconds(ticks.rawValue - first.ticks.rawValue) : -seconds(first.ticks.rawValue - ticks.rawValue)
    }
}

/// One probe of the process: on, off by configuration, or refused and why.
public struct ProbeStatus: Sendable, Hashable {
    public var id: UInt16  // enum pollscope_probe_id
    public var state: UInt16  // enum pollscope_probe_state
    public var reason: String

    public init(id: UInt16, state: UInt16, reason: String) {
        self.id = id
        self.state = state
        self.reason = reason
    }

    public var isOn: Bool { state == UInt16(POLLSCOPE_PROBE_ON.rawValue) }

    /// The name that the report and `doctor` use.
    public var name: String {
        switch UInt32(id) {
        case POLLSCOPE_PROBE_GLOBAL_POOL.rawValue: "global pool"
        case POLLSCOPE_PROBE_MAIN_EXECUTOR.rawValue: "main executor"
        case POLLSCOPE_PROBE_TIMERS.rawValue: "timers"
        case POLLSCOPE_PROBE_YIELDS.rawValue: "yields"
        case POLLSCOPE_PROBE_BLOCKING_CALLS.rawValue: "blocking calls"
        case POLLSCOPE_PROBE_LONG_POLLS.rawValue: "long polls"
        case POLLSCOPE_PROBE_CPU_STACKS.rawValue: "CPU stacks"
        case POLLSCOPE_PROBE_ALLOCATIONS.rawValue: "allocations"
        case POLLSCOPE_PROBE_ALLOCATION_SAMPLES.rawValue: "allocation samples"
        case POLLSCOPE_PROBE_ACTORS.rawValue: "actors and custom executors"
        case POLLSCOPE_PROBE_EVENT_LOOPS.rawValue: "event loops"
        case POLLSCOPE_PROBE_QUEUES.rawValue: "queues"
        case POLLSCOPE_PROBE_TASKS.rawValue: "tasks"
        case POLLSCOPE_PROBE_REQUESTS.rawValue: "requests and pools"
        default: "probe \(id)"
        }
    }
}

/// What does not change while a session runs.
public struct SessionInfo: Sendable, Hashable {
    public var processID: Int32
    /// Start time of the process in clock ticks since boot (field 22 of /proc/PID/stat).
    public var processStart: UInt64
    public var executable: String
    public var runtimeVersion: String
    /// Processors that the process may run on.
    public var processors: Int
    public var clock: UInt32  // enum pollscope_clock
    /// CLOCK_REALTIME at the first anchor, nanoseconds.
    public var wallNanoseconds: UInt64
    public var ringRecords: Int
    /// Cost of one observed poll, measured in this process at its start, in ticks.
    public var pollCostTicks: Double
    public var probes: [ProbeStatus]
    /// Polls at or over it are sampled while they run and leave evidence; 0: off.
    public var longPollNanoseconds: UInt64
    /// Calls at or over it leave evidence; 0: off.
    public var blockingNanoseconds: UInt64
    /// The signal that makes a thread on a CPU copy its stack; 0: none.
    public var sampleSignal: UInt32
    /// The process's thread that samples: its CPU time is Pollscope's own; 0: there is none.
    public var watcherTID: UInt32
    /// Settings of the service that were not understood, a sentence each.
    public var notes: [String]
    /// Mean distance of sampled bytes: one of this many is picked, and its allocation is a sample; 0: no samples.
    public var allocationSampleBytes: UInt64
    /// One call of the allocator in this many is timed, at random; 0: none.
    public var allocationTimingCalls: UInt32
    /// What the timing of a call that does nothing shows, in ticks.
    public var allocationTimerTicks: Double
    /// Cost of counting an allocation and its free, measured in this process at its start, in ticks.
    public var allocationCostTicks: Double

    public init(
        processID: Int32, processStart: UInt64, executable: String, runtimeVersion: String, processors: Int,
        clock: UInt32, wallNanoseconds: UInt64, ringRecords: Int, pollCostTicks: Double, probes: [ProbeStatus],
        longPollNanoseconds: UInt64 = 0, blockingNanoseconds: UInt64 = 0, sampleSignal: UInt32 = 0,
        watcherTID: UInt32 = 0, notes: [String] = [], allocationSampleBytes: UInt64 = 0,
        allocationTimingCalls: UInt32 = 0, allocationTimerTicks: Double = 0, allocationCostTicks: Double = 0
    ) {
        self.processID = processID
        self.processStart = processStart
        self.executable = executable
        self.runtimeVersion = runtimeVersion
        self.processors = processors
        self.clock = clock
        self.wallNanoseconds = wallNanoseconds
        self.ringRecords = ringRecords
        self.pollCostTicks = pollCostTicks
        self.probes = probes
        self.longPollNanoseconds = longPollNanoseconds
        self.blockingNanoseconds = blockingNanoseconds
        self.sampleSignal = sampleSignal
        self.watcherTID = watcherTID
        self.notes = notes
        self.allocationSampleBytes = allocationSampleBytes
        self.allocationTimingCalls = allocationTimingCalls
        self.allocationTimerTicks = allocationTimerTicks
        self.allocationCostTicks = allocationCostTicks
    }
}

/// One ELF image that the process has loaded.
public struct LoadedModule: Sendable, Hashable {
    public var path: String
    public var buildID: [UInt8]
    public var loadBias: UInt64
    public var start: UInt64
    public var end: UInt64

    public init(path: String, buildID: [UInt8], loadBias: UInt64, start: UInt64, end: UInt64) {
        self.path = path
        self.buildID = buildID
        self.loadBias = loadBias
        self.start = start
        self.end = end
    }
}

/// A thread that enqueued or ran jobs.
public struct ThreadIdentity: Sendable, Hashable {
    public var tid: UInt32
    /// Its slot, which names it as a waker from `claimed` on, until another thread claims the slot.
    public var slot: UInt16
    public var claimed: Ticks
    public var name: String

    public init(tid: UInt32, slot: UInt16, claimed: Ticks, name: String) {
        self.tid = tid
        self.slot = slot
        self.claimed = claimed
        self.name = name
    }
}

/// A stack as the process captured it, a logical async one or a thread's own: `id` is what records refer to.
public struct AsyncStack: Sendable, Hashable {
    public var id: UInt32
    public var kind: UInt8  // enum pollscope_stack_kind
    public var isCut: Bool
    public var frames: [UInt64]

    public init(id: UInt32, kind: UInt8, isCut: Bool, frames: [UInt64]) {
        self.id = id
        self.kind = kind
        self.isCut = isCut
        self.frames = frames
    }
}

/// Counters of the whole session since its start, read together: polls first, what threads count after, so that
/// `enqueues` is never behind the polls that followed from them, nor allocations behind those of the polls.
public struct SessionCounters: Sendable, Hashable {
    public var enqueues: UInt64 = 0
    /// Records of polls ever written into rings, but for turns of event loops: those that somebody enqueued.
    public var polls: UInt64 = 0
    /// Polls that had begun and not ended, on threads with a ring; turns of event loops are none of them.
    public var running: UInt64 = 0
    /// Polls begun on threads without a ring: seen in number only.
    public var pollsUnrecorded: UInt64 = 0
    public var jobsRefused: UInt64 = 0
    public var stacksRefused: UInt64 = 0
    public var ringsRefused: UInt64 = 0
    public var ringRefusalErrno: UInt32 = 0
    /// Samples of long polls ever written, and those of them whose stack could not be had.
    public var samples: UInt64 = 0
    public var samplesWithoutStack: UInt64 = 0
    /// Sampling signals that cut a system call short in spite of all care.
    public var signalsInSystemCalls: UInt64 = 0
    /// Blocks asked for, their bytes, and blocks freed, by the whole process since it is counted.
    public var allocations: UInt64 = 0
    public var allocatedBytes: UInt64 = 0
    public var frees: UInt64 = 0
    /// Records of single allocations ever written, and those that were not since another thread was writing one.
    public var allocationRecords: UInt64 = 0
    public var allocationRecordsDropped: UInt64 = 0
    /// Samples whose free is not waited for.
    public var allocationsUntracked: UInt64 = 0
    /// Samples of objects whose type's name was not kept.
    public var typesRefused: UInt64 = 0
    /// Turns of event loops ever recorded, and holds of actors.
    public var turns: UInt64 = 0
    public var holds: UInt64 = 0
    /// Polls of executors that the table of executors had no room for.
    public var executorsRefused: UInt64 = 0
    /// Tasks that were seen to be made and to end, and those of them that the table of live tasks had no room for.
    public var tasksCreated: UInt64 = 0
    public var tasksEnded: UInt64 = 0
    public var tasksUntracked: UInt64 = 0
    /// Given to Dispatch queues by others than the Swift runtime, and not seen to run.
    public var worksUnobserved: UInt64 = 0
    /// Threads that the process has started.
    public var threadsCreated: UInt64 = 0
    /// Event records of threads that got no ring for them.
    public var eventsUnrecorded: UInt64 = 0
    /// Requests whose name was not kept, and pools that the table of pools had no room for.
    public var requestNamesRefused: UInt64 = 0
    public var poolsRefused: UInt64 = 0

    public init() {}

    /// All records of polls and holds ever written into rings: what rings number.
    // Wrapping: a damaged file can count anything.
    public var records: UInt64 { polls &+ turns &+ holds }

    /// Jobs enqueued and not begun; the timers of sleepers, which are not due, are among them.
    public var pending: UInt64 {
        let begun = polls &+ running &+ pollsUnrecorded
        return enqueues >= begun ? enqueues - begun : 0
    }
}

/// CPU time of one thread of the process, from the kernel.
public struct ThreadCPU: Sendable, Hashable {
    public var tid: UInt32
    public var name: String
    /// On a CPU, and runnable but waiting for one, nanoseconds since the thread's start.
    public var cpuNanoseconds: UInt64
    public var runQueueNanoseconds: UInt64

    public init(tid: UInt32, name: String, cpuNanoseconds: UInt64, runQueueNanoseconds: UInt64) {
        self.tid = tid
        self.name = name
        self.cpuNanoseconds = cpuNanoseconds
        self.runQueueNanoseconds = runQueueNanoseconds
    }
}

/// A look at the process as a whole: taken when a recording begins, about once a second, and at its end.
public struct ProcessStatus: Sendable, Hashable {
    public var at: Ticks
    public var calibrationLast: ClockAnchor
    public var counters: SessionCounters
    /// CPU time of the process, threads that ended included; 0 when it could not be read.
    public var processCPUNanoseconds: UInt64
    public var residentBytes: UInt64
    public var threads: [ThreadCPU]
    /// CPU time that the collector itself has used since it began.
    public var collectorCPUNanoseconds: UInt64
    /// All pools that the service ever told of, closed ones included, in the order of their numbers.
    public var pools: [PoolStatus]

    public init(
        at: Ticks, calibrationLast: ClockAnchor, counters: SessionCounters, processCPUNanoseconds: UInt64,
        residentBytes: UInt64, threads: [ThreadCPU], collectorCPUNanoseconds: UInt64, pools: [PoolStatus] = []
    ) {
        self.at = at
        self.calibrationLast = calibrationLast
        self.counters = counters
        self.processCPUNanoseconds = processCPUNanoseconds
        self.residentBytes = residentBytes
        self.threads = threads
        self.collectorCPUNanoseconds = collectorCPUNanoseconds
        self.pools = pools
    }
}

/// The polls that one ring gave in one look: in the order of their ends, all of one thread. Holds of actors are among
/// them, of kind POLLSCOPE_RECORD_HOLD.
public struct PollBatch: Sendable {
    /// The ring's owner.
    public var thread: ThreadIdentity
    public var ring: UInt32
    /// Index in the ring of the first record of `polls`.
    public var firstSequence: UInt64
    /// Records that were overwritten before they could be read, right before `polls`.
    public var lost: UInt64
    public var polls: [pollscope_poll_record]
    /// The poll that was running at the look, its `duration_ticks` being the time since its start.
    public var running: pollscope_poll_record?

    public init(
        thread: ThreadIdentity, ring: UInt32, firstSequence: UInt64, lost: UInt64,
        polls: [pollscope_poll_record], running: pollscope_poll_record?
    ) {
        self.thread = thread
        self.ring = ring
        self.firstSequence = firstSequence
        self.lost = lost
        self.polls = polls
        self.running = running
    }
}
