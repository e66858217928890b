// What is known of a service: the sums over all its processes since the collector began, by the names that people know.

import Analysis
import Exporting
import LiveView

/// Code, as a label says it.
struct PlaceLabel: Hashable, Sendable {
    var function: String
    /// `File.swift:42`; empty: not known.
    var location: String

    static let other = PlaceLabel(function: NameLimits.other, location: "")
    /// Nobody's fault: a thread was free, and not woken or not run.
    static let scheduler = PlaceLabel(function: "scheduler", location: "")

    init(function: String, location: String) {
        self.function = Self.cut(function)
        self.location = Self.cut(location)
    }

    init(_ place: CodePlace) {
        let file = place.file.flatMap { $0.split(separator: "/").last.map(String.init) }
        self.init(
            function: place.function,
            location: file.map { file in place.line.map { "\(file):\($0)" } ?? file } ?? "")
    }

    private static let lengthMax = 200

    private static func cut(_ text: String) -> String {
        text.utf8.count <= lengthMax ? text : String(text.prefix(lengthMax - 1)) + "…"
    }
}

struct SiteLabel: Hashable, Sendable {
    var executor: String
    var place: PlaceLabel
}

struct RequestLabel: Hashable, Sendable {
    var request: String
    var outcome: String
}

struct StarvationFigures {
    var episodes: UInt64 = 0
    var seconds = 0.0
    var victims: UInt64 = 0
    var waitSeconds = 0.0
}

/// What the kernel and the probes count of a process as a whole.
struct ProcessFigures {
    var cpuSeconds = 0.0
    var threadsCreated: UInt64 = 0
    var tasksCreated: UInt64 = 0
    var allocations: UInt64 = 0
    var allocatedBytes: UInt64 = 0
    var frees: UInt64 = 0

    mutating func add(_ other: ProcessFigures) {
        cpuSeconds += other.cpuSeconds
        threadsCreated &+= other.threadsCreated
        tasksCreated &+= other.tasksCreated
        allocations &+= other.allocations
        allocatedBytes &+= other.allocatedBytes
        frees &+= other.frees
    }

    /// What has come since `earlier`; what went back counts as nothing.
    func since(_ earlier: ProcessFigures) -> ProcessFigures {
        func difference(_ a: UInt64, _ b: UInt64) -> UInt64 { a > b ? a - b : 0 }
        var rest = ProcessFigures()
        rest.cpuSeconds = max(0, cpuSeconds - earlier.cpuSeconds)
        rest.threadsCreated = difference(threadsCreated, earlier.threadsCreated)
        rest.tasksCreated = difference(tasksCreated, earlier.tasksCreated)
        rest.allocations = difference(allocations, earlier.allocations)
        rest.allocatedBytes = difference(allocatedBytes, earlier.allocatedBytes)
        rest.frees = difference(frees, earlier.frees)
        return rest
    }
}

struct PoolGauges: Equatable {
    var capacity: UInt64 = 0
    var inUse: UInt64 = 0
    var waiting: UInt64 = 0

    mutating func add(_ other: PoolGauges) {
        capacity &+= other.capacity
        inUse &+= other.inUse
        waiting &+= other.waiting
    }
}

/// What one process shows at the moment.
struct ProcessNow {
    var residentBytes: UInt64 = 0
    var tasksLive: UInt64 = 0
    var requestsOpen = 0
    var hangingPolls = 0
    var busyThreads: [String: Int] = [:]
    var starving: Set<String> = []
    var pools: [String: PoolGauges] = [:]
}

/// What one process added since the last time, by name.
struct NamedFigures {
    var executors: [(name: String, figures: ExecutorFigures)] = []
    /// `place`: `nil` where it has no name, for want of importance.
    var sites: [(executor: String, place: PlaceLabel?, figures: SiteFigures)] = []
    var calls: [(name: String, figures: CallFigures)] = []
    var requests: [(name: String, outcome: String, figures: DurationFigures)] = []
    var pools: [(name: String, figures: PoolFigures)] = []
    var losses = LossFigures()
    var process = ProcessFigures()
    var records: UInt64 = 0
    var now = ProcessNow()
}

enum SessionEnding: String, CaseIterable {
    case exit, crash, silent
}

/// Sums of one service, and what its processes show now.
struct ServiceFigures {
    var identity: ServiceIdentity
    let created: Double

