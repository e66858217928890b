// Made-up requests and pools for golden files: quotes that wait behind risk polls, and for a pool that is too small.

@testable import Analysis

enum MadeUpRequests {
    static func model() -> ReportModel {
        var model = QuotesService.model()
        model.requests = requests()
        model.pools = pools()
        return model
    }

    static func anatomy(_ parts: [AnatomyPart: Double]) -> Anatomy {
        var anatomy = Anatomy()
        for (part, seconds) in parts { anatomy[part] = seconds }
        return anatomy
    }

    static func cohort(_ kind: RequestCohort.Kind, _ count: UInt64, _ parts: [AnatomyPart: Double]) -> RequestCohort {
        let mean = anatomy(parts)
        return RequestCohort(kind: kind, count: count, mean: mean, meanSeconds: mean.totalSeconds)
    }

    static func place(_ function: String, _ awaitPoint: Int?, _ line: Int) -> SiteName {
        SiteName(
            place: CodePlace(function: function, awaitPoint: awaitPoint, file: "/src/quotes/Quotes.swift", line: line),
            task: "closure 1 in Routes.add(to:)")
    }

    private static func durations(_ p50: Double, _ p95: Double, _ p99: Double, _ max: Double, count: Double)
        -> DurationSummary
    {
        DurationSummary(totalSeconds: p50 * count * 1.6, p50: p50, p95: p95, p99: p99, p999: (p99 + max) / 2, max: max)
    }

    static func request(
        _ name: String, _ count: UInt64, durations seconds: (Double, Double, Double, Double), errors: UInt64 = 0,
        cohorts: [RequestCohort] = [], exemplars: [RequestExemplar] = []
    ) -> RequestReport {
        var histogram = Histogram()
        for _ in 0..<90 { histogram.record(seconds.0) }
        for _ in 0..<9 { histogram.record(seconds.1) }
        histogram.record(seconds.3)
        return RequestReport(
            name: name, count: count, perSecond: Double(count) / 30, errors: errors, cancelled: 0, timedOut: 0,
            durationSeconds: durations(seconds.0, seconds.1, seconds.2, seconds.3, count: Double(count)),
            durationHistogram: histogram, cohorts: cohorts, exemplars: exemplars)
    }

    static func exemplar() -> RequestExemplar {
        let pool = ThreadName(name: "quotes", tid: 4_123)
        let handler = place("QuoteHandler.get(_:)", 1, 31)
        func segment(
            _ part: AnatomyPart, _ offset: Double, _ seconds: Double, site: SiteName? = nil, thread: ThreadName? = nil,
            _ detail: String = "", holders: [SegmentHolder] = [], count: Int = 1
        ) -> RequestSegment {
            RequestSegment(
                part: part, offsetSeconds: offset, durationSeconds: seconds, site: site, thread: thread, detail: detail,
                holders: holders, count: count)
        }
        let segments = [
            segment(
                .executorWait, 0, 0.0401, site: place("QuoteHandler.get(_:)", 0, 28), "global pool",
                holders: [
                    SegmentHolder(site: place("RiskModel.score(_:)", 2, 48), seconds: 0.0385),
                    SegmentHolder(site: place("Ledger.append(_:)", 1, 91), seconds: 0.0012),
                ]),
            segment(.onCPU, 0.0401, 0.0002, site: place("QuoteHandler.get(_:)", 0, 28), thread: pool),
            segment(.poolWait, 0.0403, 0.004, "postgres"),
            segment(.outside, 0.0443, 0.0063, "GET upstream/prices"),
            segment(
                .executorWait, 0.0506, 0.0211, site: handler, "global pool",
                holders: [SegmentHolder(site: place("RiskModel.score(_:)", 2, 48), seconds: 0.021)]),
            segment(.onCPU, 0.0717, 0.0003, site: handler, thread: pool, count: 3),
        ]
        var anatomy = Anatomy()
        for segment in segments { anatomy[segment.part] += segment.durationSeconds }
        return RequestExemplar(
            startSeconds: 12.3, durationSeconds: 0.072, outcome: .ok, task: 4_711,
            trace: TraceIdentity(high: 0x4BF9_2F35_77B3_4DA6, low: 0xA3CE_929D_0E0E_4736, span: 0x00F0_67AA_0BA9_02B7),
            anatomy: anatomy, segments: segments)
    }

