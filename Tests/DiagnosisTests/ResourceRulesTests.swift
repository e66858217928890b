import Testing

@testable import Analysis
@testable import Diagnosis

@Suite struct AllocationHotspotRuleTests {
    private func model(share: Double = 0.25, error: Double = 0.01, cpu: Double = 20, bytesEach: Double = 100)
        -> ReportModel
    {
        .healthy {
            $0.coverage.processCPUSeconds = cpu
            var allocations = MadeUpService.allocations(share: share, error: error)
            let places: [(String, Double, String?)] = [
                ("Valuation.rows(_:)", 0.6, "/src/App.swift"), ("Feed.next()", 0.1, "/src/App.swift"),
                ("swift_slowAlloc", 0.9, nil),
            ]
            allocations.places = places.map { function, share, file in
                AllocationPlace(
                    place: MadeUpService.place(function, line: 77, file: file), module: "App",
                    bytes: MadeUpService.estimate(1_000 * bytesEach), count: MadeUpService.estimate(1_000),
                    share: MadeUpService.estimate(share), garbage: MadeUpService.estimate(0.85),
                    types: [
                        AllocationType(
                            name: "Array<Double>", bytes: MadeUpService.estimate(1), count: MadeUpService.estimate(1))
                    ])
            }
            $0.allocations = allocations
        }
    }

    private func findings(_ model: ReportModel) -> [Finding] { AllocationHotspotRule.findings(in: model.examination) }

    @Test func namesTheUsersLine() throws {
        let finding = try #require(findings(model()).first)
        #expect(finding.severity == .warning)
        #expect(finding.site?.code.function == "Valuation.rows(_:)")
        #expect(finding.headline == "the allocator takes 25 % of CPU time, most for Valuation.rows(_:)")
        #expect(finding.context == "allocates Array<Double>")
        #expect(
            finding.effects == [
                "100,000/s allocations, 9.54 MiB/s",
                "60 % of the bytes are from this line, 85 % of them garbage at once",
            ])
        #expect(finding.impact.cpuShare == 0.25)
        #expect(finding.advice.first?.contains("reserveCapacity") == true)
    }

    @Test(arguments: [(32_767.0, "append to one buffer"), (32_768, "keep the buffer and use it again")])
    func largeBlocksAreToBeKept(bytes: Double, advice: String) {
        #expect(findings(model(bytesEach: bytes)).first?.advice.first?.hasPrefix(advice) == true)
    }

    /// Two standard errors above the limit.
    @Test(
        arguments: [(0.119, 0.01, nil), (0.121, 0.01, .warning), (0.39, 0.01, .warning), (0.41, 0.01, .critical)]
            as [(Double, Double, Severity?)])
    func theShareMakesIt(share: Double, error: Double, severity: Severity?) {
        #expect(findings(model(share: share, error: error)).map(\.severity) == [severity].compactMap(\.self))
    }

    @Test(arguments: [(4.4, 0), (4.6, 1)]) func ofAnIdleProcessItSaysNothing(cpu: Double, count: Int) {
        #expect(findings(model(cpu: cpu)).count == count)
    }

    @Test func withoutPlacesItIsNobodysLine() throws {
        var model = model()
        model.allocations?.places = []
        let finding = try #require(findings(model).first)
        #expect(finding.site == nil)
        #expect(finding.headline == "the allocator takes 25 % of CPU time")
        #expect(finding.effects.count == 1)
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings(.healthy()).isEmpty) }

    @Test func saysWhatItLacks() {
        #expect(AllocationHotspotRule.lacks(in: ReportModel.healthy().examination) == nil)
        let model = ReportModel.healthy { ($0.allocations, $0.allocationsMissing) = (nil, "Not counted.") }
        #expect(AllocationHotspotRule.lacks(in: model.examination) == "allocations are not known: Not counted.")
    }
}

@Suite struct OverYieldingRuleTests {
    private static let yields = MadeUpService.site("yield of Scan.run()", line: 20, await: 1, task: "Scan.run()")
    private static let scan = MadeUpService.site("Scan.run()", line: 20, await: 1)

