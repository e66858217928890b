// From counted figures and names to the values of a report.

import CPollscopeLayout
import Sessions
import Symbols

extension ReportModel {
    /// `name` is asked once for each stack that occurs in a poll, `nameCode` for return addresses of native stacks
    /// (functions innermost first); `symbolProblems` after that, for sentences that say what stands between addresses
    /// and names, and what to do. `evidence` has been finished.
    public init(
        facts: RecordingFacts, analysis counted: PollAnalysis, evidence given: EvidenceAnalysis? = nil,
        allocations sampled: AllocationAnalysis? = nil, requests told: RequestResults? = nil,
        pools lent: PoolAnalysis? = nil, blame charged: BlameResults? = nil,
        thresholds: ReportThresholds = ReportThresholds(), naming name: @escaping (AsyncStack) -> NamedStack,
        namingCode nameCode: @escaping (UInt64) -> [SourceFrame] = { _ in [] },
        symbolProblems: () -> [String] = { [] }
    ) {
        let evidence = given ?? EvidenceAnalysis(calibration: facts.calibration)
        var facts = facts
        facts.unfinished = facts.unfinished.map { evidence.extending($0, of: facts) }
        var analysis = counted
        for unfinished in facts.unfinished { analysis.add(unfinished: unfinished.poll, thread: unfinished.thread) }
        let executorNames = ExecutorNames(facts)
        let held = analysis.actors
        var names = StackNames(
            stacks: facts.stacks, executors: executorNames, actorOfStack: held.type(ofStack:), name: name)
        let code = CodeNames(name: nameCode)
        let clock = analysis.clock
        let architecture = SystemCallNames.Architecture(of: facts.info)

        let start = facts.span?.lowerBound ?? Ticks(min(analysis.earliestStart, analysis.latestEnd))
        let end = facts.span?.upperBound ?? Ticks(analysis.latestEnd)
        let durationSeconds = facts.calibration.seconds(end.rawValue - start.rawValue)

        session = SessionSummary(info: facts.info, durationSeconds: durationSeconds)
        let cpu = CPUAccount(statuses: facts.looksAtCPU, watcher: facts.info.watcherTID)
        coverage = Coverage(facts: facts, analysis: analysis, cpu: cpu, thresholds: thresholds)
        losses = Losses(facts: facts, analysis: analysis, evidence: evidence)
        overhead = Overhead(facts: facts, cpu: cpu, evidence: evidence)
        polls = analysis.polls
        executors = ExecutorReport.all(in: analysis, names: executorNames, durationSeconds: durationSeconds)
        eventLoops = EventLoopReport.all(in: analysis, names: executorNames, durationSeconds: durationSeconds)
        actors = ActorsReport(
            held, types: TypeNames(facts.types), clock: clock, durationSeconds: durationSeconds, names: &names)
        threads = ThreadsReport(facts)
        sites = SiteReport.all(in: analysis, names: &names)
        blocking = BlockingSite.all(
            in: evidence, stacks: facts.stacks, clock: clock, names: &names, code: code)
        longPolls = LongPollSite.all(
            in: evidence, blocking: blocking, clock: clock, names: &names, code: code, architecture: architecture
        ).filter { [sites] inside in
            // A drain is as long as the jobs in it: they are the ones to explain.
            !inside.kind.isContainer || sites.contains { $0.isSame(as: inside) && $0.longPolls > 0 }
        }
        allocationsMissing = AllocationProbes.missing(facts.info)
        allocations =
            allocationsMissing != nil
            ? nil
            : AllocationReport(
                facts: facts, analysis: analysis,
                evidence: sampled ?? AllocationAnalysis(facts: facts, thresholds: thresholds), cpu: cpu, start: start,
                names: &names, code: code)
        requests =
            told.map {
                RequestsReport(
                    $0, facts: facts, start: start, durationSeconds: durationSeconds,
                    secondsPerTick: clock.secondsPerTick, names: &names)
            } ?? RequestsReport()
        requests.recordsUnrecorded = facts.added(\.eventsUnrecorded)
        pools = PoolReport.all(
            in: lent ?? PoolAnalysis(facts: facts), facts: facts, durationSeconds: durationSeconds)
        poolsRefused = facts.added(\.poolsRefused)
        let requestNaming = RequestNaming(
            facts: facts, results: told, start: start, secondsPerTick: clock.secondsPerTick)
        blame =
            charged.map {
                BlameReport(
                    $0, widths: counted.executorWidths(processors: facts.info.processors), clock: clock, start: start,
                    requestNames: requestNaming.groupedText(of:), names: &names)
            } ?? BlameReport()
        slowest = analysis.slowest.entries.map {
            PollReport($0.poll, thread: $0.thread, since: start, facts: facts, names: &names)
        }
        unfinished = facts.unfinished.sorted { $0.poll.start_ticks < $1.poll.start_ticks }.map { running in
            var poll = PollReport(running.poll, thread: running.thread, since: start, facts: facts, names: &names)
            if let open = evidence.open(running, of: facts) {
                poll.lastSample = LastSample(open.last, clock: clock, code: code, architecture: architecture)
                poll.split = SplitTicks(
                    unfinished: Ticks(running.poll.start_ticks), duration: running.poll.duration_ticks,
                    samples: open.samples.map(\.sample), ticksPerNanosecond: 1e-9 / clock.secondsPerTick
                ).map { TimeSplit($0, clock: clock) }
            }
            return poll
        }
        stuckTasks = StuckTasks.all(facts: facts, sites: sites, name: name)
        stuckTasksLook = facts.stuckTasks.map { StuckTasksLook($0, start: start, calibration: facts.calibration) }
        load = LoadReport(facts: facts, starts: analysis.starts, start: start, end: end, names: &names)
        kernelWait = KernelWaitReport(facts: facts, cpu: cpu, analysis: analysis)
        problems = []
        self.thresholds = thresholds
        problems = ReportProblem.all(in: self, facts: facts, symbols: symbolProblems())
    }
}

