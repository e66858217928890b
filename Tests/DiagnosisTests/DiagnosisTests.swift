import Testing

@testable import Analysis
@testable import Diagnosis

@Suite struct DiagnosisOfAModelTests {
    /// Each kind has a rule, and each rule its kind.
    @Test func rulesAndKindsMatch() {
        #expect(Set(Diagnosis.rules.map { $0.kind.rawValue }) == Set(FindingKind.allCases.map(\.rawValue)))
        #expect(Diagnosis.rules.count == FindingKind.allCases.count)
    }

    @Test func severitiesAreInOrder() { #expect(Severity.allCases == Severity.allCases.sorted()) }

    @Test func aHealthyServiceIsHealthy() {
        let diagnosis = Diagnosis(of: .healthy())
        #expect(diagnosis.findings == [])
        #expect(diagnosis.notEnough == [])
        #expect(diagnosis.verdict.answer == .healthy)
        #expect(
            diagnosis.verdict.sentence
                == "Nothing wrong. Looked at 100,000 polls in 30.0 s, the longest 200 µs, wait P99 100 µs at most "
                + "(global pool), 30,000 requests.")
        #expect(diagnosis.verdict.leaveAlone == ["allocation (2.0 % of CPU)"])
    }

    // MARK: Order

    /// Three long polls that add differently much to the tail, a short but critical wait, and a neighbour.
    private func crowded() -> ReportModel {
        .healthy {
            let sites = (0..<3).map { MadeUpService.site("Model\($0).run()", line: 40 + $0) }
            for site in sites { $0.compute(site, share: 0.2, waitP99: 0.030) }
            $0.blame.tails = [
                MadeUpService.tail(
                    mean: 0.2,
                    culprits: zip(sites, [0.010, 0.060, 0.030]).map {
                        TailPlace(site: $0.0, part: .executorWait, seconds: $0.1)
                    })
            ]
            $0.threads = ThreadsReport(created: 9_000, createdPerSecond: 300)
        }
    }

