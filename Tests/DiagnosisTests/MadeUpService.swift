// A made-up service in which all is well, and what a test can do to it.

@testable import Analysis
@testable import Diagnosis

/// Thirty seconds of a service of four processors that answers `GET /quote` in `QuoteController.quote(_:)`.
enum MadeUpService {
    static let pool = "global pool"
    static let seconds = 30.0
    static let request = "GET /quote"
    static let quote = site("QuoteController.quote(_:)", line: 31)

    static func place(_ function: String, line: Int? = 10, file: String? = "/src/App.swift", await point: Int? = nil)
        -> CodePlace
    { CodePlace(function: function, awaitPoint: point, file: file, line: line) }

    static func site(_ function: String, line: Int? = 10, await point: Int? = nil, task: String? = nil) -> SiteName {
        SiteName(place: place(function, line: line, await: point), task: task ?? function)
    }

    static func durations(_ total: Double, p50: Double, p99: Double? = nil, max: Double? = nil) -> DurationSummary {
        let p99 = p99 ?? p50
        return DurationSummary(totalSeconds: total, p50: p50, p95: p99, p99: p99, p999: max ?? p99, max: max ?? p99)
    }

    static let none = durations(0, p50: 0)

    static func estimate(_ value: Double, error: Double = 0) -> Estimate {
        Estimate(value: value, standardError: error, samples: 100)
    }

    static func model() -> ReportModel {
        var model = ReportModel(
            session: SessionSummary(
                processID: 7, executable: "/srv/app", runtimeVersion: "Swift 6.3.1", processors: 4, startedSeconds: 1,
                durationSeconds: seconds),
            coverage: Coverage(
                signal: .seen, cpuShareAtMost: 0.98, processCPUSeconds: 20, runtimeThreadsCPUShare: 0.99,
                unseenThreads: [],
                probes: ["long polls", "blocking calls"].map { ProbeReport(name: $0, state: .on, reason: "") }),
            losses: Losses(
                recordsLost: 0, pollsUnrecorded: 0, jobsRefused: 0, pollsWithoutStack: 0, evidenceLost: 0,
                samplesLost: 0, worksUnobserved: 0, executorsRefused: 0, tasksUntracked: 0),
            overhead: Overhead(
                pollCostSeconds: 1e-7, allocationCostSeconds: 1e-9, watcherCPUSeconds: 0, cpuShareEstimate: 0.01,
                collectorCPUSeconds: 0, samples: 0, samplesWithoutStack: 0, handlerSecondsMax: 0),
            polls: 100_000, executors: [], actors: ActorsReport(actors: [], types: []), eventLoops: [],
            threads: ThreadsReport(created: 4, createdPerSecond: 0.1), sites: [], longPolls: [], blocking: [],
            allocations: nil, allocationsMissing: nil, requests: RequestsReport(), pools: [], poolsRefused: 0,
            blame: BlameReport(), slowest: [], unfinished: [], stuckTasks: [], stuckTasksLook: nil,
            load: LoadReport(
                tasks: nil, pendingPeak: 3, pendingPeakSeconds: 1, pendingMean: 1, timeline: [], starts: [],
                startStretchSeconds: 0.1, firstPolls: 10, census: nil),
            kernelWait: nil, problems: [], thresholds: ReportThresholds())
        model.executors = [executor(pool, .global, width: 4, polls: 100_000, waitP99: 0.0001)]
        model.kernelWait = kernelWait(ready: 0.2, cpu: 20)
        model.sites = [report(quote, polls: 100_000, pollSeconds: 2e-4, waits: 5)]
        model.requests.endpoints = [endpoint(request, p50: 0.002, p99: 0.008)]
        model.requests.begun = 30_000
        model.allocations = allocations(share: 0.02, error: 0.001)
        return model
    }

    // MARK: Parts

    static func executor(
        _ name: String, _ kind: ExecutorKind, width: Int = 1, polls: UInt64 = 1_000, pollSeconds: Double = 1e-4,
        waitP99: Double, utilisation: Double = 0.2
    ) -> ExecutorReport {
        var waits = Histogram()
        waits.record(waitP99)
        return ExecutorReport(
            name: name, kind: kind, width: width, utilisation: utilisation, polls: polls, threads: width, longPolls: 0,
            criticalPolls: 0, unknownWaits: 0,
            pollSeconds: durations(Double(polls) * pollSeconds, p50: pollSeconds),
            waitSeconds: durations(Double(polls) * waitP99 / 10, p50: waitP99 / 10, p99: waitP99),
            pollHistogram: Histogram(), waitHistogram: waits)
    }

