// A service while it is watched: looks in, events out. It reads nothing itself and knows no clock but the session's.

import Analysis
import CPollscopeLayout
import Sessions

/// What is seen of a service at one moment.
public struct WatchLook {
    public var glance: SessionGlance
    /// What is new in the session; `nil`: not looked for.
    public var session: SessionLook?
    /// What became of the process; `nil`: not looked for.
    public var life: ProcessFiles.Life?
    /// The session is not written any more though its process lives; why.
    public var silence: String?
    /// `nil`: not looked for.
    public var pools: [PoolStatus]?
    /// When tasks were made that have not begun, of those made after a moment.
    public var tasksNotBegun: (Ticks) -> [Ticks]

    public init(
        glance: SessionGlance, session: SessionLook? = nil, life: ProcessFiles.Life? = nil, silence: String? = nil,
        pools: [PoolStatus]? = nil, tasksNotBegun: @escaping (Ticks) -> [Ticks] = { _ in [] }
    ) {
        self.glance = glance
        self.session = session
        self.life = life
        self.silence = silence
        self.pools = pools
        self.tasksNotBegun = tasksNotBegun
    }
}

/// Turns looks at a service into what is worth telling.
public struct ServiceWatch {
    private let info: SessionInfo
    private let thresholds: WatchThresholds
    private let clock: WatchClock
    private let names: LiveNames
    private let began: Ticks
    private let waitThreshold: UInt64
    private let longPollThreshold: UInt64
    private let second: UInt64

    private var recent: RecentPolls
    private var lanes: [UInt8: EpisodeWatch] = [:]
    private var usual = UsualPending()
    private var episodes: KindLimit<UInt8>
    private var longPolls: KindLimit<LongPollKind>
    private var calls: KindLimit<CallKind>
    private var hangs: HangWatch
    private var pools: PoolWatch
    private var stops: Stops
    private var requests = OpenRequests()
    private var evidence = PollEvidence()
    private var lost = RecordsLost()
    private var nextLoss: UInt64 = 0
    private var budget: LineBudget
    /// The service has ended, or cannot be watched any more.
    public private(set) var isOver = false
    public private(set) var summary = WatchSummary()

    private struct LongPollKind: Hashable {
        var site: SiteName
        var executor: UInt8
    }

    private struct CallKind: Hashable {
        var call: UInt16
        var caller: CodePlace?
        var site: SiteName?
    }

    public init(
        info: SessionInfo, thresholds: WatchThresholds = WatchThresholds(), clock: WatchClock, names: LiveNames,
        now: Ticks
    ) {
        self.info = info
        self.thresholds = thresholds
        self.clock = clock
        self.names = names
        began = now
        waitThreshold = clock.ticks(thresholds.wait.value)
        longPollThreshold = clock.ticks(thresholds.longPoll.value)
        second = clock.ticks(1)
        recent = RecentPolls(since: now.rawValue)
        // Rarer than long polls, and worth more: four a second at first.
        let everything = thresholds.tellsEverything
        episodes = KindLimit(distance: second / 4, tellsEverything: everything)
        longPolls = KindLimit(distance: second, tellsEverything: everything)
        calls = KindLimit(distance: second, tellsEverything: everything)
        hangs = HangWatch(thresholds: thresholds, clock: clock)
        pools = PoolWatch(thresholds: thresholds, clock: clock)
        stops = Stops(now: now.rawValue)
        budget = LineBudget(
            perSecond: everything ? .max : thresholds.linesPerSecond, ticksPerSecond: second)
        lanes[Lane.global] = EpisodeWatch(
            lane: Lane.global, processors: info.processors, thresholds: thresholds, clock: clock)
    }

    /// The first thing to tell.
    public func beginning() -> WatchEvent {
        let program = info.executable.split(separator: "/").last.map(String.init) ?? "process"
        return WatchEvent(
            at: began,
            .watching(
                Watched(
                    program: program, processID: info.processID, processors: info.processors,
                    longPollSeconds: thresholds.longPoll.value, waitSeconds: thresholds.wait.value)))
    }

    /// Whether something may be going on that deserves a close look: a poll is long, or an episode goes on.
    public func isTense(_ glance: SessionGlance) -> Bool {
        lanes.values.contains { $0.open != nil }
            || glance.running.contains { $0.age(at: glance.at) >= min(waitThreshold, longPollThreshold) }
    }

    /// Executors that are in an episode of starvation, by name.
    public var starving: [String] {
        lanes.values.filter { $0.open != nil }.map { names.executor($0.lane) }
    }

