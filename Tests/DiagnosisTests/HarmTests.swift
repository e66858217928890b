import Testing

@testable import Analysis
@testable import Diagnosis

@Suite struct HarmTests {
    private func harm(
        _ kind: CauseKind = .computing, share: Double = 1, sites: Set<SiteName> = [.risk],
        _ change: (inout ReportModel) -> Void
    ) -> Harm { ReportModel.healthy(change).examination.harm(of: sites, by: kind, share: share) }

    private static let mixed = MadeUpService.culprit(.risk, seconds: 100, of: 200, blocked: 30, kernel: 20)

    /// What a culprit was doing divides up what others waited for it.
    @Test(arguments: [(.computing, 50.0), (.blocked, 30), (.kernel, 20)] as [(CauseKind, Double)])
    func waitingIsDividedByWhatTheCulpritDid(kind: CauseKind, seconds: Double) {
        let harm = harm(kind) { $0.wait(0.03, for: [Self.mixed]) }
        #expect(abs(harm.waitSeconds - seconds) < 1e-9)
        #expect(abs(harm.waitShare - seconds / 200) < 1e-9)
        #expect(harm.executor?.name == MadeUpService.pool)
    }

    @Test func othersAndHelpersAreNotMeant() {
        let harm = harm {
            $0.wait(
                0.03,
                for: [
                    MadeUpService.culprit(.ledger, seconds: 90, of: 200),
                    MadeUpService.culprit(.risk, seconds: 50, of: 200, kind: .timer),
                ])
        }
        #expect(harm.waitSeconds == 0)
        #expect(harm.executor == nil)
    }

    /// Most seconds, and not the largest part of little.
    @Test func theExecutorIsWhereMostWait() {
        let harm = harm {
            $0.wait(0.03, for: [MadeUpService.culprit(.risk, seconds: 20, of: 200)])
            $0.blame.executors.insert(
                MadeUpService.blame("side", .task, wait: 2, [MadeUpService.culprit(.risk, seconds: 2, of: 2)]), at: 0)
        }
        #expect(harm.executor?.name == MadeUpService.pool)
        #expect(abs(harm.waitShare - 0.1) < 1e-9)
        #expect(abs(harm.waitSeconds - 22) < 1e-9)
    }

    /// Of tails it is not known what a culprit did: as of all waiting for it.
    @Test func tailsAreDividedAsTheWaiting() throws {
        let harm = harm(.blocked) {
            $0.wait(0.03, for: [Self.mixed])
            $0.blame.tails = [
                MadeUpService.tail(
                    mean: 0.1, own: [TailPlace(site: .risk, part: .onCPU, seconds: 0.01)],
                    culprits: [
                        TailPlace(site: .risk, part: .executorWait, seconds: 0.05),
                        TailPlace(site: .ledger, part: .executorWait, seconds: 0.02),
                    ]),
                MadeUpService.tail(
                    "GET /slower", mean: 0.5, own: [TailPlace(site: .risk, part: .blocked, seconds: 0.2)],
                    culprits: [TailPlace(site: .risk, part: .executorWait, seconds: 0.1)]),
                MadeUpService.tail(
                    "none", mean: 0, culprits: [TailPlace(site: .risk, part: .executorWait, seconds: 1)]),
            ]
        }
        #expect(harm.tails.map(\.request) == ["GET /slower", "GET /quote"], "most first")
        #expect(abs(harm.tails[0].seconds - 0.03) < 1e-12)
        #expect(abs(harm.tails[0].share - 0.06) < 1e-12)
        #expect(abs(harm.tails[1].seconds - 0.015) < 1e-12)
        // What they computed themselves is no call.
        #expect(harm.own.map(\.request) == ["GET /slower"])
        #expect(harm.own.map(\.seconds) == [0.2])
    }

    @Test func aPartOfASiteHasAPartOfTheHarm() {
        let harm = harm(.blocked, share: 0.5) {
            $0.wait(0.03, for: [Self.mixed])
            $0.blame.tails = [MadeUpService.tail(own: [TailPlace(site: .risk, part: .blocked, seconds: 0.02)])]
        }
        #expect(abs(harm.waitSeconds - 15) < 1e-9)
        #expect(harm.own.map(\.seconds) == [0.01])
    }

    @Test(arguments: [(0.49, 1.0, 0), (0.51, 1, 1), (0.9, 0.5, 0)])
    func episodesNeedAMainCulprit(part: Double, share: Double, count: Int) {
        let harm = harm(share: share) {
            var episode = MadeUpService.episode(.risk)
            episode.culprits = [
                EpisodeCulprit(site: .risk, share: part), EpisodeCulprit(site: .ledger, share: 1 - part),
            ]
            $0.blame.episodes = [episode]
        }
        #expect(harm.episodes.count == count)
    }

    /// An actor that is starved is contended, and the main actor overloaded.
    @Test func symptomsAreCalledByTheirExecutor() {
        let model = ReportModel.healthy {
            $0.executors.append(MadeUpService.executor("main", .main, waitP99: 0))
            $0.blame.episodes = ["actor Ledger", "main", MadeUpService.pool, "main"].map {
                MadeUpService.episode(.risk, on: $0)
            }
        }
        let examination = model.examination
        let symptoms = examination.symptoms(of: examination.harm(of: [.risk], by: .computing))
        #expect(symptoms.map(\.kind) == [.actorContention, .starvation, .mainActorOverload])
        #expect(symptoms.last?.sentence.hasPrefix("2 episodes of starvation of the main,") == true)
    }

    @Test func victimsAreRequestsOrElseSites() {
        let model = ReportModel.healthy {
            $0.compute(share: 0.5)
            $0.sites.append(
                MadeUpService.report(
                    MadeUpService.site("timer of Poller.run()"), kind: .timer, polls: 10, pollSeconds: 1e-6, waits: 40))
        }
        let examination = model.examination
        let harm = examination.harm(of: [.risk], by: .computing)
        let victims = examination.victims(of: harm, functions: ["RiskModel.score(_:)"])
        #expect(
            victims == [
                FindingVictim(name: "QuoteController.quote(_:)", seconds: 100),
                FindingVictim(name: "Poller.run()", seconds: 20),
            ])
        #expect(
            examination.effects(of: harm, functions: [])
                == ["50 % of all waiting for the global pool (100 s)", "QuoteController.quote(_:) waited longest"])
    }

    @Test func nobodyIsHurtByNothing() {
        let examination = ReportModel.healthy().examination
        let harm = examination.harm(of: [], by: .computing)
        #expect(examination.severity(of: harm, functions: []) == nil)
        #expect(examination.victims(of: harm, functions: []).isEmpty)
        #expect(examination.symptoms(of: harm).isEmpty)
        #expect(examination.effects(of: harm, functions: []).isEmpty)
        #expect(examination.impact(of: harm) == FindingImpact())
    }
}
