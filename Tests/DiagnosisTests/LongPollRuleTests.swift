import Testing

@testable import Analysis
@testable import Diagnosis

@Suite struct LongPollRuleTests {
    private func findings(_ change: (inout ReportModel) -> Void) -> [Finding] {
        LongPollRule.findings(in: ReportModel.healthy(change).examination)
    }

    @Test func namesTheCodeAndWhatItCosts() throws {
        let model = ReportModel.healthy {
            $0.compute()
            $0.blame.tails = [
                MadeUpService.tail(
                    mean: 0.0677, culprits: [TailPlace(site: .risk, part: .executorWait, seconds: 0.061)])
            ]
        }
        let finding = try #require(Diagnosis(of: model).findings.first)
        #expect(finding.kind == .longPoll)
        #expect(finding.severity == .critical)
        #expect(finding.site?.code.line == 61)
        #expect(finding.site?.poll == .risk)
        #expect(finding.headline == "RiskModel.score(_:) computes 40.0 ms without suspending")
        #expect(finding.context == "after await 2, task POST /risk")
        #expect(
            finding.effects == [
                "93 % of all waiting for the global pool (186 s)", "GET /quote +61.0 ms in its slowest 1 %",
            ])
        #expect(abs((finding.impact.waitSeconds ?? 0) - 186) < 1e-9)
        #expect(abs((finding.impact.waitShare ?? 0) - 0.93) < 1e-9)
        #expect(abs((finding.impact.tailSeconds ?? 0) - 0.061) < 1e-9)
        #expect(finding.impact.request == "GET /quote")
        #expect(finding.evidence("longPolls") == 500)
        #expect(finding.evidence("samples") == 2_000)
        #expect(finding.victims == [FindingVictim(name: "GET /quote", seconds: 0.061 * 300)])
    }

    @Test(arguments: [(0.0101, 1), (0.0099, 0)]) func speaksFromALongPollOn(seconds: Double, count: Int) {
        #expect(findings { $0.compute(seconds: seconds) }.count == count)
    }

    /// Half of such polls computing is enough if they are twice as long.
    @Test(arguments: [(0.011, 0.010, 1), (0.009, 0.012, 0), (0.0091, 0.009, 0)])
    func halfOfAPollTwiceAsLongIsEnough(onCPU: Double, blocked: Double, count: Int) {
        let found = findings { $0.longPolls = [MadeUpService.longPolls(.risk, onCPU: onCPU, blocked: blocked)] }
        #expect(found.count == count)
    }

    /// What the kernel did not run is not computed: only the measured part counts in full.
    @Test func estimatesCountAsFarAsThreadsRan() {
        func polls(estimated: Double) -> LongPollSite {
            var polls = MadeUpService.longPolls(.risk, polls: 100, onCPU: 0.012)
            polls.split.estimatedSeconds = estimated
            return polls
        }
        for (estimated, count) in [(0.0, 1), (1.2, 0)] {
            let found = findings {
                $0.longPolls = [polls(estimated: estimated)]
                $0.kernelWait = MadeUpService.kernelWait(ready: 20, cpu: 20)
            }
            #expect(found.count == count, "\(estimated) s by estimate")
        }
    }

    @Test(
        arguments: [
            (0.06, 0.0049, nil), (0.04, 0.0051, nil), (0.06, 0.0051, .warning), (0.6, 0.049, .warning),
            (0.6, 0.051, .critical), (0.4, 0.051, .warning),
        ] as [(Double, Double, Severity?)]) func waitingMakesItBad(share: Double, p99: Double, severity: Severity?)
    {
        let found = findings { $0.compute(share: share, waitP99: p99) }
        #expect(found.map(\.severity) == [severity ?? .info])
    }

    @Test(
        arguments: [
            (0.0049, 0.010, .info), (0.0051, 0.010, .warning), (0.0051, 0.030, .info), (0.049, 0.1, .warning),
            (0.051, 0.1, .critical),
        ] as [(Double, Double, Severity)]) func tailsMakeItBad(seconds: Double, mean: Double, severity: Severity)
    {
        let found = findings {
            $0.compute(waitP99: 0.001)
            $0.blame.tails = [
                MadeUpService.tail(
                    mean: mean, culprits: [TailPlace(site: .risk, part: .executorWait, seconds: seconds)])
            ]
        }
        #expect(found.map(\.severity) == [severity])
    }

    /// The requests' own computing hurts nobody else.
    @Test func whatRequestsComputeThemselvesIsTheirDoing() throws {
        let found = findings {
            $0.compute(waitP99: 0.001)
            $0.blame.tails = [MadeUpService.tail(own: [TailPlace(site: .risk, part: .onCPU, seconds: 0.08)])]
        }
        let finding = try #require(found.first)
        #expect(finding.severity == .info)
        #expect(finding.impact.tailSeconds == nil)
        #expect(finding.effects.contains("80.0 ms of the slowest GET /quote is its own doing"))
    }

    @Test(arguments: [(2, .info), (3, .warning)] as [(Int, Severity)])
    func episodesMakeItBad(count: Int, severity: Severity) throws {
        let found = findings {
            $0.compute(waitP99: 0.004)
            $0.blame.episodes = Array(repeating: MadeUpService.episode(.risk), count: count)
        }
        let finding = try #require(found.first)
        #expect(finding.severity == severity)
        #expect(finding.symptoms.map(\.kind) == [.starvation])
        #expect(
            finding.symptoms.first?.sentence
                == "\(count) episodes of starvation of the global pool, the longest 250 ms, as many as 61 jobs waiting")
    }

    /// Blocked episodes are not a computing site's.
    @Test func episodesOfAnotherCauseAreNotIts() {
        let found = findings {
            $0.compute(waitP99: 0.004)
            $0.blame.episodes = Array(repeating: MadeUpService.episode(.risk, .blocked), count: 5)
        }
        #expect(found.map(\.severity) == [.info])
        #expect(found.allSatisfy { $0.symptoms.isEmpty })
    }

    /// A batch that waits for itself.
    @Test(arguments: [(0.09, .info), (0.11, .critical)] as [(Double, Severity)])
    func othersMustWait(others: Double, severity: Severity) {
        let found = findings {
            $0.compute()
            $0.sites[0].waitSeconds.totalSeconds = 200 * others
            $0.sites[1].waitSeconds.totalSeconds = 200 * (1 - others)
        }
        #expect(found.map(\.severity) == [severity])
    }

    @Test(arguments: [(0.24, .info), (0.26, .critical)] as [(Double, Severity)])
    func rareLongPollsAreExceptions(part: Double, severity: Severity) {
        let found = findings {
            $0.compute(seconds: 0.040, polls: 500)
            $0.sites[1].pollSeconds.totalSeconds = 20 / part
        }
        #expect(found.map(\.severity) == [severity])
    }

    /// Two places in one function are one finding; what is on the main actor or an event loop is another rule's.
    @Test func oneFunctionIsOneFinding() throws {
        let other = MadeUpService.site("RiskModel.score(_:)", line: 52, await: 3, task: "POST /batch")
        let found = findings {
            $0.compute(share: 0.4)
            $0.compute(other, share: 0.3)
            $0.executors.append(MadeUpService.executor("main", .main, waitP99: 0))
            $0.executors.append(MadeUpService.executor("loop", .eventLoop, waitP99: 0))
            for executor in ["main", "loop"] {
                $0.longPolls.append(MadeUpService.longPolls(.ledger, onCPU: 0.05, on: executor))
            }
        }
        let finding = try #require(found.first)
        #expect(found.count == 1)
        #expect(finding.evidence("longPolls") == 1_000)
        #expect(abs((finding.impact.waitShare ?? 0) - 0.7) < 1e-9)
    }

    @Test(arguments: [(0.0101, "10"), (0.040, "40"), (2.5, "2,500")])
    func advisesAsManyYieldsAsMilliseconds(seconds: Double, times: String) throws {
        let looping = try #require(
            findings {
                $0.compute(seconds: seconds, stacks: [MadeUpService.node("RiskModel.score(_:)", 1, loop: true)])
            }.first)
        #expect(looping.headline.hasSuffix("without suspending, in a loop"))
        #expect(
            looping.advice.first
                == "await Task.yield() in its loop, \(times) times a call (of n items, after every n / \(times)): "
                + "then it runs 1 ms at a time")
        #expect(looping.advice.last?.contains("Task(executorPreference:)") == true)
        let straight = try #require(
            findings {
                $0.compute(seconds: seconds, stacks: [MadeUpService.node("RiskModel.score(_:)", 1, loop: false)])
            }.first)
        #expect(straight.advice.first?.contains("\(times) parts with await Task.yield() between them") == true)
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings { _ in }.isEmpty) }

    @Test func saysWhatItLacks() {
        #expect(LongPollRule.lacks(in: ReportModel.healthy().examination) == nil)
        for state in [ProbeReport.State.off, .refused] {
            let model = ReportModel.healthy { $0.coverage.probes[0].state = state }
            #expect(LongPollRule.lacks(in: model.examination)?.contains("POLLSCOPE_LONG_POLL") == true)
        }
    }
}
