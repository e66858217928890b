// From counted requests and names to the values of a report.

import CPollscopeLayout
import Sessions

/// What the builder of the report of requests asks for names and times.
struct RequestNaming {
    /// What names that were not kept, and those that there is no row for, are under.
    static let others = "(other names)"

    let names: [UInt32: RequestName]
    let pools: [UInt32: String]
    let threads: [ThreadIdentity]
    /// By thread: the event loop that it runs; 0: none.
    let loops: [UInt8]
    let calibration: Calibration
    let start: Ticks
    let secondsPerTick: Double
    private let groups: [RequestKind: RequestNameGroups]

    init(facts: RecordingFacts, results: RequestResults?, start: Ticks, secondsPerTick: Double) {
        names = facts.requestNames
        pools = facts.poolNames
        threads = facts.threads
        loops = results?.loops ?? []
        calibration = facts.calibration
        self.start = start
        self.secondsPerTick = secondsPerTick
        var texts: [RequestKind: [String]] = [:]
        for entry in results?.table.entries ?? [] {
            texts[entry.key.kind, default: []].append(Self.text(of: entry.key.name, in: facts.requestNames))
        }
        groups = texts.mapValues { RequestNameGroups($0) }
    }

    /// The name that a row of the report has.
    func groupedText(of key: RequestTable.Key) -> String {
        let text = text(of: key.name)
        return groups[key.kind]?.name(of: text) ?? text
    }

    func text(of name: UInt16) -> String { Self.text(of: name, in: names) }

    private static func text(of name: UInt16, in names: [UInt32: RequestName]) -> String {
        guard name != 0, let known = names[UInt32(name)], !known.text.isEmpty else { return others }
        return known.isCut ? known.text + "…" : known.text
    }

    func seconds(since moment: UInt64) -> Double {
        moment >= start.rawValue
            ? calibration.seconds(moment - start.rawValue) : -calibration.seconds(start.rawValue - moment)
    }
}

extension RequestsReport {
    /// More rows are put together, by total time.
    static let rowsMax = 250

    init(
        _ results: RequestResults, facts: RecordingFacts, start: Ticks, durationSeconds: Double,
        secondsPerTick: Double, names: inout StackNames
    ) {
        let naming = RequestNaming(facts: facts, results: results, start: start, secondsPerTick: secondsPerTick)
        func rows(_ kind: RequestKind) -> [RequestReport] {
            var figures: [String: RequestFigures] = [:]
            for entry in results.table.entries where entry.key.kind == kind {
                figures[naming.groupedText(of: entry.key), default: RequestFigures()].merge(entry.figures)
            }
            return Self.bounded(figures).map { name, figures in
                RequestReport(
                    name: name, figures, durationSeconds: durationSeconds, naming: naming, names: &names)
            }
        }
        endpoints = rows(.endpoint)
        parts = rows(.part)
        calls = rows(.call)
        let end = facts.span?.upperBound.rawValue ?? start.rawValue
        open = results.open.map {
            OpenRequest(
                name: naming.text(of: $0.name), startSeconds: naming.seconds(since: $0.start),
                ageSeconds: facts.calibration.seconds(end.subtractingClamped($0.start)), task: $0.task,
                trace: $0.trace)
        }
        openCount = results.openCount
        begun = results.counts.begun
        ended = results.counts.ended
        endsWithoutBegin = results.counts.endsWithoutBegin
        endedTwice = results.counts.endedTwice
        endedElsewhere = results.counts.endedElsewhere
        namesRefused = results.counts.namesRefused
        withoutAnatomy = results.counts.withoutAnatomy
        recordsLost = results.counts.recordsLost
    }

    /// Longest first; what is equal in time, by name.
    private static func bounded(_ figures: [String: RequestFigures]) -> [(String, RequestFigures)] {
        var rows = figures.sorted { ($0.value.ticks, $1.key) > ($1.value.ticks, $0.key) }.map { ($0.key, $0.value) }
        guard rows.count > rowsMax else { return rows }
        var others = RequestFigures()
        for row in rows[(rowsMax - 1)...] { others.merge(row.1) }
        rows.removeSubrange((rowsMax - 1)...)
        if let place = rows.firstIndex(where: { $0.0 == RequestNaming.others }) {
            rows[place].1.merge(others)
        } else {
            rows.append((RequestNaming.others, others))
        }
        return rows.sorted { ($0.1.ticks, $1.0) > ($1.1.ticks, $0.0) }
    }
}