    private func model(yields: UInt64 = 2_000_000, polls: UInt64 = 2_000_000, p50: Double = 4e-6) -> ReportModel {
        .healthy {
            $0.sites.append(MadeUpService.report(Self.yields, kind: .yield, polls: yields, pollSeconds: 1e-7))
            $0.sites.append(MadeUpService.report(Self.scan, polls: polls, pollSeconds: p50))
        }
    }

    private func findings(_ model: ReportModel) -> [Finding] { OverYieldingRule.findings(in: model.examination) }

    @Test func saysHowSeldomToYield() throws {
        let finding = try #require(findings(model()).first)
        #expect(finding.severity == .warning)
        #expect(finding.site?.code == Self.scan.place)
        #expect(finding.site?.poll == Self.scan)
        #expect(finding.headline == "Scan.run() yields 66,700/s, after 4.00 µs of work each time")
        // 200 µs of 4 µs each; 2 M × 0.65 µs and the helper's 0.2 s are 1.5 s of 20.
        #expect(finding.advice.first?.hasPrefix("yield after every 50 items") == true)
        #expect(abs((finding.impact.cpuShare ?? 0) - 0.075) < 1e-9)
        #expect(finding.evidence("yields") == 2_000_000)
    }

    @Test func halfOfThePollsFollowOnAYield() {
        #expect(findings(model(polls: 3_990_000)).count == 1)
        #expect(findings(model(polls: 4_010_000)).isEmpty)
    }

    @Test(arguments: [(19e-6, 1), (21e-6, 0)]) func longerWorkIsWorthAYield(p50: Double, count: Int) {
        #expect(findings(model(p50: p50)).count == count)
    }

    /// At 0.75 µs each of 20 s of CPU time.
    @Test(arguments: [(1_320_000, 0), (1_340_000, 1)] as [(UInt64, Int)]) func itMustCost(yields: UInt64, count: Int) {
        #expect(findings(model(yields: yields, polls: yields)).count == count)
    }

    @Test func anotherPlacesYieldsAreNotIts() {
        var model = model()
        model.sites[model.sites.count - 1].place.line = 21
        #expect(findings(model).isEmpty)
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings(.healthy()).isEmpty) }
}

@Suite struct PoolRulesTests {
    private func pool(
        _ verdict: PoolAdvice.Verdict, capacity: Int? = 4, waitP99: Double = 0.030, peak: Int = 4, size: Int = 12
    ) -> PoolReport {
        var holds = Histogram()
        holds.record(0.023)
        return PoolReport(
            name: "postgres", capacity: capacity, isOpen: true, asked: 12_300, acquired: 12_300, failed: 3, timedOut: 2,
            cancelled: 1, released: 12_300, releasedTwice: 0, dropped: 0, askedAfterClose: 0, connectionsOpened: 0,
            connectionsClosed: 0, inUse: 0, waiting: 0, perSecond: 410,
            waitSeconds: MadeUpService.durations(120, p50: 0.01, p99: waitP99), waitHistogram: Histogram(),
            failedWaitSeconds: MadeUpService.none, holdSeconds: MadeUpService.durations(280, p50: 0.022),
            holdHistogram: holds, inUseMean: 3, inUsePeak: peak, waitingMean: 1, waitingPeak: 31, timeline: [],
            holdByUse: [PoolUse(inUse: 1...2, holds: 100, medianHoldSeconds: 0.01)],
            advice: PoolAdvice(
                verdict: verdict, littlesLaw: 9.43, size: size, targetSeconds: 0.005,
                sizes: [
                    PoolReplay(size: 4, waitP50: 0.01, waitP99: 0.031, waitMax: 0.1),
                    PoolReplay(size: 11, waitP50: 0, waitP99: 0.0014, waitMax: 0.01),
                    PoolReplay(size: 12, waitP50: 0, waitP99: 0.0006, waitMax: 0.01),
                ], isAtLeast: false, wantedPeak: 35, holdGrowth: 3, stretchSeconds: nil), adviceMissing: nil)
    }

