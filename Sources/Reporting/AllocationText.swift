// Allocations in sentences: how many, what they cost, what became of them, and what memory did meanwhile.

import Analysis

enum AllocationText {
    static let noData = "This recording has no data about allocations."

    /// `148,000/s, 41.2 MiB/s; 62 % of them and 71 % of the bytes in polls`.
    ///
    /// `duration` is that of the recording, whose polls are only a part of what a session counted since it began.
    static func head(_ report: AllocationReport, duration: Double) -> String {
        let seconds = report.processSeconds
        let (all, inPolls) = (report.process, report.inPolls)
        // With one look at a process, what its polls did may be all that is known.
        guard seconds > 0, let part = share(inPolls.allocations, of: all.allocations),
            let bytesPart = share(inPolls.bytes, of: all.bytes)
        else {
            return inPolls.allocations == 0 && all.allocations == 0
                ? "none were made" : "\(amount(inPolls)) in the polls that were seen"
        }
        let (share, byteShare) = (Quantity.share(part), Quantity.share(bytesPart))
        let rates =
            "\(Quantity.rate(Double(all.allocations) / seconds)), \(Quantity.byteRate(Double(all.bytes) / seconds))"
        guard seconds <= duration * 1.1 + 1 else {
            return "\(rates) since the session began; \(amount(inPolls)) in the polls that were seen"
        }
        return rates + "; "
            + (share == byteShare
                ? "\(share) of both in polls" : "\(share) of them and \(byteShare) of the bytes in polls")
    }

    /// A poll that began before the recording is in one figure whole and in the other in part, so the parts can seem to be
    /// a little more than the whole.
    private static func share(_ part: UInt64, of whole: UInt64) -> Double? {
        let share = Double(part) / Double(whole)
        return whole > 0 && share < 1.1 ? min(1, share) : nil
    }

    private static func amount(_ counts: AllocationCounts) -> String {
        "\(Quantity.counted(counts.allocations, "allocation")) of \(Quantity.bytes(counts.bytes))"
    }

    // MARK: What the allocator takes

    enum Weight { case unknown, light, near, heavy }

    /// Whether the allocator's share of CPU time is worth a reader's time.
    static func weight(_ report: AllocationReport, _ thresholds: ReportThresholds) -> Weight {
        guard let share = report.allocatorShare, share.samples > 0 else { return .unknown }
        let limit = thresholds.allocatorShare.value
        guard EstimateText.isSure(share) else {
            return EstimateText.upperBound(share).map { $0 < limit ? .light : .unknown } ?? .unknown
        }
        // Within one error of the limit it may as well be on the other side.
        return abs(share.value - limit) < share.standardError ? .near : share.value >= limit ? .heavy : .light
    }

    static func allocator(_ report: AllocationReport, _ thresholds: ReportThresholds) -> String {
        guard let share = report.allocatorShare else {
            return report.timings == 0
                ? "The allocator's share of CPU is not known: no call of it was timed."
                : "The allocator's share of CPU is not known: record for longer, while the process runs."
        }
        guard let text = EstimateText.share(share) else {
            return "The allocator's share of CPU is not known: too few of its calls were timed "
                + "(\(Quantity.count(report.timings)))."
        }
        let limit = Quantity.share(thresholds.allocatorShare.value)
        switch weight(report, thresholds) {
        case .heavy: return "\(text) of CPU goes into the allocator: worth tuning."
        case .near: return "The allocator takes \(text) of CPU, about as much as is worth tuning (\(limit))."
        case .light: return "The allocator takes \(text) of CPU, which is below \(limit): leave it alone."
        case .unknown: return "The allocator takes \(text) of CPU: too few calls were timed to say more."
        }
    }

    // MARK: What became of it

    /// `Of the bytes in polls 61 ± 2 % was garbage …`; `nil`: not known, see `samples`.
    static func fate(_ report: AllocationReport) -> String? {
        guard let fate = report.fate else { return nil }
        let parts: [(text: String?, what: String)] = [
            (EstimateText.share(fate.samePoll), "was garbage (freed by its poll)"),
            (EstimateText.share(fate.sameTask), "freed later by the task"),
            (EstimateText.share(fate.elsewhere), "handed over"),
            (EstimateText.share(fate.kept), "kept"),
        ]
        // Garbage is said in any case; of the rest, what there was.
        let known = parts.enumerated().compactMap { index, part in
            part.text.flatMap { index == 0 || !$0.hasPrefix("<") ? "\($0) \(part.what)" : nil }
        }
        guard !known.isEmpty else { return nil }
        return "Of the bytes in polls " + known.joined(separator: ", ") + "."
    }

    /// What stands behind estimates, where that is little or nothing; empty where it is enough.
    static func samples(_ report: AllocationReport) -> String {
        if let why = report.samplesMissing { return why }
        return report.samples < 100
            ? "Few samples (\(Quantity.count(report.samples))): record longer, or give the service a smaller "
                + "POLLSCOPE_ALLOC_SAMPLE than \(Quantity.bytes(report.sampleBytes))."
            : ""
    }

    // MARK: Memory

    /// `Resident memory grew from 412 to 598 MiB, by 6.20 MiB/s.`; `nil`: not known.
    static func memory(_ report: AllocationReport) -> String? {
        guard let trend = HeapTrend(report.heap) else { return nil }
        let kept =
            trend.blocksKept > 0
            ? "; \(Quantity.counted(UInt64(trend.blocksKept), "more block")) allocated than freed" : ""
        switch trend.direction {
        case .grew:
            return "Resident memory grew from \(Quantity.bytes(trend.first)) to \(Quantity.bytes(trend.last)), by "
                + "\(Quantity.byteRate(trend.bytesPerSecond))\(kept)."
        case .shrank:
            return "Resident memory shrank from \(Quantity.bytes(trend.first)) to \(Quantity.bytes(trend.last))."
        case .stayed: return "Resident memory stayed at \(Quantity.bytes(trend.last))."
        }
    }
}

/// Where resident memory went in a recording.
struct HeapTrend {
    enum Direction { case grew, shrank, stayed }

    /// An allocator takes and gives back pages all the time: a lesser part of what was there is no trend.
    private static let leastPart = 0.05
    private static let leastBytes = 1_048_576.0

    var first: UInt64
    var last: UInt64
    var direction: Direction
    /// Between the first point and the last.
    var bytesPerSecond: Double
    /// Allocated less freed, between the same.
    var blocksKept: Int64

    /// `nil` for fewer than two points that know it: a process that has ended has no memory.
    init?(_ heap: [HeapPoint]) {
        let known = heap.filter { $0.residentBytes > 0 }
        guard let first = known.first, let last = known.last, last.seconds > first.seconds else { return nil }
        self.first = first.residentBytes
        self.last = last.residentBytes
        let grown = Double(last.residentBytes) - Double(first.residentBytes)
        bytesPerSecond = grown / (last.seconds - first.seconds)
        let isTrend = abs(grown) >= max(Self.leastBytes, Self.leastPart * Double(first.residentBytes))
        direction = !isTrend ? .stayed : grown > 0 ? .grew : .shrank
        // Wrapping: whatever a damaged file says.
        blocksKept = heap.reduce(0) { $1.seconds > first.seconds ? $0 &+ $1.blocksKept : $0 }
    }
}
