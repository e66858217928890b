// From pools' records and the looks at their counters to the report's values.

import Sessions

extension PoolReport {
    /// Those that were waited for most first.
    public static func all(
        in analysis: PoolAnalysis, facts: RecordingFacts, durationSeconds: Double,
        thresholds: PoolThresholds = PoolThresholds()
    ) -> [PoolReport] {
        var names = PoolNames()
        let looks = Dictionary(grouping: facts.statuses.flatMap(\.pools), by: \.number)
        let numbers = Set(looks.keys).union(
            analysis.pools.indices.filter { analysis.pools[$0] != nil }.map { UInt32($0 + 1) })
        return numbers.sorted().map { number in
            let records = analysis.pools.indices.contains(Int(number) - 1) ? analysis.pools[Int(number) - 1] : nil
            let source = PoolSource(
                records: records ?? PoolRecords(span: analysis.span, calibration: analysis.calibration),
                looks: looks[number] ?? [], first: facts.statuses.first, stretchEnd: analysis.stretchEnd,
                span: analysis.span, secondsPerTick: facts.calibration.secondsPerTick,
                durationSeconds: durationSeconds, thresholds: thresholds)
            return PoolReport(source, name: names.unique(looks[number]?.last?.name ?? "", number: number))
        }.enumerated().sorted {
            ($1.element.waitSeconds.totalSeconds, $1.element.perSecond, $0.offset)
                < ($0.element.waitSeconds.totalSeconds, $0.element.perSecond, $1.offset)
        }.map(\.element)
    }

    private init(_ source: PoolSource, name: String) {
        let records = source.records
        let last = source.looks.last
        self.name = name
        capacity = last.flatMap { $0.capacity > 0 ? Int($0.capacity) : nil }
        isOpen = last?.isOpen ?? true
        inUse = last?.inUse ?? UInt64(records.leases.openCount)
        waiting = last?.waiting ?? 0
        acquired = source.counted(\.acquired) ?? records.acquired
        failed = source.counted(\.failed) ?? records.failed
        // Wrapping: the counters are a file's.
        asked = source.counted(\.asked) ?? records.acquired &+ records.failed &+ waiting
        timedOut = source.counted(\.timedOut) ?? records.timedOut
        cancelled = records.cancelled
        released = source.counted(\.released) ?? records.released
        releasedTwice = source.counted(\.releasedTwice) ?? last?.releasedTwice ?? 0
        dropped = source.counted(\.dropped) ?? records.dropped
        askedAfterClose = source.counted(\.askedAfterClose) ?? last?.askedAfterClose ?? 0
        connectionsOpened = source.counted(\.connectionsOpened) ?? records.opened
        connectionsClosed = source.counted(\.connectionsClosed) ?? records.closed
        perSecond = source.durationSeconds > 0 ? Double(acquired) / source.durationSeconds : 0

        let stretch = source.stretch
        let exact = records.leases.exactSummaries(
            of: records, since: stretch.start, secondsPerTick: source.secondsPerTick)
        waitHistogram = records.wait
        holdHistogram = records.hold
        waitSeconds = exact?.wait ?? DurationSummary(records.wait, totalSeconds: records.wait.sum)
        holdSeconds = exact?.hold ?? DurationSummary(records.hold, totalSeconds: records.hold.sum)
        failedWaitSeconds = DurationSummary(records.failedWait, totalSeconds: records.failedWait.sum)

        let sweep = PoolSweep(stretch)
        let (inUse, waiting) = source.timelines(stretch)
        inUseMean = inUse.mean
        waitingMean = waiting.mean
        // A peak since the session's start that was not there at the first look is this recording's.
        inUsePeak = max(sweep.inUsePeak, source.newPeak(\.inUsePeak))
        waitingPeak = max(sweep.waitingPeak, source.newPeak(\.waitingPeak))
        let width = source.durationSeconds / Double(PoolTimeline.parts)
        timeline = zip(inUse.means, waiting.means).enumerated().map { part, means in
            PoolMoment(startSeconds: Double(part) * width, inUse: means.0, waiting: means.1)
        }
        let holds = sweep.holdsByUse(
            stretch, least: source.thresholds.holdsLeast, secondsPerTick: source.secondsPerTick)
        holdByUse = holds.ranges

        let leases = records.leases.released.count { $0 != PoolLeases.failed }
        guard leases >= source.thresholds.leasesLeast else {
            adviceMissing =
                "\(UInt64(leases).groupedDigits) leases are too few to say which size would do: record until there are "
                + "\(source.thresholds.leasesLeast)."
            return
        }
        let spent = records.wait.sum + records.failedWait.sum + records.hold.sum
        let advisor = PoolAdvisor(
            thresholds: source.thresholds, secondsPerTick: source.secondsPerTick, capacity: capacity,
            waitP99: waitSeconds.p99, timedOutShare: asked > 0 ? Double(timedOut) / Double(asked) : 0,
            waitingShare: spent > 0 ? (spent - records.hold.sum) / spent : 0, sweep: sweep, holds: holds)
        advice = advisor.advice(stretch, isWhole: source.stretchEnd == nil)
    }
}