    private func small(_ pool: PoolReport, poolWait: Double? = nil) -> [Finding] {
        PoolTooSmallRule.findings(
            in: ReportModel.healthy {
                $0.pools = [pool]
                if let poolWait {
                    $0.requests.endpoints = [
                        MadeUpService.endpoint("GET /quote", p50: 0.002, p99: 0.1, slowest: [.poolWait: poolWait])
                    ]
                }
            }.examination)
    }

    private func large(_ pool: PoolReport) -> [Finding] {
        PoolTooLargeRule.findings(in: ReportModel.healthy { $0.pools = [pool] }.examination)
    }

    @Test func tooSmallSaysWhichSizeWouldDo() throws {
        let finding = try #require(small(pool(.tooSmall), poolWait: 0.025).first)
        #expect(finding.kind == .poolTooSmall)
        #expect(finding.severity == .warning)
        #expect(finding.subject == "postgres")
        #expect(finding.site == nil)
        #expect(finding.headline == "pool \"postgres\" of 4 is too small: acquiring takes 30.0 ms at P99")
        #expect(
            finding.effects == [
                "as many as 31 waiting at once", "2 gave up waiting", "GET /quote +25.0 ms in its slowest 1 %",
            ])
        #expect(
            finding.advice == [
                "12 connections: acquire P99 600 µs at 12, 1.40 ms at 11; expect acquire P99 31.0 ms → 600 µs",
                "or hold them shorter: 22.0 ms at P50 now",
            ])
        #expect(finding.impact == FindingImpact(waitSeconds: 120, tailSeconds: 0.025, request: "GET /quote"))
        #expect(finding.evidence("littlesLaw") == 9.43)
        #expect(small(pool(.tooSmall, capacity: nil)).first?.headline.hasPrefix("pool \"postgres\" of unknown") == true)
    }

    @Test(arguments: [(0.049, .warning), (0.051, .critical)] as [(Double, Severity)])
    func waitMakesItCritical(p99: Double, severity: Severity) {
        #expect(small(pool(.tooSmall, waitP99: p99)).map(\.severity) == [severity])
    }

    @Test(arguments: [(99, .info), (100, .warning)] as [(Int, Severity)])
    func tooLargeSaysWhatWouldDo(capacity: Int, severity: Severity) throws {
        let finding = try #require(large(pool(.tooLarge, capacity: capacity)).first)
        #expect(finding.kind == .poolTooLarge)
        #expect(finding.severity == severity)
        #expect(finding.headline == "pool \"postgres\" of \(capacity) never lends more than 4")
        #expect(finding.advice == ["12 would do: acquire P99 600 µs at 12, 1.40 ms at 11"])
    }

    @Test func saturatedLooksBehindThePool() throws {
        let finding = try #require(large(pool(.saturated)).first)
        #expect(finding.severity == .warning)
        #expect(finding.headline.hasSuffix("holds take 3.00 times as long when most are in use"))
        #expect(finding.evidence("medianHoldSeconds") == 0.01)
        #expect(finding.advice.first?.hasPrefix("look at what is behind it") == true)
    }

    /// Each verdict is one rule's, and what is right or not known is nobody's.
    @Test(
        arguments: [(.tooSmall, 1, 0), (.tooLarge, 0, 1), (.saturated, 0, 1), (.right, 0, 0), (nil, 0, 0)]
            as [(PoolAdvice.Verdict?, Int, Int)])
    func verdictsAreNotCounted(verdict: PoolAdvice.Verdict?, tooSmall: Int, tooLarge: Int) {
        var pool = pool(verdict ?? .right)
        if verdict == nil { pool.advice = nil }
        #expect(small(pool).count == tooSmall)
        #expect(large(pool).count == tooLarge)
    }

    @Test func saysWhatItLacks() {
        #expect(PoolTooSmallRule.lacks(in: ReportModel.healthy().examination) == nil)
        var silent = pool(.right)
        (silent.advice, silent.adviceMissing) = (nil, "Twelve acquires are too few.")
        let model = ReportModel.healthy { $0.pools = [silent, pool(.right)] }
        #expect(PoolTooSmallRule.lacks(in: model.examination) == "pool \"postgres\": Twelve acquires are too few.")
    }

    @Test func whatIsRightIsToBeLeftAlone() {
        let model = ReportModel.healthy { $0.pools = [pool(.right, capacity: 10, peak: 3)] }
        #expect(Diagnosis(of: model).verdict.leaveAlone.first == "pool \"postgres\" (3 of 10 used)")
    }
}