    var executors: [String: ExecutorFigures] = [:]
    var sites: [SiteLabel: SiteFigures] = [:]
    var calls: [String: CallFigures] = [:]
    var requests: [RequestLabel: DurationFigures] = [:]
    var pools: [String: PoolFigures] = [:]
    var starvation: [String: StarvationFigures] = [:]
    var blamed: [SiteLabel: Double] = [:]
    var losses = LossFigures()
    var process = ProcessFigures()
    var hangs: UInt64 = 0
    var endings: [SessionEnding: UInt64] = [:]
    var saved: [RecordingTrigger: UInt64] = [:]
    var skipped: [RecordingSkip: UInt64] = [:]
    /// By process.
    var now: [Int32: ProcessNow] = [:]
    var diagnoses: [Int32: SessionDiagnosis] = [:]

    private var executorNames = NameLimit<String>(most: NameLimits.executors)
    private(set) var siteNames = NameLimit<SiteLabel>(most: NameLimits.sites)
    private var culpritNames = NameLimit<SiteLabel>(most: NameLimits.culprits)
    private var callNames = NameLimit<String>(most: NameLimits.calls)
    private var requestNames = NameLimit<String>(most: NameLimits.requests)
    private var poolNames = NameLimit<String>(most: NameLimits.pools)
    /// Findings that had no room in the last diagnoses.
    var findingsRefused: UInt64 = 0

    init(identity: ServiceIdentity, created: Double) {
        self.identity = identity
        self.created = created
    }

    /// How often names were refused, by kind.
    var refused: [(kind: String, count: UInt64)] {
        [
            ("executor", executorNames.refused), ("site", siteNames.refused &+ culpritNames.refused),
            ("call", callNames.refused), ("request", requestNames.refused), ("pool", poolNames.refused),
            ("finding", findingsRefused),
        ]
    }

    private mutating func executor(_ name: String) -> String {
        executorNames.admits(name) ? name : NameLimits.other
    }

    private mutating func pool(_ name: String) -> String { poolNames.admits(name) ? name : NameLimits.other }

    /// Adds what a process did.
    mutating func add(_ named: NamedFigures, process processID: Int32) {
        for (name, figures) in named.executors {
            executors[executor(name), default: ExecutorFigures()].merge(figures)
        }
        for (name, place, figures) in named.sites {
            var label = SiteLabel(executor: executor(name), place: place ?? .other)
            if place != nil, !siteNames.admits(label) { label.place = .other }
            sites[label, default: SiteFigures()].merge(figures)
        }
        for (name, figures) in named.calls {
            calls[callNames.admits(name) ? name : NameLimits.other, default: CallFigures()].merge(figures)
        }
        for (name, outcome, figures) in named.requests {
            let label = RequestLabel(request: requestNames.admits(name) ? name : NameLimits.other, outcome: outcome)
            requests[label, default: DurationFigures()].merge(figures)
        }
        for (name, figures) in named.pools { pools[pool(name), default: PoolFigures()].merge(figures) }
        losses.merge(named.losses)
        process.add(named.process)
        now[processID] = bounded(named.now)
    }

    /// With the names that have series of their own.
    private mutating func bounded(_ shown: ProcessNow) -> ProcessNow {
        var result = shown
        result.busyThreads = [:]
        for (name, threads) in shown.busyThreads { result.busyThreads[executor(name), default: 0] += threads }
        result.starving = Set(shown.starving.map { executor($0) })
        result.pools = [:]
        for (name, gauges) in shown.pools { result.pools[pool(name), default: PoolGauges()].add(gauges) }
        return result
    }

    mutating func add(_ episode: EpisodeEnd) {
        let executor = executor(episode.executor)
        starvation[executor, default: StarvationFigures()].episodes &+= 1
        starvation[executor]?.seconds += episode.seconds
        starvation[executor]?.victims &+= episode.victims
        starvation[executor]?.waitSeconds += episode.waitSeconds
        // The shares and the scheduler's add up to one, less those of culprits that are too many to name.
        var rest = 1.0
        for culprit in episode.culprits {
            blame(PlaceLabel(culprit.place), on: executor, seconds: culprit.share * episode.waitSeconds)
            rest -= culprit.share
        }
        blame(.scheduler, on: executor, seconds: episode.schedulerShare * episode.waitSeconds)
        rest -= episode.schedulerShare
        if rest > 1e-9 { blame(.other, on: executor, seconds: rest * episode.waitSeconds) }
    }

    private mutating func blame(_ place: PlaceLabel, on executor: String, seconds: Double) {
        guard seconds > 0 else { return }
        var label = SiteLabel(executor: executor, place: place)
        if place != .other, place != .scheduler, !culpritNames.admits(label) { label.place = .other }
        blamed[label, default: 0] += seconds
    }
}