extension RequestReport {
    init(
        name: String, _ figures: RequestFigures, durationSeconds: Double, naming: RequestNaming,
        names: inout StackNames
    ) {
        self.name = name
        count = figures.count
        perSecond = durationSeconds > 0 ? Double(figures.count) / durationSeconds : 0
        errors = figures.errors
        cancelled = figures.cancelled
        timedOut = figures.timedOut
        durationHistogram = figures.durations
        durationHistogram.sum = Double(figures.ticks) * naming.secondsPerTick
        self.durationSeconds = DurationSummary(durationHistogram, totalSeconds: durationHistogram.sum)
        cohorts = RequestCohort.all(of: figures, secondsPerTick: naming.secondsPerTick)
        exemplars = figures.slowest.entries.map { RequestExemplar($0, naming: naming, names: &names) }
    }
}

extension RequestExemplar {
    init(_ request: ShownRequest, naming: RequestNaming, names: inout StackNames) {
        startSeconds = naming.seconds(since: request.start)
        durationSeconds = Double(request.ticks) * naming.secondsPerTick
        outcome = request.outcome
        task = request.task
        trace = request.trace
        anatomy = Anatomy()
        for part in AnatomyPart.allCases {
            anatomy[part] = Double(request.anatomy[part.index]) * naming.secondsPerTick
        }
        segments = []
        for (index, stretch) in request.stretches.enumerated() {
            let holders = request.holders.indices.contains(index) ? request.holders[index] : []
            segments.append(
                RequestSegment(stretch, of: request, holders: holders, naming: naming, names: &names))
        }
    }
}

extension RequestSegment {
    private static let holdersShown = 3

    init(
        _ stretch: PathStretch, of request: ShownRequest, holders held: [HeldTime], naming: RequestNaming,
        names: inout StackNames
    ) {
        part = stretch.part
        offsetSeconds = Double(stretch.start - request.start) * naming.secondsPerTick
        durationSeconds = Double(stretch.ticks) * naming.secondsPerTick
        count = stretch.count
        let key = PollKey(stack: stretch.stack, kind: stretch.kind, executor: stretch.executor)
        site = stretch.stack == 0 ? nil : names.site(of: key)
        thread =
            naming.threads.indices.contains(Int(stretch.thread))
            ? ThreadName(naming.threads[Int(stretch.thread)]) : nil
        switch stretch.part {
        case .onCPU, .blocked, .kernelWait, .executorWait, .actorWait, .timerLateness:
            detail = stretch.executor == 0 ? "" : names.executor(of: key)
        case .poolWait: detail = naming.pools[stretch.pool] ?? ""
        case .outside: detail = Self.words(for: stretch.reason, naming: naming, names: names)
        }
        var sites: [SiteName: UInt64] = [:]
        // Wrapping: sums of ticks inside one wait.
        for time in held { sites[names.site(of: time.poll), default: 0] &+= time.ticks }
        holders = sites.sorted {
            ($0.value, $1.key.place.function, $1.key.place.line ?? 0)
                > ($1.value, $0.key.place.function, $0.key.place.line ?? 0)
        }.prefix(Self.holdersShown).map {
            SegmentHolder(site: $0.key, seconds: Double($0.value) * naming.secondsPerTick)
        }
    }

    private static func words(for reason: OutsideReason, naming: RequestNaming, names: StackNames) -> String {
        switch reason {
        case .unknown: return ""
        case .sleep: return "sleep"
        case .task: return "another task"
        case .call(let name): return naming.text(of: name)
        case .thread(let index, let isPoll):
            let place = Int(index)
            if naming.loops.indices.contains(place), naming.loops[place] != 0 {
                return names.executors[naming.loops[place]]
            }
            if isPoll { return "another task" }
            guard naming.threads.indices.contains(place), !naming.threads[place].name.isEmpty else { return "" }
            return "thread \(naming.threads[place].name)"
        }
    }
}