extension SessionSummary {
    init(info: SessionInfo, durationSeconds: Double) {
        processID = info.processID
        executable = info.executable
        runtimeVersion = info.runtimeVersion
        processors = info.processors
        startedSeconds = Double(info.wallNanoseconds) * 1e-9
        self.durationSeconds = durationSeconds
    }
}

extension Losses {
    init(facts: RecordingFacts, analysis: PollAnalysis, evidence: EvidenceAnalysis) {
        recordsLost = analysis.lost
        pollsUnrecorded = facts.added(\.pollsUnrecorded)
        jobsRefused = facts.added(\.jobsRefused)
        pollsWithoutStack = analysis.pollsWithoutStack
        evidenceLost = evidence.recordsLost
        samplesLost = evidence.samplesLost
        worksUnobserved = facts.added(\.worksUnobserved)
        executorsRefused = facts.added(\.executorsRefused)
        tasksUntracked = facts.added(\.tasksUntracked)
    }
}

extension Overhead {
    init(facts: RecordingFacts, cpu: CPUAccount, evidence: EvidenceAnalysis) {
        // They come from a file: anything may stand there.
        func seconds(_ ticks: Double) -> Double {
            let measured = ticks * facts.calibration.secondsPerTick
            return measured.isFinite ? max(0, measured) : 0
        }
        let pollCost = seconds(facts.info.pollCostTicks)
        let allocationCost = seconds(facts.info.allocationCostTicks)
        pollCostSeconds = pollCost
        allocationCostSeconds = allocationCost
        // Polls by the counters: of the same time as the CPU time, and with those that were lost. A hold costs less than
        // a poll.
        let looks = facts.looksAtCPU
        let (first, last) = (looks.first?.counters ?? SessionCounters(), looks.last?.counters ?? SessionCounters())
        // Wrapping: the counters are a file's.
        let counting =
            Double(last.records &- first.records) * pollCost
            + Double(last.allocations &- first.allocations) * allocationCost
        let watcher = Double(cpu.watcherNanoseconds) * 1e-9
        watcherCPUSeconds = watcher
        cpuShareEstimate = cpu.processNanoseconds.flatMap { nanoseconds in
            // Over a time in which the kernel's account has hardly moved, no share can be told.
            let share = (counting + watcher) / (Double(nanoseconds) * 1e-9 + watcher)
            return nanoseconds > 0 && share <= 1 ? share : nil
        }
        let before = facts.statuses.first?.collectorCPUNanoseconds ?? 0
        let after = facts.statuses.last?.collectorCPUNanoseconds ?? 0
        collectorCPUSeconds = after >= before ? Double(after - before) * 1e-9 : 0
        samples = evidence.samples
        samplesWithoutStack = evidence.samplesWithoutStack
        handlerSecondsMax = facts.calibration.seconds(evidence.handlerTicksMax)
    }
}

