// One session while its process runs: looked at again and again, counted, kept for its last seconds, and watched for
// trouble.

import Analysis
import CPollscopeLayout
import LiveView
import Recording
import Sessions
import Symbols

final class FollowedSession {
    let file: SessionFile
    let info: SessionInfo
    let identity: ServiceIdentity
    private let recorder: Recorder
    private let process: ProcessFiles
    private let clock: WatchClock
    private let names: LiveNames
    private let symbolizer: Symbolizer
    private var namesKnown = 0
    private var lastNamed = 0.0
    private var watch: ServiceWatch
    private var figures: SessionFigures
    private var requests: RequestFigures
    private var schedule: RecordingSchedule
    /// Sites that have series of their own.
    private var named: [SiteNumber: PlaceLabel] = [:]
    /// Seconds of thread that sites without a name have had.
    private var unnamed: [SiteNumber: Double] = [:]
    private var processBefore = ProcessFigures()
    private var poolNames: [UInt32: String] = [:]
    private var tails = RequestTails()
    private(set) var now = ProcessNow()
    private(set) var ending: SessionEnding?

    private var ringFill: RingFill
    private var takenEvidence: UInt64 = 0
    private var nextLook = 0.0
    private var nextLife = 0.0
    private var nextMapping = 0.0
    /// When the next step is due, on the collector's clock.
    private(set) var nextStep = 0.0
    var nextDiagnosis: Double

    private enum Pace {
        /// Between two glances, seconds.
        static let usual = 0.05
        /// Nothing has run since the glance before.
        static let idle = 0.2
        /// A poll is long, or an episode goes on.
        static let tense = 0.02
        /// Rings fill faster than they are read.
        static let fast = 0.002
        /// Between two looks at the records.
        static let look = 0.25
        static let life = 0.2
        /// Whether the process still has its session mapped: one that runs another program now has not.
        static let mapping = 10.0
        /// From the last new name until the program's files are closed.
        static let closing = 5.0
    }

    /// A site is worth a name when a poll of it was long, or it has had a thread for so long, seconds.
    private static let notableSeconds = 0.1

    /// - Parameter isWhole: all that the session has seen counts, and not only what comes.
    init(
        _ file: SessionFile, settings: CollectorSettings, sharing modules: SharedModuleFiles, now: Double,
        isWhole: Bool
    ) throws(RecordingError) {
        self.file = file
        info = file.info
        process = ProcessFiles(processID: info.processID)
        identity = ServiceIdentity(environment: process.environment, executable: info.executable)
        let anchor = pollscope_read_anchor(info.clock)
        let last = ClockAnchor(ticks: Ticks(anchor.ticks), monotonicNanoseconds: anchor.monotonic_ns)
        let calibration = Calibration(
            first: file.calibration.first, last: last, nominalHertz: file.calibration.nominalHertz)
        clock = WatchClock(
            calibration: calibration, anchor: last.ticks,
            anchorWallNanoseconds: Int64(CollectorClock.wall * 1e9))
        symbolizer = Symbolizer(
            modules: file.modules + file.modulesLoadedLater(), sharing: modules, root: process.root)
        names = LiveNames(info: info, name: symbolizer.name, nameCode: symbolizer.codeFrames(atReturnAddress:))
        var thresholds = WatchThresholds().following(info)
        thresholds.tellsEverything = true
        watch = ServiceWatch(info: info, thresholds: thresholds, clock: clock, names: names, now: last.ticks)
        // Opening the program's debug information takes its time: before its records are waited for.
        for stack in file.someStacks() { _ = symbolizer.name(stack) }
        let clock = clock
        figures = SessionFigures(
            secondsPerTick: calibration.secondsPerTick, thresholds: ReportThresholds().following(info))
        requests = RequestFigures(secondsPerTick: calibration.secondsPerTick) {
            Double(clock.wallNanoseconds(at: Ticks($0))) * 1e-9
        }
        schedule = RecordingSchedule(
            distance: settings.recordingDistanceSeconds, after: settings.secondsAfter)
        lastNamed = now
        nextDiagnosis = now + settings.diagnosisSeconds
        let kept = settings.secondsBefore + settings.secondsAfter
        recorder = try Recorder(
            session: file,
            window: RecordingWindow(byteLimit: settings.windowBytes, ticksKept: clock.ticks(kept)),
            from: isWhole ? .beginning : .now)
        ringFill = RingFill(
            ringRecords: info.ringRecords, heads: isWhole ? [] : file.glance(now: last.ticks).heads)
        if !isWhole { processBefore = processFigures() }
    }