    /// What there is to tell since the look before.
    public mutating func take(_ look: WatchLook) -> [WatchEvent] {
        let now = look.glance.at.rawValue
        var events: [WatchEvent] = []
        let wasStopped = stops.isStopped
        takeLife(look, into: &events)
        if let session = look.session {
            names.add(session)
            takeRecords(session, now: now, into: &events)
        }
        // Of a process that is stopped nothing is late.
        if !stops.isStopped, !wasStopped {
            takeEpisodes(look, into: &events)
            takeHangs(look.glance, into: &events)
        }
        if let session = look.session {
            takeEvidence(session.evidence, now: now, into: &events)
            tellLosses(now: now, into: &events)
            pools.take(session.events.records)
        }
        if let seen = look.pools, !stops.isStopped { events += pools.take(seen, at: now) }
        tellEnd(look, into: &events)
        return limited(events, at: look.glance.at)
    }

    /// The last thing to tell, and what was left out before it.
    public mutating func ending(at now: Ticks) -> [WatchEvent] {
        var events: [WatchEvent] = []
        if !lost.isEmpty { events.append(WatchEvent(at: now, .lost(lost))) }
        let rest = budget.rest()
        if rest > 0 { events.append(WatchEvent(at: now, .suppressed(lines: rest))) }
        summary.seconds = clock.seconds(now.rawValue.subtractingClamped(began.rawValue))
        return events + [WatchEvent(at: now, .summary(summary))]
    }

    private mutating func limited(_ events: [WatchEvent], at now: Ticks) -> [WatchEvent] {
        let (passed, leftOut) = budget.pass(events, now: now.rawValue)
        return (leftOut > 0 ? [WatchEvent(at: now, .suppressed(lines: leftOut))] : []) + passed
    }

    // MARK: The process

    private mutating func takeLife(_ look: WatchLook, into events: inout [WatchEvent]) {
        guard let life = look.life else { return }
        switch stops.take(isStopped: life == .stopped, at: look.glance.at.rawValue) {
        case .none: break
        case .stopped: events.append(WatchEvent(at: look.glance.at, .stopped))
        case .wentOn(let ticks): events.append(WatchEvent(at: look.glance.at, .wentOn(seconds: clock.seconds(ticks))))
        }
    }

    private mutating func tellEnd(_ look: WatchLook, into events: inout [WatchEvent]) {
        let end: ServiceEnd? =
            switch look.life {
            case _ where look.glance.hasEnded: .ended
            case .gone(let signal): .gone(signal: signal)
            default: look.silence.map { .silent($0) }
            }
        guard let end, !isOver else { return }
        isOver = true
        for lane in lanes.keys.sorted() { closeEpisode(lane, look, into: &events) }
        events.append(WatchEvent(at: look.glance.at, .ended(end, processID: info.processID)))
    }

    // MARK: Records

    private mutating func takeRecords(_ session: SessionLook, now: UInt64, into events: inout [WatchEvent]) {
        for batch in session.batches {
            summary.polls &+= UInt64(batch.polls.count)
            lost.polls &+= batch.lost
        }
        lost.evidence &+= session.evidence.recordsLost &+ session.evidence.samplesLost
        lost.events &+= session.events.recordsLost
        requests.take(session.events.records)
        evidence.take(session.evidence, at: now)
        let kept = clock.ticks(0.5)
        let needed = lanes.values.compactMap(\.neededSince).min() ?? .max
        recent.add(session, at: now, needed: min(needed, now.subtractingClamped(kept)))
        countVictims(session)
    }

    private mutating func countVictims(_ session: SessionLook) {
        guard lanes.values.contains(where: { $0.open != nil }) else { return }
        for batch in session.batches {
            for poll in batch.polls where poll.wait_ticks >= waitThreshold / 10 {
                guard Lane.waited(kind: poll.kind, executor: poll.executor, flags: poll.flags) else { continue }
                lanes[poll.executor]?.addVictim(start: poll.start_ticks, wait: poll.wait_ticks)
            }
        }
    }

    private mutating func tellLosses(now: UInt64, into events: inout [WatchEvent]) {
        guard !lost.isEmpty, now >= nextLoss else { return }
        summary.lost &+= lost.polls &+ lost.evidence &+ lost.events
        events.append(WatchEvent(at: Ticks(now), .lost(lost)))
        lost = RecordsLost()
        nextLoss = now.addingClamped(second)
    }

    // MARK: Episodes