@Suite struct ThreadChurnRuleTests {
    private func findings(_ created: UInt64, perSecond: Double?) -> [Finding] {
        let model = ReportModel.healthy { $0.threads = ThreadsReport(created: created, createdPerSecond: perSecond) }
        return ThreadChurnRule.findings(in: model.examination)
    }

    @Test func saysWhatItCosts() throws {
        let finding = try #require(findings(12_000, perSecond: 400).first)
        #expect(finding.severity == .warning)
        #expect(finding.headline == "400/s threads are started, 12,000 in all")
        #expect(finding.effects.first == "about 4.0 % of a processor goes into starting them")
        #expect(finding.evidence("threadsPerSecond") == 400)
        #expect(finding.advice.first?.contains("NIOThreadPool") == true)
    }

    @Test(
        arguments: [
            (1_000, 49, nil), (1_000, 51, .warning), (49, 51, nil), (30_000, 999, .warning), (30_000, 1_001, .critical),
            (1_000, nil, nil),
        ] as [(UInt64, Double?, Severity?)]) func theRateMakesIt(created: UInt64, rate: Double?, severity: Severity?)
    {
        #expect(findings(created, perSecond: rate).map(\.severity) == [severity].compactMap(\.self))
    }

    @Test func isQuietAboutAHealthyService() {
        #expect(ThreadChurnRule.findings(in: ReportModel.healthy().examination).isEmpty)
    }

    @Test func saysWhatItLacks() {
        #expect(ThreadChurnRule.lacks(in: ReportModel.healthy().examination) == nil)
        let model = ReportModel.healthy { $0.threads.createdPerSecond = nil }
        #expect(ThreadChurnRule.lacks(in: model.examination)?.contains("a recording of 1 s or more") == true)
    }
}

@Suite struct TaskExplosionRuleTests {
    private func model(
        waiting: UInt64 = 9_000, made: UInt64 = 10_000, group: UInt64 = 0, tail: Double? = nil, mean: Double = 0.1
    ) -> ReportModel {
        .healthy {
            let child = MadeUpService.site("closure 1 in Fan.out(_:)", line: 14)
            $0.load.starts = [
                TaskStartSite(
                    site: MadeUpService.quote, tasks: 10, madePeak: 3, madePeakSeconds: 1, waitingPeak: 1,
                    waitingPeakSeconds: 1),
                TaskStartSite(
                    site: child, tasks: made, madePeak: made, madePeakSeconds: 1, waitingPeak: waiting,
                    waitingPeakSeconds: 1),
            ]
            $0.load.tasks = TaskLoad(
                livePeak: 10_400, livePeakSeconds: 1, liveMean: 100, liveAtEnd: 3, created: made, ended: made,
                createdPerSecond: 300, createdPerSecondPeak: 100_000)
            if group > 0 {
                $0.load.census = TaskCensusReport(
                    atSeconds: 1, live: group, tracked: group,
                    groups: [
                        TaskCensusReport.Group(
                            code: child.place, maker: MadeUpService.place("Fan.out(_:)", line: 12), tasks: group)
                    ])
            }
            if let tail {
                $0.blame.tails = [
                    MadeUpService.tail(
                        mean: mean, culprits: [TailPlace(site: child, part: .executorWait, seconds: tail)])
                ]
            }
        }
    }

    private func findings(_ model: ReportModel) -> [Finding] { TaskExplosionRule.findings(in: model.examination) }

