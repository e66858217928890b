import Testing
import Wording

@testable import Analysis
@testable import Diagnosis

/// A recording is a file, and names come from processes: neither is to be trusted.
@Suite struct HostileTests {
    private static let numbers: [Double] = [
        .nan, .infinity, -.infinity, 0, -1, 1e-300, 1e12, 1e300, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
    ]

    private func texts(_ diagnosis: Diagnosis) -> [String] {
        diagnosis.findings.flatMap(\.texts) + diagnosis.notEnough.map(\.sentence) + diagnosis.verdict.leaveAlone + [
            diagnosis.verdict.sentence
        ]
    }

    /// The model that the other tests make hostile has something for every rule to say.
    @Test func everyRuleSpeaksOfTheAilingService() {
        var model = AilingService().model
        model.problems = [ReportProblem(kind: .noSignal, sentence: "Nothing.", remedy: "Import.")]
        // A process that the kernel does not run has no late timers of its own.
        var run = model
        run.kernelWait = nil
        for rule in Diagnosis.rules {
            let findings = rule.findings(in: (rule.kind == .timerLateness ? run : model).examination)
            #expect(!findings.isEmpty, "\(rule.kind)")
            #expect(findings.allSatisfy { $0.kind == rule.kind && !$0.headline.isEmpty && !$0.advice.isEmpty })
            #expect(findings.allSatisfy { !$0.headline.hasSuffix(".") && !$0.evidence.isEmpty })
        }
    }

    @Test(arguments: numbers) func noNumberTraps(factor: Double) {
        var model = AilingService(factor: factor).model
        let diagnosis = Diagnosis(of: model)
        #expect(!texts(diagnosis).contains { $0.contains("nan") || $0.contains("inf") })
        // Each rule alone, whatever the others and the signal have kept from it.
        model.problems = [ReportProblem(kind: .noSignal, sentence: "Nothing.", remedy: "Import.")]
        for rule in Diagnosis.rules {
            let found = rule.findings(in: model.examination)
            #expect(found.allSatisfy { $0.kind == rule.kind })
            #expect(found.allSatisfy { $0.weight.isFinite || factor.isFinite })
        }
    }

