import Testing

@testable import Analysis
@testable import Diagnosis

@Suite struct StarvationRuleTests {
    private func model(
        p99: Double = 0.030, scheduler: Double = 0, kernel: Double = 0, blocked: Double = 0,
        kind: ExecutorKind = .global, polls: UInt64 = 100_000, others: Double = 0.9
    ) -> ReportModel {
        .healthy {
            let held = 200 - scheduler
            let culprits = [0.6, 0.4].enumerated().map { number, share in
                MadeUpService.culprit(
                    number == 0 ? .risk : .ledger, seconds: held * share, of: 200, blocked: blocked * share,
                    kernel: kernel * share)
            }
            $0.blame.executors = [
                MadeUpService.blame(MadeUpService.pool, kind, wait: 200, scheduler: scheduler, culprits)
            ]
            $0.executors[0] = MadeUpService.executor(
                MadeUpService.pool, kind, width: 4, polls: polls, waitP99: p99, utilisation: 0.97)
            $0.sites[0].waitSeconds.totalSeconds = 200 * others
            $0.sites.append(MadeUpService.report(.risk, polls: 1_000, pollSeconds: 0.005, waits: 200 * (1 - others)))
        }
    }

    private func findings(_ model: ReportModel) -> [Finding] { StarvationRule.findings(in: model.examination) }

    @Test func saysWhatHoldsTheThreads() throws {
        let finding = try #require(findings(model()).first)
        #expect(finding.severity == .warning)
        #expect(finding.subject == "global pool")
        #expect(finding.site?.code == SiteName.risk.place)
        #expect(
            finding.headline
                == "jobs wait 30.0 ms at P99 for the global pool, whose 4 threads are busy 97 % of the time")
        #expect(finding.context == "held most by RiskModel.score(_:) 60 %, Ledger.append(_:) 40 %")
        #expect(finding.impact.waitSeconds == 200)
        #expect(finding.victims.first?.name == "QuoteController.quote(_:)")
        #expect(finding.advice.last?.hasPrefix("or more processors") == true)
    }

    @Test func threadsThatBlockAskForMoreOfThem() {
        #expect(
            findings(model(blocked: 120)).first?.advice == ["more threads for this executor, or fewer calls at once"])
    }

    @Test(
        arguments: [(0.0049, nil), (0.0051, .warning), (0.049, .warning), (0.051, .critical)]
            as [(Double, Severity?)])
    func waitMakesIt(p99: Double, severity: Severity?) {
        #expect(findings(model(p99: p99)).map(\.severity) == [severity].compactMap(\.self))
    }

    @Test(arguments: [(98.0, 1), (102, 0)]) func whatNobodyHoldsIsTheSchedulers(scheduler: Double, count: Int) {
        #expect(findings(model(scheduler: scheduler)).count == count)
    }

    @Test(arguments: [(99.0, 1), (101, 0)]) func theKernelsIsAnotherRules(kernel: Double, count: Int) {
        #expect(findings(model(kernel: kernel)).count == count)
    }

    @Test(arguments: [(99, 0), (100, 1)] as [(UInt64, Int)]) func fewPollsAreChance(polls: UInt64, count: Int) {
        #expect(findings(model(polls: polls)).count == count)
    }

    /// Nobody but more of the same work waits, and no request feels it.
    @Test(arguments: [(0.09, .info), (0.11, .warning)] as [(Double, Severity)])
    func othersMustWait(others: Double, severity: Severity) {
        #expect(findings(model(others: others)).map(\.severity) == [severity])
    }

    @Test(arguments: [(0.0049, .info), (0.0051, .warning)] as [(Double, Severity)])
    func requestsThatWaitFeelIt(seconds: Double, severity: Severity) {
        var model = model(kind: .task)
        model.blame.tails = [
            MadeUpService.tail(culprits: [TailPlace(site: .risk, part: .executorWait, seconds: seconds)])
        ]
        #expect(findings(model).map(\.severity) == [severity])
        model.blame.tails[0].culprits[0].part = .actorWait
        #expect(findings(model).map(\.severity) == [.info], "waits for actors are not waits for threads")
    }

    @Test(arguments: [.main, .actors, .eventLoop] as [ExecutorKind]) func othersHaveRulesOfTheirOwn(kind: ExecutorKind)
    {
        #expect(findings(model(kind: kind)).isEmpty)
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings(.healthy()).isEmpty) }

    @Test(arguments: [(99, true), (100, false)] as [(UInt64, Bool)]) func saysWhatItLacks(polls: UInt64, lacks: Bool) {
        let model = ReportModel.healthy { $0.polls = polls }
        let sentence = StarvationRule.lacks(in: model.examination)
        #expect((sentence != nil) == lacks)
        #expect(sentence?.hasPrefix("99 polls are too few") ?? !lacks)
    }
}