    @Test func namesWhoMakesThem() throws {
        let finding = try #require(findings(model(group: 9_500, tail: 0.020)).first)
        #expect(finding.severity == .warning)
        #expect(finding.site?.code == MadeUpService.place("Fan.out(_:)", line: 12))
        #expect(finding.headline == "Fan.out(_:) makes 10,000 tasks within 100 ms")
        #expect(finding.context == "each begins in closure 1 in Fan.out(_:)")
        #expect(
            finding.effects == [
                "as many as 10,400 tasks lived at once, a kilobyte and more each", "9,000 of them had not begun",
                "GET /quote +20.0 ms in its slowest 1 %",
            ])
        #expect(finding.impact.tailSeconds == 0.020)
        #expect(finding.advice.first?.contains("group.addTask each time that group.next() returns") == true)
        let unknown = try #require(findings(model()).first)
        #expect(unknown.site?.code.function == "closure 1 in Fan.out(_:)")
        #expect(unknown.context == "")
    }

    @Test(arguments: [(1_999, 0, 0), (2_000, 0, 1), (0, 1_999, 0), (0, 2_000, 1)] as [(UInt64, UInt64, Int)])
    func aBacklogMakesIt(waiting: UInt64, group: UInt64, count: Int) {
        #expect(findings(model(waiting: waiting, group: group)).count == count)
    }

    @Test(arguments: [(0.049, .warning), (0.051, .critical)] as [(Double, Severity)])
    func tailsMakeItCritical(tail: Double, severity: Severity) {
        #expect(findings(model(tail: tail)).map(\.severity) == [severity])
        #expect(findings(model(tail: tail, mean: 0)).map(\.severity) == [severity])
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings(.healthy()).isEmpty) }
}

@Suite struct KernelContentionRuleTests {
    private func model(
        share: Double = 0.3, all: Double = 30, cpu: Double = 20, tail: Double? = 0.030, mean: Double = 0.1
    ) -> ReportModel {
        .healthy {
            $0.kernelWait = MadeUpService.kernelWait(ready: share * all, cpu: (1 - share) * all)
            $0.coverage.processCPUSeconds = cpu
            if let tail {
                $0.blame.tails = [
                    MadeUpService.tail(
                        mean: mean, own: [TailPlace(site: .risk, part: .kernelWait, seconds: tail / 2)],
                        scheduler: tail / 2)
                ]
            }
        }
    }

    private func findings(_ model: ReportModel) -> [Finding] { KernelContentionRule.findings(in: model.examination) }

    @Test func neighboursTakeTheCPU() throws {
        let finding = try #require(findings(model()).first)
        #expect(finding.severity == .warning)
        #expect(finding.site == nil)
        #expect(
            finding.headline
                == "other processes take the CPU: the service's threads are ready and not run 30 % of the time")
        #expect(finding.context == "it uses 17 % of 4 processors")
        #expect(
            finding.effects == [
                "9.00 s ready and not run, beside 21.0 s on CPU", "GET /quote +30.0 ms in its slowest 1 %",
            ])
        #expect(abs((finding.impact.tailSeconds ?? 0) - 0.030) < 1e-12)
        #expect(finding.advice.first?.contains("nr_throttled") == true)
    }

    /// Of four processors in 30 s.
    @Test(arguments: [(107.0, false), (109, true)]) func ownThreadsAreTooMany(cpu: Double, isOwn: Bool) throws {
        let finding = try #require(findings(model(cpu: cpu)).first)
        #expect(finding.headline.hasPrefix("the service's own threads are too many") == isOwn)
        #expect(finding.advice.contains("or more processors") == isOwn)
    }

    @Test(
        arguments: [
            (0.19, 0.03, nil), (0.21, 0.03, .warning), (0.21, 0.0049, .info), (0.49, 0.06, .warning),
            (0.51, 0.06, .critical), (0.51, 0.049, .warning),
        ] as [(Double, Double, Severity?)]) func theShareAndWhoFeelsIt(share: Double, tail: Double, severity: Severity?)
    {
        #expect(findings(model(share: share, tail: tail)).map(\.severity) == [severity].compactMap(\.self))
    }

    /// A fifth of the slowest requests.
    @Test(arguments: [(0.151, .info), (0.149, .warning)] as [(Double, Severity)])
    func lostAmongTheRest(mean: Double, severity: Severity) {
        #expect(findings(model(mean: mean)).map(\.severity) == [severity])
    }

    @Test(arguments: [(2.9, 0), (3.1, 1)]) func ofAnIdleProcessItSaysNothing(all: Double, count: Int) {
        #expect(findings(model(all: all)).count == count)
    }

    @Test(arguments: [(90.0, .info), (110, .warning)] as [(Double, Severity)])
    func withoutRequestsJobsFeelIt(kernel: Double, severity: Severity) {
        var model = model(tail: nil)
        model.wait(0.030, for: [MadeUpService.culprit(.risk, seconds: 150, of: 200, kernel: kernel)])
        #expect(findings(model).map(\.severity) == [severity])
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings(.healthy()).isEmpty) }

    @Test func saysWhatItLacks() {
        #expect(KernelContentionRule.lacks(in: ReportModel.healthy().examination) == nil)
        let model = ReportModel.healthy { $0.kernelWait = nil }
        #expect(KernelContentionRule.lacks(in: model.examination)?.contains("schedstat") == true)
        #expect(findings(model).isEmpty)
    }
}