    static func report(
        _ site: SiteName, kind: PollKind = .task, on executor: String = pool, _ executorKind: ExecutorKind = .global,
        polls: UInt64, pollSeconds: Double, waits: Double = 0, blocked: Double = 0
    ) -> SiteReport {
        SiteReport(
            place: site.place, task: site.task, kind: kind, executor: executor, executorKind: executorKind,
            polls: polls, longPolls: 0, criticalPolls: 0, unknownWaits: 0, share: 0.1,
            pollSeconds: durations(Double(polls) * pollSeconds, p50: pollSeconds),
            waitSeconds: durations(waits, p50: waits / Double(max(1, polls))), blockedSeconds: blocked,
            pollHistogram: Histogram(), waitHistogram: Histogram())
    }

    static func endpoint(
        _ name: String, count: UInt64 = 30_000, p50: Double, p99: Double, slowest: [AnatomyPart: Double] = [:],
        mean: Double = 0.01
    ) -> RequestReport {
        var anatomy = Anatomy()
        for (part, seconds) in slowest { anatomy[part] = seconds }
        return RequestReport(
            name: name, count: count, perSecond: Double(count) / seconds, errors: 0, cancelled: 0, timedOut: 0,
            durationSeconds: durations(Double(count) * p50, p50: p50, p99: p99), durationHistogram: Histogram(),
            cohorts: [
                RequestCohort(kind: .slowest1Percent, count: count / 100, mean: anatomy, meanSeconds: mean)
            ], exemplars: [])
    }

    static func kernelWait(ready: Double, cpu: Double) -> KernelWaitReport {
        let wait = KernelWait(runQueueSeconds: ready, cpuSeconds: cpu)
        return KernelWaitReport(process: wait, pollThreads: wait, threads: [], worst: nil)
    }

    static func allocations(share: Double, error: Double = 0.001) -> AllocationReport {
        AllocationReport(
            process: AllocationCounts(allocations: 3_000_000, bytes: 300_000_000, frees: 3_000_000),
            processSeconds: seconds, inPolls: AllocationCounts(allocations: 0, bytes: 0, frees: 0), sites: [],
            places: [], stacks: [], types: [], objectSamples: 0, untypedSamples: 0, fate: nil,
            allocatorShare: estimate(share, error: error), timings: 1_000, timingsInterrupted: 0, heap: [],
            sampleBytes: 65_536, samples: 4_000, samplesUntracked: 0, recordsLost: 0, recordsDropped: 0,
            samplesMissing: nil)
    }

    static func culprit(
        _ site: SiteName, seconds: Double, of all: Double, blocked: Double = 0, kernel: Double = 0,
        kind: PollKind = .task, on executor: String = pool
    ) -> Culprit {
        Culprit(
            site: site, kind: kind, executor: executor, seconds: seconds, share: all > 0 ? seconds / all : 0,
            blockedSeconds: blocked, kernelWaitSeconds: kernel)
    }

    static func blame(
        _ name: String = pool, _ kind: ExecutorKind = .global, width: Int = 4, wait: Double, scheduler: Double = 0,
        _ culprits: [Culprit]
    ) -> ExecutorBlame {
        ExecutorBlame(
            name: name, kind: kind, width: width, waitSeconds: wait, schedulerSeconds: scheduler, culprits: culprits,
            episodes: 2, episodeSeconds: 1, episodeWaitSeconds: wait / 2)
    }

    static func tail(
        _ request: String = request, mean: Double = 0.1, own: [TailPlace] = [], culprits: [TailPlace] = [],
        scheduler: Double = 0
    ) -> TailReport {
        TailReport(
            request: request, requests: 300, meanSeconds: mean, own: own, culprits: culprits,
            schedulerSeconds: scheduler)
    }

    static func episode(_ site: SiteName, _ cause: Episode.Cause = .computing, on executor: String = pool) -> Episode {
        Episode(
            executor: executor, startSeconds: 1, durationSeconds: 0.25, peakDepth: 61, oldestSeconds: 0.2, victims: 96,
            waitSeconds: 11, cause: cause, culprits: [EpisodeCulprit(site: site, share: 0.9)])
    }

    static func node(
        _ function: String, _ seconds: Double, line: Int? = 10, file: String? = "/src/App.swift",
        state: SampleState = .cpu, loop: Bool? = nil, folded: Bool = false, module: String = "App",
        _ children: [SampleNode] = []
    ) -> SampleNode {
        SampleNode(
            place: CodePlace(function: function, awaitPoint: nil, file: file, line: line), module: module,
            seconds: seconds, samples: 10, state: state, call: nil, systemCall: nil, isFolded: folded, isInLoop: loop,
            children: children)
    }