@Suite struct ActorContentionRuleTests {
    private func model(
        p99: Double = 0.040, scheduler: Double = 0, queued: UInt64 = 1_000, tail: Double? = nil
    ) -> ReportModel {
        .healthy {
            let held = HoldReport(
                holds: 3_000, atOnce: 3_000 - queued, holdSeconds: MadeUpService.durations(24, p50: 0.008, p99: 0.012),
                waitSeconds: MadeUpService.durations(100, p50: 0.01, p99: p99))
            $0.actors = ActorsReport(
                actors: [
                    ActorReport(type: "Ledger", instance: 1, number: 1, held: held, utilisation: 0.83, sites: [])
                ], types: [ActorTypeReport(type: "Ledger", instances: 1, held: held)])
            $0.blame.executors = [
                MadeUpService.blame(
                    "actor Ledger", .actors, width: 1, wait: 100, scheduler: scheduler,
                    [MadeUpService.culprit(.ledger, seconds: 100 - scheduler, of: 100, on: "actor Ledger")])
            ]
            if let tail {
                $0.blame.tails = [
                    MadeUpService.tail(culprits: [TailPlace(site: .ledger, part: .actorWait, seconds: tail)])
                ]
            }
        }
    }

    private func findings(_ model: ReportModel) -> [Finding] { ActorContentionRule.findings(in: model.examination) }

    @Test func saysWhoHoldsTheActor() throws {
        let finding = try #require(findings(model(tail: 0.030)).first)
        #expect(finding.severity == .warning)
        #expect(finding.subject == "actor Ledger")
        #expect(finding.site?.code == SiteName.ledger.place)
        #expect(finding.headline == "tasks wait 40.0 ms at P99 for the actor Ledger, held 83 % of the time")
        #expect(finding.context.contains("a hold takes 8.00 ms at P50, 100/s"))
        #expect(finding.effects.last == "GET /quote +30.0 ms in its slowest 1 %")
        #expect(finding.impact.waitSeconds == 100)
        #expect(finding.impact.tailSeconds == 0.030)
        #expect(finding.evidence("queued") == 1_000)
        #expect(finding.advice.first?.contains("nonisolated") == true)
        #expect(finding.advice.last?.contains("Mutex") == true)
    }

    /// Of what tasks waited, the part that the actor was held counts.
    @Test(
        arguments: [
            (0.0049, 0, nil), (0.0051, 0, .warning), (0.0051, 10, nil), (0.049, 0, .warning), (0.051, 0, .critical),
            (0.051, 10, .warning),
        ] as [(Double, Double, Severity?)]) func waitMakesIt(p99: Double, scheduler: Double, severity: Severity?)
    {
        #expect(findings(model(p99: p99, scheduler: scheduler)).map(\.severity) == [severity].compactMap(\.self))
    }

    @Test(arguments: [(0.049, .warning), (0.051, .critical)] as [(Double, Severity)])
    func tailsMakeItCritical(tail: Double, severity: Severity) {
        #expect(findings(model(p99: 0.020, tail: tail)).map(\.severity) == [severity])
    }