@Suite struct TimerLatenessRuleTests {
    private func findings(_ late: Double, mean: Double) -> [Finding] {
        TimerLatenessRule.findings(
            in: ReportModel.healthy {
                $0.requests.endpoints = [
                    MadeUpService.endpoint("GET /fast", p50: 0.001, p99: 0.002, slowest: [.timerLateness: 0.0001]),
                    MadeUpService.endpoint(
                        "GET /slow", p50: 0.001, p99: 0.002, slowest: [.timerLateness: late], mean: mean),
                ]
            }.examination)
    }

    @Test func namesTheRequestsThatAreLate() throws {
        let finding = try #require(findings(0.010, mean: 0.040).first)
        #expect(finding.severity == .warning)
        #expect(finding.headline == "timers fire 10.0 ms late in the slowest 1 % of GET /slow")
        #expect(finding.effects == ["25 % of their time, though threads were free"])
        #expect(finding.impact == FindingImpact(tailSeconds: 0.010, request: "GET /slow"))
        #expect(finding.advice.first?.contains("tolerance: .zero") == true)
    }

    @Test(arguments: [(0.0049, 0.01, 0), (0.0051, 0.01, 1), (0.0051, 0.026, 0), (0.0051, 0, 0)])
    func latenessMakesIt(late: Double, mean: Double, count: Int) {
        #expect(findings(late, mean: mean).count == count)
    }

    @Test func isQuietAboutAHealthyService() {
        #expect(TimerLatenessRule.findings(in: ReportModel.healthy().examination).isEmpty)
    }
}

@Suite struct NoSignalRuleTests {
    @Test func repeatsTheProblemAndItsRemedy() throws {
        let model = ReportModel.healthy {
            $0.coverage.signal = .none
            $0.polls = 3
            $0.problems = [
                ReportProblem(kind: .lostRecords, sentence: "Records were lost.", remedy: "Larger rings."),
                ReportProblem(kind: .noSignal, sentence: "Nearly nothing was seen.", remedy: "Import Pollscope."),
            ]
        }
        let findings = NoSignalRule.findings(in: model.examination)
        let finding = try #require(findings.first)
        #expect(findings.count == 1)
        #expect(finding.severity == .critical)
        #expect(finding.headline == "Nearly nothing was seen")
        #expect(finding.advice == ["Import Pollscope."])
        #expect(finding.evidence("polls") == 3)
    }

    @Test func isQuietAboutAHealthyService() {
        #expect(NoSignalRule.findings(in: ReportModel.healthy().examination).isEmpty)
    }
}