    @Test func theWorstIsFirst() {
        let findings = Diagnosis(of: crowded()).findings
        #expect(
            findings.map { $0.site?.code.function ?? $0.kind.rawValue }
                == ["Model1.run()", "Model2.run()", "Model0.run()", "thread-churn"])
        #expect(findings.map(\.severity) == findings.map(\.severity).sorted(by: >))
        #expect(findings.first?.severity == .critical)
        #expect(findings.last?.kind == .threadChurn)
    }

    @Test func weighsTailsBeforeShares() {
        func finding(_ kind: FindingKind = .longPoll, _ impact: FindingImpact) -> Finding {
            Finding(kind, .warning, headline: "", impact: impact, advice: [])
        }
        let tail = finding(FindingKind.longPoll, FindingImpact(tailSeconds: 0.010))
        #expect(tail.weight > finding(.longPoll, FindingImpact(waitShare: 1)).weight)
        #expect(tail.weight < finding(.longPoll, FindingImpact(waitShare: 0.5, tailSeconds: 0.010)).weight)
        // A neighbour that adds less than twice as much comes after what can be mended here.
        #expect(tail.weight > finding(.kernelContention, FindingImpact(tailSeconds: 0.019)).weight)
        #expect(tail.weight < finding(.kernelContention, FindingImpact(tailSeconds: 0.021)).weight)
        for odd in [Double.nan, .infinity] {
            #expect(finding(.longPoll, FindingImpact(waitShare: odd, tailSeconds: odd, cpuShare: odd)).weight == 0)
        }
    }

    @Test func theSameModelGivesTheSameDiagnosis() {
        let (one, other) = (Diagnosis(of: crowded()), Diagnosis(of: crowded()))
        #expect(one.findings.count >= 4)
        #expect(one.findings == other.findings)
        #expect(one.verdict == other.verdict)
        #expect(one.notEnough == other.notEnough)
    }

    /// What an array of the report is not in the order of, no finding may depend on.
    @Test(arguments: 0..<5) func orderOfTheFiguresDoesNotMatter(turn: Int) {
        var model = crowded()
        model.executors.append(MadeUpService.executor("main actor", .main, waitP99: 0.020))
        model.blame.executors.append(
            MadeUpService.blame(
                "main actor", .main, width: 1, wait: 10,
                [MadeUpService.culprit(.ledger, seconds: 10, of: 10, on: "main actor")]))
        var turned = model
        func turnAround<Element>(_ elements: inout [Element]) {
            let cut = turn % max(1, elements.count)
            elements = Array(elements[cut...].reversed() + elements[..<cut])
        }
        turnAround(&turned.executors)
        turnAround(&turned.sites)
        turnAround(&turned.longPolls)
        turnAround(&turned.blame.executors)
        turnAround(&turned.coverage.probes)
        let (one, other) = (Diagnosis(of: model), Diagnosis(of: turned))
        #expect(one.findings.map(\.headline) == other.findings.map(\.headline))
        #expect(one.findings.map(\.severity) == other.findings.map(\.severity))
        #expect(one.findings.map(\.advice) == other.findings.map(\.advice))
        #expect(one.verdict == other.verdict)
    }

    @Test func equallyBadFindingsAreInTheOrderOfTheirWords() {
        var model = crowded()
        model.blame.tails = []
        let one = Diagnosis(of: model).all(.longPoll).map(\.headline)
        model.longPolls.reverse()
        #expect(one.count == 3)
        #expect(one == one.sorted())
        #expect(Diagnosis(of: model).all(.longPoll).map(\.headline) == one)
    }

    // MARK: Too little

    @Test func withoutSignalNothingElseIsSaid() {
        let model = ReportModel.healthy {
            $0.compute()
            $0.coverage.signal = .none
            $0.problems = [ReportProblem(kind: .noSignal, sentence: "Nothing was seen.", remedy: "Import it.")]
        }
        let diagnosis = Diagnosis(of: model)
        #expect(diagnosis.findings.map(\.kind) == [.noSignal])
        #expect(diagnosis.verdict.answer == .unknown)
        #expect(diagnosis.verdict.leaveAlone == [])
    }

    @Test func whatIsLackingIsSaidByRule() {
        let model = ReportModel.healthy {
            $0.polls = 3
            $0.threads.createdPerSecond = nil
            $0.kernelWait = nil
            ($0.allocations, $0.allocationsMissing) = (nil, "Not counted.")
        }
        let diagnosis = Diagnosis(of: model)
        #expect(
            diagnosis.notEnough.map(\.kind) == [.starvation, .allocationHotspot, .threadChurn, .kernelContention])
        #expect(diagnosis.notEnough.allSatisfy { !$0.sentence.isEmpty })
    }
}

@Suite struct VerdictTests {
    private func verdict(_ change: (inout ReportModel) -> Void) -> Verdict {
        Diagnosis(of: .healthy(change)).verdict
    }

    /// A warning that says nothing of requests.
    private func warn(_ model: inout ReportModel, perSecond: Double = 300) {
        model.threads = ThreadsReport(created: 90_000, createdPerSecond: perSecond)
    }

    @Test(arguments: [.none, .idle] as [Coverage.Signal]) func whatWasNotSeenIsNotHealthy(signal: Coverage.Signal) {
        let verdict = verdict { $0.coverage.signal = signal }
        #expect(verdict.answer == .unknown)
        #expect(verdict.leaveAlone.isEmpty)
        // Nor with anything wrong.
        #expect(self.verdict { ($0.coverage.signal, _) = (signal, warn(&$0)) }.answer != .healthy)
    }

    @Test(arguments: [(99, .unknown), (100, .healthy)] as [(UInt64, Verdict.Answer)])
    func fewPollsAreNotEnough(polls: UInt64, answer: Verdict.Answer) {
        #expect(verdict { $0.polls = polls }.answer == answer)
        // What is wrong is wrong all the same.
        #expect(verdict { ($0.polls, _) = (polls, warn(&$0)) }.answer != .unknown)
    }