    var processID: Int32 { info.processID }

    /// Looks once, if it is time.
    func step(at moment: Double) throws(RecordingError) -> [WatchEvent] {
        let glance = file.glance(now: Ticks(pollscope_read_anchor(info.clock).ticks))
        let isTense = watch.isTense(glance)
        var look = WatchLook(glance: glance, tasksNotBegun: file.tasksNotBegun(madeAfter:))
        if isTense || glance.hasEnded || moment >= nextLife {
            nextLife = moment + Pace.life
            look.life = process.life(of: info.processStart)
            look.pools = file.pools()
        }
        if moment >= nextMapping {
            nextMapping = moment + Pace.mapping
            if case .stale(let why) = file.state(isRunning: true) { look.silence = why }
        }
        let fill = ringFill.parts(glance.heads)
        let isOver = look.silence != nil || glance.hasEnded || look.life?.isEnd ?? false
        var taken: [SessionLook] = []
        if isTense || isOver || moment >= nextLook || fill.taken > 0.25 || glance.evidence != takenEvidence {
            nextLook = moment + Pace.look
            try recorder.step { taken.append($0) }
            ringFill.take(glance.heads)
            takenEvidence = glance.evidence
        }
        pace(at: moment, isTense: isTense, fill: fill, glance)
        ringFill.glance(glance.heads)
        for new in taken { count(new) }
        look.session = taken.first
        var events = watch.take(look)
        for more in taken.dropFirst() {
            events += watch.take(WatchLook(glance: glance, session: more))
        }
        note(glance, look.pools)
        for event in events { note(event) }
        return events
    }

    private func count(_ look: SessionLook) {
        figures.take(look)
        requests.take(look.events.records)
    }

    /// Notes that its session is not written any more though its process lives.
    func fallSilent() { ending = ending ?? .silent }

    private func note(_ event: WatchEvent) {
        guard case .ended(let end, _) = event.what else { return }
        switch end {
        case .ended: ending = .exit
        case .gone: ending = .crash
        case .silent: ending = .silent
        }
    }

    private func pace(
        at moment: Double, isTense: Bool, fill: (taken: Double, glanced: Double), _ glance: SessionGlance
    ) {
        let isIdle = fill.glanced == 0 && glance.running.isEmpty
        let pause =
            fill.glanced > 0.15 ? Pace.fast : isTense ? Pace.tense : isIdle ? Pace.idle : Pace.usual
        nextStep = moment + pause
    }

    // MARK: What it shows now

    private func note(_ glance: SessionGlance, _ pools: [PoolStatus]?) {
        let second = clock.ticks(1)
        now.busyThreads = [:]
        now.hangingPolls = 0
        for poll in glance.running {
            now.busyThreads[names.executor(poll.context.executor), default: 0] += 1
            if poll.age(at: glance.at) >= second { now.hangingPolls += 1 }
        }
        now.starving = Set(watch.starving)
        now.requestsOpen = requests.openCount
        guard let pools else { return }
        now.pools = [:]
        for pool in pools where pool.isOpen {
            var gauges = now.pools[pool.name] ?? PoolGauges()
            gauges.capacity &+= UInt64(pool.capacity)
            gauges.inUse &+= pool.inUse
            gauges.waiting &+= pool.waiting
            now.pools[pool.name] = gauges
        }
    }

    private func processFigures() -> ProcessFigures {
        var figures = ProcessFigures()
        guard let status = recorder.latestStatus else { return figures }
        figures.cpuSeconds = Double(status.processCPUNanoseconds) * 1e-9
        figures.threadsCreated = status.counters.threadsCreated
        figures.tasksCreated = status.counters.tasksCreated
        figures.allocations = status.counters.allocations
        figures.allocatedBytes = status.counters.allocatedBytes
        figures.frees = status.counters.frees
        now.residentBytes = status.residentBytes
        let counters = status.counters
        now.tasksLive = counters.tasksCreated > counters.tasksEnded ? counters.tasksCreated - counters.tasksEnded : 0
        return figures
    }

