// From looks and first polls to what there was to do over time.

import CPollscopeLayout
import Sessions
import Symbols

extension LoadReport {
    /// A chart of a screen's width, or a finding that says when, needs no more.
    private static let stretchesMax = 120
    private static let sitesMax = 32

    init(facts: RecordingFacts, starts: TaskStarts, start: Ticks, end: Ticks, names: inout StackNames) {
        let clock = LoadClock(start: start, calibration: facts.calibration)
        let moments = Self.moments(facts)
        tasks = facts.keepsTasks ? moments.last.map { TaskLoad(moments, last: $0, clock) } : nil
        let busiest = moments.max { $0.pendingPeak < $1.pendingPeak }
        pendingPeak = busiest?.pendingPeak ?? 0
        pendingPeakSeconds = busiest.map { clock.seconds($0.at) } ?? 0
        pendingMean = LoadClock.mean(of: \.pending, moments)
        timeline = Self.timeline(moments, clock)
        self.starts = TaskStartSite.all(in: starts, clock, names: &names, most: Self.sitesMax)
        startStretchSeconds = facts.calibration.seconds(starts.stretchTicks)
        firstPolls = starts.totals.values.reduce(0, &+)
        census = facts.census.map { TaskCensusReport($0, clock, names: &names) }
    }

    /// What both kinds of look saw, in the order of time.
    private static func moments(_ facts: RecordingFacts) -> [LoadMoment] {
        var statuses = facts.statuses
        // A first look at a time before anybody looked has no counts: only those of a session's first moment are known.
        if let first = statuses.first, first.counters == SessionCounters(), first.at != facts.calibration.first.ticks {
            statuses.removeFirst()
        }
        // Of two at one time, the look at a process that has ended since is the later one.
        let all = facts.load + statuses.map { LoadMoment(at: $0.at, counters: $0.counters) }
        var moments: [LoadMoment] = []
        for moment in all.sorted(by: { $0.at < $1.at }) {
            if moments.last?.at == moment.at {
                moments[moments.count - 1].absorb(moment)
            } else {
                moments.append(moment)
            }
        }
        return moments
    }

    private static func timeline(_ moments: [LoadMoment], _ clock: LoadClock) -> [LoadStretch] {
        guard let first = moments.first, moments.count > 1 else { return [] }
        let all = moments.count - 1
        let count = min(stretchesMax, all)
        var before = first
        return (0..<count).map { number in
            let part = moments[(1 + number * all / count)...((number + 1) * all / count)]
            let last = part[part.endIndex - 1]
            defer { before = last }
            return LoadStretch(
                startSeconds: clock.seconds(before.at), endSeconds: clock.seconds(last.at),
                livePeak: max(before.live, part.lazy.map(\.livePeak).max() ?? 0),
                pendingPeak: max(before.pending, part.lazy.map(\.pendingPeak).max() ?? 0),
                created: LoadClock.added(\.created, from: before, to: last),
                ended: LoadClock.added(\.ended, from: before, to: last))
        }
    }
}

/// Times of a report, and figures over them.
struct LoadClock {
    var start: Ticks
    var calibration: Calibration

    /// Since the recording began; 0 before it.
    func seconds(_ moment: Ticks) -> Double {
        moment > start ? calibration.seconds(moment.rawValue - start.rawValue) : 0
    }

    /// The mean over time, each two looks joined by a straight line; `nil`: there are not two.
    static func mean(of count: KeyPath<LoadMoment, UInt64>, _ moments: [LoadMoment]) -> Double? {
        guard let first = moments.first, let last = moments.last, first.at < last.at else { return nil }
        var sum = 0.0
        for (a, b) in zip(moments, moments.dropFirst()) {
            let middle = (Double(a[keyPath: count]) + Double(b[keyPath: count])) / 2
            sum += middle * Double(b.at.rawValue - a.at.rawValue)
        }
        return sum / Double(last.at.rawValue - first.at.rawValue)
    }

    /// How much a count went up. It never goes back, but in a damaged file.
    static func added(_ count: KeyPath<LoadMoment, UInt64>, from: LoadMoment, to: LoadMoment) -> UInt64 {
        to[keyPath: count] > from[keyPath: count] ? to[keyPath: count] - from[keyPath: count] : 0
    }
}

extension TaskLoad {
    /// Tasks may be made and counted between two looks of which one was late: a rate over less says little.
    private static let rateSecondsMin = 0.020