extension DurationSummary {
    init(_ histogram: Histogram, totalSeconds: Double) {
        self.totalSeconds = totalSeconds
        p50 = histogram.quantile(0.50) ?? 0
        p95 = histogram.quantile(0.95) ?? 0
        p99 = histogram.quantile(0.99) ?? 0
        p999 = histogram.quantile(0.999) ?? 0
        max = histogram.maximum ?? 0
    }
}

extension SiteReport {
    static func all(in analysis: PollAnalysis, names: inout StackNames) -> [SiteReport] {
        var figures: [SiteKey: PollFigures] = [:]
        var allTicks: UInt64 = 0
        for entry in analysis.stacks.entries {
            let key = SiteKey(entry.key, names: &names)
            figures[key, default: PollFigures()].merge(entry.atSite)
            allTicks &+= entry.figures.pollTicks
        }
        return figures.map { key, figures in
            SiteReport(
                key, figures: figures, share: allTicks > 0 ? Double(figures.pollTicks) / Double(allTicks) : 0,
                clock: analysis.clock, names: names)
        }.sorted { $0.comesBefore($1) }
    }

    private init(_ key: SiteKey, figures: PollFigures, share: Double, clock: TickClock, names: StackNames) {
        place = key.site.place
        task = key.site.task
        kind = key.kind
        executor = names.executor(of: key)
        executorKind = names.executors.kind(of: key.executor)
        polls = figures.polls
        longPolls = figures.longPolls
        criticalPolls = figures.criticalPolls
        unknownWaits = figures.waitsUnknown
        self.share = share
        pollHistogram = figures.poll
        waitHistogram = figures.wait
        pollHistogram.sum = clock.seconds(figures.pollTicks)
        waitHistogram.sum = clock.seconds(figures.waitTicks)
        pollSeconds = DurationSummary(pollHistogram, totalSeconds: pollHistogram.sum)
        waitSeconds = DurationSummary(waitHistogram, totalSeconds: waitHistogram.sum)
        blockedSeconds = clock.seconds(figures.blockedTicks)
    }

    /// By total time; what is equal in time, by name, so that two reports of one recording are the same.
    private func comesBefore(_ other: SiteReport) -> Bool {
        if pollSeconds.totalSeconds != other.pollSeconds.totalSeconds {
            return pollSeconds.totalSeconds > other.pollSeconds.totalSeconds
        }
        return (place.function, place.awaitPoint ?? -1, place.line ?? -1, task, executor, kind.rawValue)
            < (
                other.place.function, other.place.awaitPoint ?? -1, other.place.line ?? -1, other.task,
                other.executor, other.kind.rawValue
            )
    }
}

extension PollReport {
    init(
        _ poll: pollscope_poll_record, thread index: Int, since start: Ticks, facts: RecordingFacts,
        names: inout StackNames
    ) {
        let calibration = facts.calibration
        startSeconds =
            poll.start_ticks >= start.rawValue
            ? calibration.seconds(poll.start_ticks - start.rawValue)
            : -calibration.seconds(start.rawValue - poll.start_ticks)
        durationSeconds = calibration.seconds(poll.duration_ticks)
        waitSeconds = poll.has(POLLSCOPE_POLL_WAIT_UNKNOWN) ? nil : calibration.seconds(poll.wait_ticks)
        isWaitAtMost = poll.has(POLLSCOPE_POLL_WAIT_AT_MOST)
        thread =
            facts.threads.indices.contains(index)
            ? ThreadName(facts.threads[index]) : ThreadName(name: "unknown", tid: 0)
        kind = PollKind(of: poll)
        let key = PollKey(stack: poll.stack, kind: kind, executor: poll.executor)
        executor = names.executor(of: key)
        task = poll.task
        let known = facts.thread(ofSlot: poll.waker, at: Ticks(poll.runnableTicks)).map(ThreadName.init)
        if UInt32(poll.waker) == POLLSCOPE_NO_SLOT {
            waker = .unknown
        } else {
            waker = poll.has(POLLSCOPE_POLL_WAKER_POLL) ? .poll(on: known) : .outside(known)
        }
        site = names.site(of: key)
        stack = names.frames(of: poll.stack)
        isStackCut = names.isCut(poll.stack)
    }
}

extension ThreadName {
    init(_ identity: ThreadIdentity) {
        self.init(name: identity.name, tid: identity.tid)
    }
}