    /// The latest poll of each executor that began after a wait over the threshold.
    private func latePolls(_ look: WatchLook) -> [UInt8: (start: UInt64, wait: UInt64)] {
        var late: [UInt8: (start: UInt64, wait: UInt64)] = [:]
        func note(_ executor: UInt8, start: UInt64, wait: UInt64) {
            let wait = wait.subtractingClamped(stops.ticks(from: start.subtractingClamped(wait), to: start))
            guard wait >= waitThreshold, start <= look.glance.at.rawValue,
                late[executor].map({ $0.start < start }) ?? true
            else { return }
            late[executor] = (start, wait)
        }
        for batch in look.session?.batches ?? [] {
            for poll in batch.polls where poll.wait_ticks >= waitThreshold {
                if Lane.waited(kind: poll.kind, executor: poll.executor, flags: poll.flags) {
                    note(poll.executor, start: poll.start_ticks, wait: poll.wait_ticks)
                }
            }
        }
        for poll in look.glance.running where poll.waitTicks >= waitThreshold {
            let context = poll.context
            if Lane.waited(kind: context.kind, executor: context.executor, flags: context.flags) {
                note(context.executor, start: context.poll.start.rawValue, wait: poll.waitTicks)
            }
        }
        return late
    }

    private mutating func takeEpisodes(_ look: WatchLook, into events: inout [WatchEvent]) {
        let late = latePolls(look)
        var running: [UInt8: [GlancedPoll]] = [:]
        for poll in look.glance.running { running[Lane.number(of: poll.context.executor), default: []].append(poll) }
        for executor in Set(running.keys).union(late.keys) where lanes[executor] == nil {
            lanes[executor] = EpisodeWatch(
                lane: executor, processors: info.processors, thresholds: thresholds, clock: clock)
        }
        for lane in lanes.keys.sorted() {
            let polls = running[lane] ?? []
            let laneLook = LaneLook(
                now: look.glance.at.rawValue, running: polls, pending: look.glance.pending,
                // Others' jobs can be told from the pool's only by their polls.
                mayOwnPending: lane == Lane.global, usuallyPending: usual.most, late: late[lane],
                tasksNotBegun: look.tasksNotBegun)
            switch lanes[lane]!.take(laneLook, recent: recent) {
            case .none: break
            case .goesOn: tellGoingOn(lane, look, polls, into: &events)
            // What its last polls were is known once the records are read.
            case .over: if look.session != nil { closeEpisode(lane, look, into: &events) }
            }
        }
        if lanes.values.allSatisfy({ !$0.isBusy || $0.lane != Lane.global }) { usual.add(look.glance.pending) }
    }

    private mutating func tellGoingOn(
        _ lane: UInt8, _ look: WatchLook, _ running: [GlancedPoll], into events: inout [WatchEvent]
    ) {
        let now = look.glance.at
        guard var watch = lanes[lane], let open = watch.open else { return }
        defer { lanes[lane] = watch }
        let age = now.rawValue.subtractingClamped(open.begin)
        if open.isPassedOver { return }
        if !open.isTold {
            guard let untold = episodes.tell(lane, length: waitThreshold, at: now.rawValue) else {
                return watch.passOver()
            }
            watch.tell()
            events.append(
                WatchEvent(
                    at: Ticks(open.begin),
                    .episodeBegan(state(of: watch, look, running, seconds: clock.seconds(age), untold: untold.0))))
        } else if watch.isGrowthDue(now: now.rawValue) {
            events.append(
                WatchEvent(
                    at: now, .episodeGoesOn(state(of: watch, look, running, seconds: clock.seconds(age), untold: 0))))
        }
    }

    private func state(
        of watch: EpisodeWatch, _ look: WatchLook, _ running: [GlancedPoll], seconds: Double, untold: UInt64
    ) -> EpisodeState {
        let pending = look.glance.pending
        let waiting = watch.lane == Lane.global ? watch.stall?.waiting(pending: pending) ?? 0 : 0
        let tasks = Set(running.map(\.context.task))
        let reach = second
        let from = watch.open.map { $0.begin.subtractingClamped(reach) } ?? 0
        let oldest = requests.oldest(after: from, tasksRunning: tasks).flatMap { oldest in
            names.request(oldest.name).map {
                OldestRequest(
                    name: $0, seconds: clock.seconds(look.glance.at.rawValue.subtractingClamped(oldest.since)))
            }
        }
        return EpisodeState(
            executor: names.executor(watch.lane), kind: names.kind(ofExecutor: watch.lane), width: watch.width,
            seconds: seconds, waiting: waiting, busy: busyPlaces(running), oldestRequest: oldest, untold: untold)
    }