    @Test func whatIsWorthKnowingIsNotWrong() {
        let verdict = verdict {
            $0.compute(share: 0.01, waitP99: 0.001)
        }
        #expect(verdict.answer == .healthy)
    }

    @Test func withoutRequestsItIsNotKnownHowMuchTheyGain() {
        let verdict = verdict {
            warn(&$0)
            $0.requests = RequestsReport()
        }
        #expect(verdict.answer == .worthIt)
        #expect(verdict.sentence.contains("Pollscope.request"))
    }

    @Test(arguments: [(0.099, .notWorthIt), (0.101, .worthIt)] as [(Double, Verdict.Answer)])
    func slowRequestsAreWorthIt(p99: Double, answer: Verdict.Answer) {
        let verdict = verdict {
            warn(&$0)
            $0.requests.endpoints = [MadeUpService.endpoint("GET /quote", p50: 0.05, p99: p99)]
        }
        #expect(verdict.answer == answer)
        #expect(
            verdict.sentence.contains(answer == .worthIt ? "Worth tuning: P99 of GET /quote" : "Hardly worth tuning"))
        #expect(verdict.sentence.contains("at 1,000/s requests, 50.0 at once on average"))
    }

    /// Little's law: the rate times the mean.
    @Test(arguments: [(0.99, .notWorthIt), (1.01, .worthIt)] as [(Double, Verdict.Answer)])
    func manyAtOnceAreWorthIt(mean: Double, answer: Verdict.Answer) {
        #expect(
            verdict {
                warn(&$0)
                $0.requests.endpoints = [MadeUpService.endpoint("GET /quote", p50: mean, p99: 0.09)]
            }.answer == answer)
    }

    @Test(arguments: [(0.0019, .worthIt), (0.0021, .notWorthIt)] as [(Double, Verdict.Answer)])
    func skewedRequestsAreWorthIt(p50: Double, answer: Verdict.Answer) {
        #expect(
            verdict {
                warn(&$0)
                $0.requests.endpoints = [MadeUpService.endpoint("GET /quote", p50: p50, p99: 0.0205)]
            }.answer == answer)
    }

    @Test(
        arguments: [(2_970, 300, .notWorthIt), (3_030, 300, .worthIt), (2_970, 2_000, .worthIt)]
            as [(UInt64, Double, Verdict.Answer)])
    func atLowRatesAMachineIsCheaper(count: UInt64, threads: Double, answer: Verdict.Answer) {
        let verdict = verdict {
            warn(&$0, perSecond: threads)
            $0.requests.endpoints = [MadeUpService.endpoint("GET /quote", count: count, p50: 0.05, p99: 0.3)]
        }
        #expect(verdict.answer == answer)
        #expect(verdict.sentence.contains("is cheaper") == (answer == .notWorthIt))
    }

    @Test func whatIsFineIsToBeLeftAlone() {
        let held = HoldReport(
            holds: 10, atOnce: 5, holdSeconds: MadeUpService.none, waitSeconds: MadeUpService.durations(1, p50: 0.001))
        let healthy = verdict {
            $0.actors.types = [ActorTypeReport(type: "Ledger", instances: 1, held: held)]
            $0.eventLoops = [
                EventLoopReport(
                    name: "loop", turns: 1, jobs: 1, longTurns: 0, busyShare: 0, turnSeconds: MadeUpService.none,
                    readySecondsAtMost: MadeUpService.none,
                    arrivalWaitSeconds: ArrivalWait(mean: 0, p50: 0, p95: 0, p99: 0.0001, p999: 0, max: 0))
            ]
        }
        #expect(
            healthy.leaveAlone == [
                "allocation (2.0 % of CPU)", "event loops (an arrival waits 100 µs at P99)",
                "actors (wait P99 1.00 ms for Ledger)",
            ])
        #expect(verdict { $0.allocations = MadeUpService.allocations(share: 0.11) }.leaveAlone == [])
    }
}