    static func requests() -> RequestsReport {
        var report = RequestsReport()
        let quote = request(
            "GET /quote", 36_420, durations: (0.0023, 0.0219, 0.0677, 0.072),
            cohorts: [
                cohort(.median, 3_642, [.onCPU: 0.0001, .outside: 0.0022]),
                cohort(
                    .slowest5Percent, 1_821,
                    [.onCPU: 0.0002, .executorWait: 0.0211, .poolWait: 0.0004, .outside: 0.0031]),
                cohort(
                    .slowest1Percent, 364,
                    [.onCPU: 0.0002, .executorWait: 0.0612, .poolWait: 0.0005, .outside: 0.0063]),
            ], exemplars: [exemplar()])
        let orders = request(
            "GET /users/{id}/orders", 9_130, durations: (0.012, 0.031, 0.044, 0.061), errors: 37,
            cohorts: [
                cohort(.median, 913, [.onCPU: 0.003, .poolWait: 0.001, .outside: 0.008]),
                cohort(.slowest1Percent, 91, [.onCPU: 0.0031, .poolWait: 0.031, .actorWait: 0.002, .outside: 0.0081]),
            ])
        let few = request("POST /risk", 12, durations: (0.04, 0.041, 0.041, 0.041))
        report.endpoints =
            [quote, orders, few] + (1...12).map { request("GET /page/\($0)", 10, durations: (1e-3, 1e-3, 1e-3, 1e-3)) }
        report.parts = [request("price", 36_420, durations: (0.0021, 0.003, 0.004, 0.009))]
        report.calls = [request("GET upstream/prices", 36_420, durations: (0.0021, 0.003, 0.0063, 0.009), errors: 2)]
        report.open = [
            OpenRequest(name: "GET /stream", startSeconds: -2, ageSeconds: 32, task: 17, trace: nil),
            OpenRequest(name: "GET /quote", startSeconds: 29.9, ageSeconds: 0.1, task: 9_001, trace: exemplar().trace),
        ]
        report.openCount = 5
        (report.begun, report.ended) = (82_000, 81_995)
        (report.endsWithoutBegin, report.endedTwice, report.withoutAnatomy) = (3, 1, 12)
        return report
    }

    // MARK: Pools

    static func pool(
        _ name: String, capacity: Int?, wait: (Double, Double), hold: (Double, Double), inUse: (Double, Int),
        advice: PoolAdvice?
    ) -> PoolReport {
        func summary(_ figures: (Double, Double)) -> DurationSummary {
            DurationSummary(
                totalSeconds: figures.0 * 12_300, p50: figures.0, p95: figures.1, p99: figures.1, p999: figures.1,
                max: figures.1 * 1.5)
        }
        var holds = Histogram()
        holds.record(hold.0)
        return PoolReport(
            name: name, capacity: capacity, isOpen: true, asked: 12_303, acquired: 12_300, failed: 0, timedOut: 0,
            cancelled: 0, released: 12_300, releasedTwice: 0, dropped: 0, askedAfterClose: 0, connectionsOpened: 0,
            connectionsClosed: 0, inUse: 0, waiting: 3, perSecond: 410, waitSeconds: summary(wait),
            waitHistogram: Histogram(), failedWaitSeconds: summary((0, 0)), holdSeconds: summary(hold),
            holdHistogram: holds, inUseMean: inUse.0, inUsePeak: inUse.1, waitingMean: 0.4, waitingPeak: 31,
            timeline: [PoolMoment(startSeconds: 0, inUse: 4, waiting: 0.5)],
            holdByUse: [PoolUse(inUse: 1...4, holds: 4_000, medianHoldSeconds: 0.02)], advice: advice,
            adviceMissing: advice == nil
                ? "7 leases are too few to say which size would do: record until there are 100." : nil)
    }

    static func advice(_ verdict: PoolAdvice.Verdict, size: Int, growth: Double? = 1.05) -> PoolAdvice {
        PoolAdvice(
            verdict: verdict, littlesLaw: 9.43, size: size, targetSeconds: 0.001,
            sizes: [
                PoolReplay(size: size - 1, waitP50: 0, waitP99: 0.0014, waitMax: 0.009),
                PoolReplay(size: size, waitP50: 0, waitP99: 0.0006, waitMax: 0.008),
            ], isAtLeast: false, wantedPeak: 41, holdGrowth: growth, stretchSeconds: nil)
    }

    static func pools() -> [PoolReport] {
        var small = pool(
            "postgres", capacity: 10, wait: (0.012, 0.45), hold: (0.023, 0.031), inUse: (9.3, 10),
            advice: advice(.tooSmall, size: 12))
        (small.failed, small.timedOut, small.cancelled) = (3, 2, 1)
        (small.releasedTwice, small.dropped, small.connectionsOpened) = (1, 2, 14)
        var large = pool(
            "orders", capacity: 200, wait: (0, 0), hold: (0.011, 0.02), inUse: (4.2, 201),
            advice: advice(.tooLarge, size: 12))
        large.advice?.isAtLeast = true
        large.advice?.stretchSeconds = 400
        var closed = pool("files", capacity: nil, wait: (0, 0), hold: (0.001, 0.002), inUse: (0.1, 1), advice: nil)
        (closed.isOpen, closed.inUse, closed.askedAfterClose) = (false, 1, 4)
        return [
            small,
            pool(
                "reports", capacity: 50, wait: (0, 0.002), hold: (0.2, 0.9), inUse: (44, 50),
                advice: advice(.saturated, size: 51, growth: 2.6)),
            large,
            pool(
                "ledger", capacity: 16, wait: (0, 0.0001), hold: (0.023, 0.03), inUse: (9.4, 15),
                advice: advice(.right, size: 12)),
            pool(
                "cache", capacity: 16, wait: (0.001, 0.004), hold: (0.023, 0.03), inUse: (9.4, 12),
                advice: advice(.right, size: 12)),
            closed,
        ]
    }
}