    // MARK: To the service's sums

    /// What was counted since the last time, by the names that people know.
    func takeNamed(at moment: Double) -> NamedFigures {
        var named = NamedFigures()
        let process = processFigures()
        named.process = process.since(processBefore)
        processBefore = process
        figures.drain { counted in
            for (executor, figures) in counted.executors { named.executors.append((names.executor(executor), figures)) }
            for (number, figures) in counted.sites {
                named.sites.append(
                    (
                        names.executor(number.executor),
                        place(of: number, figures, example: counted.examples[number]), figures
                    ))
            }
            for (call, figures) in counted.calls {
                named.calls.append((names.call(call) ?? NameLimits.other, figures))
            }
            named.losses = counted.losses
            named.records = counted.records
        }
        requests.drain { counted in
            for (kind, figures) in counted.requests {
                let request = names.request(kind.name) ?? NameLimits.other
                named.requests.append((request, Self.outcome(kind.outcome), figures))
                tails.add(figures.seconds, request: request, at: moment)
            }
            for (pool, figures) in counted.pools { named.pools.append((poolName(pool), figures)) }
        }
        named.now = now
        return named
    }

    /// Closes the program's files when nothing was looked up in them for a while.
    /// - Returns: whether there was something to close.
    func closeIdleFiles(at moment: Double) -> Bool {
        if namesKnown != named.count { (namesKnown, lastNamed) = (named.count, moment) }
        guard symbolizer.hasOpenFiles, moment - lastNamed > Pace.closing else { return false }
        symbolizer.closeFiles()
        return true
    }

    /// A kind of request whose P99 over the last minute is over a limit.
    func slowRequest(over limit: Double) -> String? { tails.slow(over: limit) }

    var windowBytes: Int { recorder.windowBytes }
    var windowSeconds: Double { recorder.windowSeconds }

    private func poolName(_ number: UInt32) -> String {
        if let known = poolNames[number] { return known }
        for pool in file.pools() { poolNames[pool.number] = pool.name }
        return poolNames[number] ?? NameLimits.other
    }

    private static func outcome(_ outcome: UInt8) -> String {
        switch UInt32(outcome) {
        case POLLSCOPE_OUTCOME_OK.rawValue: "ok"
        case POLLSCOPE_OUTCOME_CANCELLED.rawValue: "cancelled"
        case POLLSCOPE_OUTCOME_TIMED_OUT.rawValue: "timeout"
        default: "error"
        }
    }

    /// The name of a site that is worth one.
    private func place(of number: SiteNumber, _ figures: SiteFigures, example: pollscope_poll_record?) -> PlaceLabel? {
        if let known = named[number] { return known }
        let seconds = unnamed[number, default: 0] + figures.seconds
        guard figures.longPolls > 0 || seconds >= Self.notableSeconds, let example else {
            unnamed[number] = seconds
            return nil
        }
        unnamed[number] = nil
        let place = PlaceLabel(names.site(of: example).place)
        named[number] = place
        return place
    }

    // MARK: Recordings

    func takeLongest() -> Double { figures.takeLongest() }

    func ask(_ trigger: RecordingTrigger, at moment: Double) -> RecordingSchedule.Answer {
        schedule.ask(trigger, at: moment)
    }

    func takeDue(at moment: Double) -> RecordingTrigger? {
        schedule.takeDue(at: moment, isOver: ending != nil)
    }

    /// What is to be saved and not yet due, of a collector that ends.
    func takePending(at moment: Double) -> RecordingTrigger? { schedule.takeDue(at: moment, isOver: true) }

    /// The last seconds as a recording.
    func recording(asksForTasks: Bool) throws(RecordingError) -> [UInt8] {
        let sink = MemorySink(reserving: windowBytes + (1 << 16))
        var taken: [SessionLook] = []
        try recorder.save(to: sink, asksForTasks: asksForTasks) { taken.append($0) }
        for look in taken {
            names.add(look)
            count(look)
        }
        return sink.bytes
    }
}