/// All that one pool's report is made from.
private struct PoolSource {
    var records: PoolRecords
    /// The pool at each look at the process that knows of it.
    var looks: [PoolStatus]
    /// The first look at the process.
    var first: ProcessStatus?
    var stretchEnd: UInt64?
    var span: ClosedRange<Ticks>?
    var secondsPerTick: Double
    var durationSeconds: Double
    var thresholds: PoolThresholds

    var stretch: PoolStretch {
        PoolStretch(records, span: span, stretchEnd: stretchEnd, clock: secondsPerTick, looks: looks)
    }

    /// The counters before the recording: none of a pool that was opened in it. `nil`: nobody knows, as where the
    /// recording is what rings of a session still held.
    private var before: PoolStatus? {
        guard let last = looks.last, let first else { return nil }
        let known = first.pools.first { $0.number == last.number }
        guard last.opened >= first.at else { return looks.count > 1 ? known : nil }
        return PoolStatus(
            number: last.number, name: last.name, isOpen: true, capacity: last.capacity, opened: last.opened)
    }

    /// What a counter counted in the recording.
    func counted(_ counter: KeyPath<PoolStatus, UInt64>) -> UInt64? {
        guard let before, let last = looks.last else { return nil }
        return last[keyPath: counter].subtractingClamped(before[keyPath: counter])
    }

    func newPeak(_ peak: KeyPath<PoolStatus, UInt64>) -> Int {
        guard let before, let last = looks.last, last[keyPath: peak] > before[keyPath: peak] else { return 0 }
        return Int(clamping: last[keyPath: peak])
    }

    /// With the leases that nobody gave back while the recording lasted.
    func timelines(_ stretch: PoolStretch) -> (inUse: PoolTimeline, waiting: PoolTimeline) {
        var inUse = records.inUse
        if let span {
            let (start, end) = (span.lowerBound.rawValue, span.upperBound.rawValue)
            inUse.add(from: start, to: end, count: Double(stretch.standing))
            for acquired in stretch.held { inUse.add(from: acquired, to: end) }
            for acquired in stretch.unreleased {
                let (guess, isBeyond) = acquired.addingReportingOverflow(stretch.medianHold)
                inUse.add(from: acquired, to: isBeyond ? end : guess)
            }
        }
        return (inUse, records.waiting)
    }
}

/// Names as the service gave them, told apart where it gave one twice.
private struct PoolNames {
    private var used: Set<String> = []

    mutating func unique(_ name: String, number: UInt32) -> String {
        let name = name.isEmpty ? "pool \(number)" : name
        var unique = name
        var same = 1
        while !used.insert(unique).inserted {
            same += 1
            unique = "\(name) #\(same)"
        }
        return unique
    }
}

extension PoolLeases {
    /// Total and quantiles from the values themselves; `nil`: some of them are not kept.
    fileprivate func exactSummaries(
        of records: PoolRecords, since start: UInt64, secondsPerTick: Double
    ) -> (wait: DurationSummary, hold: DurationSummary)? {
        var waits: [UInt64] = []
        var holds: [UInt64] = []
        for index in asked.indices where released[index] != Self.failed {
            // The ask of an older one is not known.
            if answered[index] >= start { waits.append(answered[index] - asked[index]) }
            if released[index] != Self.held { holds.append(released[index].subtractingClamped(answered[index])) }
        }
        guard UInt64(waits.count) == records.wait.count, UInt64(holds.count) == records.hold.count else { return nil }
        return (
            DurationSummary(ticks: &waits, totalSeconds: records.wait.sum, secondsPerTick: secondsPerTick),
            DurationSummary(ticks: &holds, totalSeconds: records.hold.sum, secondsPerTick: secondsPerTick)
        )
    }
}

extension DurationSummary {
    /// Quantiles of nearest rank.
    fileprivate init(ticks: inout [UInt64], totalSeconds: Double, secondsPerTick: Double) {
        ticks.sort()
        let sorted = ticks
        func quantile(_ thousandths: Int) -> Double {
            guard !sorted.isEmpty else { return 0 }
            let rank = Swift.max(1, (sorted.count * thousandths + 999) / 1_000)
            return Double(sorted[rank - 1]) * secondsPerTick
        }
        self.init(
            totalSeconds: totalSeconds, p50: quantile(500), p95: quantile(950), p99: quantile(990),
            p999: quantile(999), max: quantile(1_000))
    }
}