    static func longPolls(
        _ site: SiteName, polls: UInt64 = 100, onCPU: Double = 0, blocked: Double = 0, kernel: Double = 0,
        on executor: String = pool, stacks: [SampleNode] = [], calls: [BlockingSite] = []
    ) -> LongPollSite {
        let each = onCPU + blocked + kernel
        let count = Double(polls)
        return LongPollSite(
            site: site, kind: .task, executor: executor, polls: polls,
            pollSeconds: durations(each * count, p50: each, max: each * 1.5),
            split: TimeSplit(
                onCPUSeconds: onCPU * count, blockedSeconds: blocked * count, kernelWaitSeconds: kernel * count,
                otherSeconds: 0, estimatedSeconds: 0), samples: polls * 4, sampledSeconds: each * count,
            minorFaults: 0, majorFaults: 0, stacks: stacks, calls: calls)
    }

    static func call(
        _ name: String, family: String, via: String? = nil, object: CallObjectName? = nil, from caller: String? = nil,
        site: SiteName, count: UInt64 = 1_000, each: Double = 0.001
    ) -> BlockingSite {
        BlockingSite(
            call: name, family: family, via: via, object: object, objects: 1, hasMoreObjects: false,
            place: place(caller ?? site.place.function, line: 91, file: "/src/Ledger.swift"), site: site, count: count,
            errors: 0, seconds: durations(Double(count) * each, p50: each, p99: each, max: each * 2))
    }
}

extension ReportModel {
    static func healthy(_ change: (inout ReportModel) -> Void = { _ in }) -> ReportModel {
        var model = MadeUpService.model()
        change(&model)
        return model
    }

    /// `site` computes `seconds` a poll, and others wait for it: for `share` of all waiting for the pool.
    mutating func compute(
        _ site: SiteName = .risk, seconds: Double = 0.040, polls: UInt64 = 500, share: Double = 0.93,
        waitP99: Double = 0.061, stacks: [SampleNode]? = nil
    ) {
        longPolls.append(
            MadeUpService.longPolls(
                site, polls: polls, onCPU: seconds,
                stacks: stacks ?? [MadeUpService.node(site.place.function, Double(polls) * seconds, line: 61)]))
        sites.append(MadeUpService.report(site, polls: polls, pollSeconds: seconds))
        wait(waitP99, for: [MadeUpService.culprit(site, seconds: 200 * share, of: 200)])
    }

    /// `site` makes a call that takes `each`, `count` times, and others wait for it for `share` of all waiting.
    mutating func block(
        _ call: BlockingSite, share: Double = 0, waitP99: Double = 0.0001, on executor: String = MadeUpService.pool,
        _ kind: ExecutorKind = .global
    ) {
        blocking.append(call)
        sites.append(
            MadeUpService.report(
                call.site, on: executor, kind, polls: call.count, pollSeconds: call.seconds.p50,
                blocked: call.seconds.totalSeconds))
        if share > 0 {
            wait(
                waitP99, for: [MadeUpService.culprit(call.site, seconds: 200 * share, of: 200, blocked: 200 * share)])
        }
    }

    /// Quotes wait for the pool for 200 s in all.
    mutating func wait(_ p99: Double, for culprits: [Culprit]) {
        if let index = blame.executors.firstIndex(where: { $0.name == MadeUpService.pool }) {
            blame.executors[index].culprits += culprits
        } else {
            blame.executors.append(MadeUpService.blame(wait: 200, culprits))
        }
        executors[0] = MadeUpService.executor(MadeUpService.pool, .global, width: 4, polls: 100_000, waitP99: p99)
        sites[0].waitSeconds = MadeUpService.durations(200, p50: 0.001, p99: p99)
    }

    var examination: Examination { Examination(self, limits: DiagnosisThresholds()) }
}

extension SiteName {
    static let risk = MadeUpService.site("RiskModel.score(_:)", line: 48, await: 2, task: "POST /risk")
    static let ledger = MadeUpService.site("Ledger.append(_:)", line: 40, task: "POST /order")
}

extension Diagnosis {
    func all(_ kind: FindingKind) -> [Finding] { findings.filter { $0.kind == kind } }
    func only(_ kind: FindingKind) -> Finding? { all(kind).count == 1 ? all(kind).first : nil }
}

extension Finding {
    /// All that is read of it.
    var texts: [String] {
        [headline, context] + effects + advice + evidence.map(\.text) + symptoms.map(\.sentence)
    }

    func evidence(_ name: String) -> Double? { evidence.first { $0.name == name }?.value }
}