    @Test(arguments: [(9, 0), (10, 1)] as [(UInt64, Int)]) func fewWaitsAreChance(queued: UInt64, count: Int) {
        #expect(findings(model(queued: queued)).count == count)
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings(.healthy()).isEmpty) }
}

@Suite struct MainActorOverloadRuleTests {
    private func model(p99: Double = 0.030, scheduler: Double = 0, blocked: Bool = false, polls: UInt64 = 500)
        -> ReportModel
    {
        .healthy {
            let held = 100 - scheduler
            $0.executors.append(
                MadeUpService.executor("main actor", .main, polls: polls, waitP99: p99, utilisation: 0.7))
            $0.sites.append(
                MadeUpService.report(.risk, on: "main actor", .main, polls: 500, pollSeconds: 0.025, waits: 1))
            $0.sites.append(
                MadeUpService.report(
                    MadeUpService.quote, on: "main actor", .main, polls: 500, pollSeconds: 1e-4, waits: 99))
            $0.longPolls = [
                MadeUpService.longPolls(
                    .risk, onCPU: 0.025, on: "main actor", stacks: [MadeUpService.node("Cache.rebuild()", 10, line: 7)])
            ]
            if blocked { $0.blocking = [MadeUpService.call("fsync", family: "file", site: .risk)] }
            $0.blame.executors = [
                MadeUpService.blame(
                    "main actor", .main, width: 1, wait: 100, scheduler: scheduler,
                    [
                        MadeUpService.culprit(
                            .risk, seconds: held * 0.8, of: 100, blocked: blocked ? held * 0.7 : 0, on: "main actor")
                    ])
            ]
        }
    }

    private func findings(_ model: ReportModel) -> [Finding] { MainActorOverloadRule.findings(in: model.examination) }

    @Test func namesTheCodeInside() throws {
        let finding = try #require(findings(model()).first)
        #expect(finding.severity == .warning)
        #expect(finding.site?.code.function == "Cache.rebuild()")
        #expect(finding.site?.poll == .risk)
        #expect(finding.headline == "jobs wait 30.0 ms at P99 for the main actor, most for Cache.rebuild()")
        #expect(finding.context.hasSuffix("which runs 25.0 ms at P50, 500 times"))
        #expect(finding.effects == ["80 % of the 100 s that jobs waited for it"])
        #expect(finding.impact.waitSeconds == 80)
        #expect(finding.victims.first?.name == "QuoteController.quote(_:)")
        #expect(finding.advice.first?.hasPrefix("take Cache.rebuild() off @MainActor") == true)
        #expect(finding.advice.count == 2)
    }

    @Test func namesTheCallAndItsAsynchronousMeans() throws {
        let finding = try #require(findings(model(blocked: true)).first)
        #expect(finding.site?.code.line == 91)
        #expect(finding.context.hasSuffix("blocked in fsync"))
        #expect(finding.advice.last?.hasPrefix("sync for several writes at once") == true)
    }

    @Test(
        arguments: [(0.0049, nil), (0.0051, .warning), (0.049, .warning), (0.051, .critical)]
            as [(Double, Severity?)])
    func waitMakesIt(p99: Double, severity: Severity?) {
        #expect(findings(model(p99: p99)).map(\.severity) == [severity].compactMap(\.self))
    }

    @Test(arguments: [(49.0, 1), (51, 0)]) func whatNobodyHoldsIsTheSchedulers(scheduler: Double, count: Int) {
        #expect(findings(model(scheduler: scheduler)).count == count)
    }

    @Test(arguments: [(9, 0), (10, 1)] as [(UInt64, Int)]) func fewPollsAreChance(polls: UInt64, count: Int) {
        #expect(findings(model(polls: polls)).count == count)
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings(.healthy()).isEmpty) }
}

@Suite struct EventLoopBlockedRuleTests {
    private static let loop = "event loop NIO-ELT-0-#0"
    private static let turn = MadeUpService.site("turn of event loop NIO-ELT-0-#0", line: nil)