    fileprivate init(_ moments: [LoadMoment], last: LoadMoment, _ clock: LoadClock) {
        let busiest = moments.max { $0.livePeak < $1.livePeak } ?? last
        livePeak = busiest.livePeak
        livePeakSeconds = clock.seconds(busiest.at)
        liveMean = LoadClock.mean(of: \.live, moments)
        liveAtEnd = last.live
        let first = moments.first ?? last
        created = LoadClock.added(\.created, from: first, to: last)
        ended = LoadClock.added(\.ended, from: first, to: last)
        let seconds = clock.calibration.seconds(last.at.rawValue - first.at.rawValue)
        createdPerSecond = seconds > 0 ? Double(created) / seconds : nil
        createdPerSecondPeak = zip(moments, moments.dropFirst()).compactMap { a, b in
            let seconds = clock.calibration.seconds(b.at.rawValue - a.at.rawValue)
            guard seconds >= Self.rateSecondsMin else { return nil }
            return Double(LoadClock.added(\.created, from: a, to: b)) / seconds
        }.max()
    }
}

extension TaskStartSite {
    fileprivate static func all(
        in starts: TaskStarts, _ clock: LoadClock, names: inout StackNames, most: Int
    ) -> [TaskStartSite] {
        var tasks: [SiteName: UInt64] = [:]
        var sites: [UInt32: SiteName] = [:]
        for (stack, count) in starts.totals {
            let key = PollKey(stack: stack, kind: .task, executor: UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue))
            let site = names.site(of: key)
            sites[stack] = site
            tasks[site, default: 0] &+= count
        }
        var cells: [SiteName: [UInt32: TaskStarts.Cell]] = [:]
        for (key, cell) in starts.counted {
            guard let site = sites[key.stack] else { continue }
            cells[site, default: [:]][key.stretch, default: TaskStarts.Cell()].made &+= cell.made
            cells[site]?[key.stretch]?.begun &+= cell.begun
        }
        return tasks.map { site, count in
            TaskStartSite(site, tasks: count, cells[site] ?? [:]) { clock.seconds(starts.begin(ofStretch: $0)) }
        }.sorted { a, b in
            (b.tasks, a.site.place.function, a.site.place.line ?? 0, a.site.task)
                < (a.tasks, b.site.place.function, b.site.place.line ?? 0, b.site.task)
        }.prefix(most).map(\.self)
    }

    private init(_ site: SiteName, tasks: UInt64, _ cells: [UInt32: TaskStarts.Cell], seconds: (UInt32) -> Double) {
        self.site = site
        self.tasks = tasks
        (madePeak, madePeakSeconds, waitingPeak, waitingPeakSeconds) = (0, 0, 0, 0)
        // Wrapping: lost records and damaged files can have tasks begin that were not made.
        var waiting: UInt64 = 0
        for (stretch, cell) in cells.sorted(by: { $0.key < $1.key }) {
            if cell.made > madePeak { (madePeak, madePeakSeconds) = (cell.made, seconds(stretch)) }
            waiting = waiting &+ cell.made
            waiting -= min(waiting, cell.begun)
            if waiting > waitingPeak {
                (waitingPeak, waitingPeakSeconds) = (waiting, seconds(stretch &+ 1))
            }
        }
    }
}

extension TaskCensusReport {
    fileprivate init(_ census: TaskCensus, _ clock: LoadClock, names: inout StackNames) {
        atSeconds = clock.seconds(census.at)
        live = census.live
        tracked = census.tracked
        var counts: [Origin: UInt64] = [:]
        for group in census.groups {
            let origin = Origin(
                code: group.startStack == 0 ? nil : names.place(group.startStack),
                maker: group.spawnStack == 0 ? nil : names.place(group.spawnStack))
            counts[origin, default: 0] &+= group.tasks
        }
        groups = counts.map { Group(code: $0.key.code, maker: $0.key.maker, tasks: $0.value) }.sorted { a, b in
            (b.tasks, a.code?.function ?? "", a.maker?.function ?? "")
                < (a.tasks, b.code?.function ?? "", b.maker?.function ?? "")
        }
    }

    private struct Origin: Hashable {
        var code: CodePlace?
        var maker: CodePlace?
    }
}

extension StackNames {
    /// Where a task's poll with this stack resumed.
    fileprivate mutating func place(_ stack: UInt32) -> CodePlace {
        site(of: PollKey(stack: stack, kind: .task, executor: UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue))).place
    }
}

extension RecordingFacts {
    /// Whether the process keeps account of its tasks.
    fileprivate var keepsTasks: Bool {
        info.probes.contains { $0.id == UInt16(POLLSCOPE_PROBE_TASKS.rawValue) && $0.isOn }
    }
}