    /// One number at a time: the others let the rules come to it.
    @Test(arguments: numbers) func noNumberTrapsAmongSoundOnes(number: Double) {
        let changes: [(inout ReportModel) -> Void] = [
            { $0.session.durationSeconds = number }, { $0.coverage.processCPUSeconds = number },
            { $0.threads.createdPerSecond = number }, { $0.load.startStretchSeconds = number },
            { $0.load.tasks?.createdPerSecondPeak = number },
            { $0.kernelWait?.pollThreads.runQueueSeconds = number }, { $0.kernelWait?.pollThreads.cpuSeconds = number },
            { $0.allocations?.allocatorShare?.value = number }, { $0.allocations?.processSeconds = number },
            { $0.allocations?.places[0].count.value = number },
            { model in for index in model.blame.executors.indices { model.blame.executors[index].waitSeconds = number }
            },
            { model in for index in model.blame.tails.indices { model.blame.tails[index].meanSeconds = number } },
            { model in for index in model.executors.indices { model.executors[index].waitSeconds.p99 = number } },
            { model in for index in model.executors.indices { model.executors[index].pollSeconds.totalSeconds = number }
            },
            { model in for index in model.sites.indices { model.sites[index].pollSeconds.p50 = number } },
            { model in for index in model.sites.indices { model.sites[index].waitSeconds.totalSeconds = number } },
            { model in for index in model.sites.indices { model.sites[index].blockedSeconds = number } },
            { model in for index in model.longPolls.indices { model.longPolls[index].split.onCPUSeconds = number } },
            { model in for index in model.longPolls.indices { model.longPolls[index].split.estimatedSeconds = number }
            },
            { model in for index in model.longPolls.indices { model.longPolls[index].stacks[0].seconds = number } },
            { model in for index in model.longPolls.indices { model.longPolls[index].polls = 0 } },
            { model in for index in model.longPolls.indices { model.longPolls[index].stacks = [] } },
            { model in for index in model.blocking.indices { model.blocking[index].seconds.totalSeconds = number } },
            { model in for index in model.blocking.indices { model.blocking[index].count = 0 } },
            { model in for index in model.pools.indices { model.pools[index].advice?.littlesLaw = number } },
            { model in for index in model.pools.indices { model.pools[index].advice?.size = -3 } },
            { model in for index in model.pools.indices { model.pools[index].inUsePeak = -3 } },
            { model in for index in model.executors.indices { model.executors[index].width = 0 } },
            { $0.requests.endpoints[0].durationSeconds.p50 = number },
            { $0.requests.endpoints[0].durationSeconds.p99 = number },
            { $0.requests.endpoints[0].durationSeconds.totalSeconds = number },
            { $0.requests.endpoints[0].perSecond = number },
            { $0.requests.endpoints[0].cohorts[0].meanSeconds = number },
            { $0.actors.types[0].held.waitSeconds.p99 = number }, { $0.session.processors = 0 },
        ]
        for (index, change) in changes.enumerated() {
            var model = AilingService().model
            change(&model)
            let diagnosis = Diagnosis(of: model)
            #expect(!diagnosis.findings.isEmpty, "change \(index)")
            #expect(
                !texts(diagnosis).contains { $0.contains("nan") || $0.contains("inf %") }, "change \(index)")
            #expect(diagnosis.verdict.answer != .healthy, "change \(index)")
        }
    }

    /// Of arrays that belong together some are empty.
    @Test func nothingNeedsToBeThere() {
        let changes: [(inout ReportModel) -> Void] = [
            { $0.executors = [] }, { $0.sites = [] }, { $0.longPolls = [] }, { $0.blocking = [] },
            { $0.blame = BlameReport() }, { $0.blame.executors = [] }, { $0.blame.tails = [] },
            { model in for index in model.blame.executors.indices { model.blame.executors[index].culprits = [] } },
            { $0.requests = RequestsReport() }, { $0.requests.endpoints[0].cohorts = [] },
            { $0.actors = ActorsReport(actors: [], types: []) }, { $0.actors.actors = [] }, { $0.eventLoops = [] },
            { $0.load.starts = [] }, { $0.load.tasks = nil }, { $0.allocations?.places = [] },
            { model in for index in model.pools.indices { model.pools[index].advice?.sizes = [] } },
            { model in for index in model.stuckTasks.indices { model.stuckTasks[index].tasks = [] } },
            { $0.coverage.probes = [] }, { $0.coverage.processCPUSeconds = nil },
        ]
        for (index, change) in changes.enumerated() {
            var model = AilingService().model
            change(&model)
            let diagnosis = Diagnosis(of: model)
            #expect(!diagnosis.findings.isEmpty, "change \(index)")
            #expect(diagnosis.findings.allSatisfy { !$0.headline.isEmpty }, "change \(index)")
        }
    }

    @Test(arguments: ["\u{1B}[2J", "\n1 CRITICAL", "\u{202E}", "\u{0}", "\u{2028}", "\r", "\u{9B}31m"])
    func namesCannotMoveTheCursor(suffix: String) {
        var service = AilingService()
        service.suffix = suffix
        var model = service.model
        let kinds = Set(Diagnosis(of: model).findings.map(\.kind))
        #expect(kinds == Set(Diagnosis(of: AilingService().model).findings.map(\.kind)), "names change no finding")
        model.problems = [ReportProblem(kind: .noSignal, sentence: "x" + suffix, remedy: "y" + suffix)]
        let examination = model.examination
        let findings = Diagnosis.rules.flatMap { $0.findings(in: examination) }
        #expect(findings.contains { $0.texts.contains { $0.contains("\u{FFFD}") } })
        let bad = findings.flatMap(\.texts).filter { $0 != $0.printable }
        #expect(bad == [])
        #expect(texts(Diagnosis(of: model)).filter { $0 != $0.printable } == [])
        let lacking = Diagnosis.rules.compactMap { $0.lacks(in: examination) }
        #expect(lacking.filter { $0 != $0.printable } == [])
        #expect(lacking.contains { $0.contains("\u{FFFD}") })
    }

    @Test(arguments: [(.nan, 0), (-1, 0), (-.infinity, 0), (0.4, 0), (0.6, 1), (2.5e3, 2_500)] as [(Double, UInt64)])
    func wholeNumbersAreNear(value: Double, whole: UInt64) {
        #expect(UInt64(nearest: value) == whole)
        #expect(UInt64(nearest: .infinity) == 1_000_000_000_000_000_000)
    }

    @Test(arguments: [(Double.nan, "?"), (.infinity, "?"), (-2, "−2.00"), (3, "3.00")])
    func figuresAreText(value: Double, text: String) { #expect(Quantity.threeDigits(value) == text) }
}