    private func model(
        p99: Double = 0.030, polls: UInt64 = 100, seconds: Double = 0.040, blocked: Bool = false, loops: Int = 1
    ) -> ReportModel {
        .healthy {
            for number in 0..<loops {
                let name = "event loop NIO-ELT-0-#\(number)"
                $0.executors.append(MadeUpService.executor(name, .eventLoop, waitP99: 0))
                $0.eventLoops.append(
                    EventLoopReport(
                        name: name, turns: 10_000, jobs: 1_000, longTurns: polls, busyShare: 0.2,
                        turnSeconds: MadeUpService.none, readySecondsAtMost: MadeUpService.none,
                        arrivalWaitSeconds: ArrivalWait(
                            mean: 0.001, p50: 0, p95: 0.01, p99: number == 0 ? p99 : p99 / 2, p999: p99, max: p99 * 2)))
                let call = MadeUpService.call(
                    "getaddrinfo", family: "name", from: "Upstream.connect()", site: Self.turn)
                $0.longPolls.append(
                    MadeUpService.longPolls(
                        Self.turn, polls: polls, onCPU: blocked ? 0 : seconds, blocked: blocked ? seconds : 0, on: name,
                        stacks: [MadeUpService.node("Codec.decode(_:)", 4, line: 12, state: blocked ? .blocked : .cpu)],
                        calls: blocked ? [call] : []))
            }
        }
    }

    private func findings(_ model: ReportModel) -> [Finding] { EventLoopBlockedRule.findings(in: model.examination) }

    @Test func namesTheHandler() throws {
        let finding = try #require(findings(model()).first)
        #expect(finding.severity == .warning)
        #expect(finding.subject == Self.loop)
        #expect(finding.site?.code.function == "Codec.decode(_:)")
        #expect(finding.headline == "Codec.decode(_:) computes 40.0 ms on an event loop")
        #expect(finding.effects.first == "what comes in on \(Self.loop) waits up to 60.0 ms, 30.0 ms at P99")
        #expect(finding.impact.tailSeconds == 0.030)
        #expect(finding.evidence("longTurns") == 100)
        #expect(finding.advice.count == 1)
        #expect(finding.advice.first?.contains("eventLoop.execute") == true)
    }

    @Test func namesTheCallAndItsAsynchronousMeans() throws {
        let finding = try #require(findings(model(blocked: true)).first)
        #expect(finding.headline == "Upstream.connect() blocks in getaddrinfo 40.0 ms on an event loop")
        #expect(finding.advice.last?.hasPrefix("an asynchronous resolver") == true)
    }

    @Test func oneHandlerOnTwoLoopsIsOneFinding() throws {
        let found = findings(model(loops: 2))
        #expect(found.count == 1)
        #expect(found.first?.subject == Self.loop, "the loop whose arrivals wait longest")
        #expect(found.first?.context.hasSuffix("and 1 more loop") == true)
        #expect(found.first?.evidence("longTurns") == 200)
    }

    @Test(
        arguments: [(0.0049, .info), (0.0051, .warning), (0.049, .warning), (0.051, .critical)]
            as [(Double, Severity)])
    func arrivalsMakeItBad(p99: Double, severity: Severity) {
        #expect(findings(model(p99: p99)).map(\.severity) == [severity])
    }

    @Test(arguments: [(2, .info), (3, .warning)] as [(UInt64, Severity)])
    func fewTurnsAreChance(polls: UInt64, severity: Severity) {
        #expect(findings(model(polls: polls)).map(\.severity) == [severity])
    }

    @Test(arguments: [(0.0099, 0), (0.0101, 1)]) func speaksFromALongPollOn(seconds: Double, count: Int) {
        #expect(findings(model(seconds: seconds)).count == count)
    }

    @Test func isQuietAboutAHealthyService() {
        #expect(findings(.healthy()).isEmpty)
        // Long polls elsewhere are not its.
        #expect(findings(.healthy { $0.compute() }).isEmpty)
    }
}