    private func busyPlaces(_ running: [GlancedPoll]) -> [BusyPlace] {
        var places: [CodePlace: (threads: Int, calls: Set<UInt16>)] = [:]
        for poll in running {
            let place = names.site(of: poll.context).place
            places[place, default: (0, [])].threads += 1
            places[place]?.calls.insert(poll.call)
        }
        return places.map { place, seen in
            BusyPlace(
                place: place, threads: seen.threads,
                call: seen.calls.count == 1 ? seen.calls.first.flatMap(names.call) : nil)
        }.sorted {
            ($1.threads, $0.place.function, $0.place.line ?? 0) < ($0.threads, $1.place.function, $1.place.line ?? 0)
        }
    }

    private mutating func closeEpisode(_ lane: UInt8, _ look: WatchLook, into events: inout [WatchEvent]) {
        guard let width = lanes[lane]?.width, var open = lanes[lane]?.close() else { return }
        let from = open.begin.subtractingClamped(waitThreshold)
        var polls = recent.polls(of: lane, from: from)
        let isPartial = recent.since > from
        if !isPartial { (open.victims, open.waitTicks) = (0, 0) }
        let counted = isPartial ? polls.count : 0
        // Those that run are there already where they have ended since the glance.
        let ended = Set(polls.map { [UInt64($0.ring), $0.start] })
        for running in look.glance.running where Lane.number(of: running.context.executor) == lane {
            let poll = BlamedPoll(running, until: look.glance.at)
            if !ended.contains([UInt64(poll.ring), poll.start]) { polls.append(poll) }
        }
        count(polls[counted...], from: from, in: &open)
        var blame = EpisodeBlame()
        blame.add(polls, from: max(from, recent.since), to: open.lastSign, width: width)
        let ticks = open.lastSign.subtractingClamped(open.begin)
        summary.episodes &+= 1
        summary.episodeSeconds += clock.seconds(ticks)
        var untold: UInt64 = 0
        if open.isPassedOver { return }
        if !open.isTold {
            guard let others = episodes.tell(lane, length: waitThreshold, at: look.glance.at.rawValue) else { return }
            untold = others.0
        }
        let end = EpisodeEnd(
            executor: names.executor(lane), kind: names.kind(ofExecutor: lane), seconds: clock.seconds(ticks),
            victims: open.victims, waitSeconds: clock.seconds(open.waitTicks), culprits: culprits(blame),
            schedulerShare: blame.total > 0 ? blame.scheduler / blame.total : 0, isPartial: isPartial,
            wasTold: open.isTold, untold: untold)
        events.append(WatchEvent(at: Ticks(open.lastSign), .episodeEnded(end)))
    }

    private func count(_ polls: ArraySlice<BlamedPoll>, from: UInt64, in open: inout EpisodeWatch.Open) {
        for poll in polls where poll.start > from && poll.start - poll.runnable >= waitThreshold / 10 {
            open.victims &+= 1
            open.waitTicks = open.waitTicks.addingClamped(poll.start - max(poll.runnable, from))
        }
    }

    private func culprits(_ blame: EpisodeBlame) -> [Culprit] {
        guard blame.total > 0 else { return [] }
        var charges: [CodePlace: Double] = [:]
        for (key, ticks) in blame.charges {
            guard let example = blame.examples[key], ticks > 0 else { continue }
            charges[names.site(of: example).place, default: 0] += ticks
        }
        return charges.map { Culprit(place: $0, share: $1 / blame.total) }
            .sorted { ($1.share, $0.place.function) < ($0.share, $1.place.function) }.prefix(3).map { $0 }
    }

    // MARK: Polls and calls

    private mutating func takeHangs(_ glance: SessionGlance, into events: inout [WatchEvent]) {
        let (due, ended) = hangs.take(glance.running, now: glance.at, stops: stops)
        for (poll, age, isFirst) in due {
            if isFirst { summary.hangs &+= 1 }
            events.append(WatchEvent(at: glance.at, .hang(hang(poll, age: age, now: glance.at))))
        }
        for hang in ended {
            let age = hang.poll.age(at: glance.at)
            events.append(WatchEvent(at: glance.at, .hangEnded(self.hang(hang.poll, age: age, now: glance.at))))
        }
    }

    private func hang(_ poll: GlancedPoll, age: UInt64, now: Ticks) -> HangSeen {
        HangSeen(
            site: names.site(of: poll.context), executor: names.executor(poll.context.executor),
            tid: poll.context.poll.tid, seconds: clock.seconds(age), call: names.call(poll.call),
            callSeconds: poll.callStart.map { clock.seconds(now.rawValue.subtractingClamped($0.rawValue)) },
            sample: evidence.sample(of: poll.context.poll).map { names.sample($0, calibration: clock.calibration) })
    }

    private mutating func takeEvidence(_ evidence: Evidence, now: UInt64, into events: inout [WatchEvent]) {
        for call in evidence.calls where call.durationTicks >= longPollThreshold { tell(call, into: &events) }
        for poll in evidence.longPolls { tell(poll, now: now, into: &events) }
    }

    private mutating func tell(_ call: BlockingCall, into events: inout [WatchEvent]) {
        let end = call.start.rawValue.addingClamped(call.durationTicks)
        let ticks = call.durationTicks.subtractingClamped(stops.ticks(from: call.start.rawValue, to: end))
        guard ticks >= longPollThreshold, let name = names.call(call.call) else { return }
        summary.calls &+= 1
        let caller = names.caller(of: call)
        let site = names.site(of: call.context)
        let kind = CallKind(call: call.call, caller: caller, site: caller == nil ? site : nil)
        guard let others = calls.tell(kind, length: ticks, at: end) else { return }
        events.append(
            WatchEvent(
                at: Ticks(end),
                .call(
                    CallSeen(
                        call: name, seconds: clock.seconds(ticks), caller: caller,
                        object: (call.object.isCut ? "…" : "") + call.object.text, site: site, untold: others.0,
                        untoldSecondsMax: clock.seconds(others.1)))))
    }

    private mutating func tell(_ poll: LongPoll, now: UInt64, into events: inout [WatchEvent]) {
        let start = poll.context.poll.start.rawValue
        let end = start.addingClamped(poll.durationTicks)
        let ticks = poll.durationTicks.subtractingClamped(stops.ticks(from: start, to: end))
        guard ticks >= longPollThreshold else { return }
        summary.longPolls &+= 1
        let site = names.site(of: poll.context)
        if let hang = hangs.end(poll.context.poll) {
            let seen = self.hang(hang.poll, age: ticks, now: Ticks(end))
            events.append(WatchEvent(at: Ticks(end), .hangEnded(seen)))
            return
        }
        // A call that was most of it has a line of its own, and so has the episode that it made.
        let isToldOtherwise =
            evidence.longestCall(of: poll.context.poll) >= max(longPollThreshold, ticks / 2)
            || isCulprit(poll.context)
        let kind = LongPollKind(site: site, executor: poll.context.executor)
        guard let others = longPolls.tell(kind, length: ticks, at: end, isTold: !isToldOtherwise) else { return }
        let sample = evidence.sample(of: poll.context.poll).map { names.sample($0, calibration: clock.calibration) }
        let code = sample?.stack.first { !$0.isRuntime }?.place
        events.append(
            WatchEvent(
                at: Ticks(end),
                .longPoll(
                    LongPollSeen(
                        site: site, executor: names.executor(poll.context.executor), seconds: clock.seconds(ticks),
                        nature: nature(of: poll, sample: sample),
                        code: code?.function == site.place.function ? nil : code,
                        untold: others.0, untoldSecondsMax: clock.seconds(others.1)))))
    }

    private func isCulprit(_ context: PollContext) -> Bool {
        guard let open = lanes[Lane.number(of: context.executor)]?.open else { return false }
        return open.culprits.contains(EpisodeBlame.Key(context))
    }

    private func nature(of poll: LongPoll, sample: LastSample?) -> PollNature {
        if poll.blockedTicks >= poll.durationTicks / 2 { return .blocked }
        if let first = poll.first, let end = poll.endCPUNanoseconds {
            let seen = clock.seconds(
                poll.context.poll.start.rawValue.addingClamped(poll.durationTicks)
                    .subtractingClamped(first.at.rawValue)
                    .subtractingClamped(poll.blockedTicks.subtractingClamped(first.blockedTicks)))
            let cpu = Double(end.subtractingClamped(first.cpuNanoseconds)) * 1e-9
            // Too little was left of it to tell.
            if seen < 0.001 { return sample.map(Self.nature) ?? .unknown }
            if cpu >= seen / 2 { return .computing }
            return sample?.state == .asleep ? .asleep : .kernel
        }
        return sample.map(Self.nature) ?? .unknown
    }

    private static func nature(_ sample: LastSample) -> PollNature {
        switch sample.state {
        case .cpu, .mixed: .computing
        case .blocked: .blocked
        case .asleep: .asleep
        }
    }
}

extension BlamedPoll {
    /// A poll that has not ended.
    fileprivate init(_ poll: GlancedPoll, until now: Ticks) {
        let start = poll.context.poll.start.rawValue
        let waited = Lane.waited(
            kind: poll.context.kind, executor: poll.context.executor, flags: poll.context.flags)
        self.init(
            context: poll.context, ring: poll.ring, start: start, end: max(start, now.rawValue),
            runnable: waited ? start.subtractingClamped(poll.waitTicks) : start)
    }
}
