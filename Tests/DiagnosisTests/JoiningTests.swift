import Testing

@testable import Analysis
@testable import Diagnosis

@Suite struct JoiningTests {
    private func finding(
        _ kind: FindingKind, _ severity: Severity = .warning, site: SiteName? = nil, code: CodePlace? = nil,
        subject: String = "", share: Double? = nil, cpu: Double? = nil
    ) -> Finding {
        Finding(
            kind, severity, site: site.map { FindingSite(code: code ?? $0.place, poll: $0) }, subject: subject,
            headline: "\(kind.rawValue) of \(subject)", impact: FindingImpact(waitShare: share, cpuShare: cpu),
            advice: [])
    }

    private func starvation(_ severity: Severity = .warning, of executor: String = MadeUpService.pool) -> Finding {
        finding(.starvation, severity, subject: executor, share: 1)
    }

    @Test func starvationFollowsFromWhatExplainsIt() {
        let joined = Joining.join([
            starvation(.critical), finding(.longPoll, site: .risk, share: 0.4),
            finding(.blockingCall, site: .ledger, share: 0.5),
        ])
        #expect(joined.map(\.kind) == [.longPoll, .blockingCall])
        #expect(joined.map(\.severity) == [.warning, .critical], "the cause is as bad as what follows from it")
        #expect(
            joined[1].symptoms == [FindingSymptom(kind: .starvation, sentence: "starvation of global pool")])
    }

    @Test(
        arguments: [
            (.longPoll, 0.31, true), (.longPoll, 0.29, false), (.lockContention, 0.31, true), (.hang, nil, false),
            (.kernelContention, nil, true), (.allocationHotspot, nil, true), (.overYielding, nil, true),
            (.taskExplosion, nil, true), (.poolTooSmall, 0.9, false), (.threadChurn, 0.9, false),
            (.blockingPoolSaturated, 1, false),
        ] as [(FindingKind, Double?, Bool)])
    func onlyWhatCanBeBehindItIs(kind: FindingKind, share: Double?, follows: Bool) {
        let joined = Joining.join([starvation(), finding(kind, subject: "elsewhere", share: share)])
        #expect(joined.count == (follows ? 1 : 2))
        #expect(joined.last?.symptoms.count == (follows ? 1 : 0))
        // What nobody feels explains nothing.
        #expect(Joining.join([starvation(), finding(kind, .info, subject: "elsewhere", share: share)]).count == 2)
    }

    @Test(arguments: [.hang, .blockingPoolSaturated] as [FindingKind]) func whatIsOfTheSameExecutorIsBehindIt(
        kind: FindingKind
    ) {
        #expect(Joining.join([starvation(of: "disk"), finding(kind, subject: "disk")]).map(\.kind) == [kind])
        #expect(Joining.join([starvation(of: "disk"), finding(kind, subject: "other")]).count == 2)
    }

    @Test(arguments: [.longPoll, .blockingCall, .lockContention] as [FindingKind])
    func actorsAreHeldByCode(kind: FindingKind) {
        let contention = finding(.actorContention, .critical, site: .ledger, subject: "actor Ledger")
        let same = Joining.join([contention, finding(kind, site: .ledger)])
        #expect(same.map(\.kind) == [kind])
        #expect(same.first?.severity == .critical)
        #expect(Joining.join([contention, finding(kind, site: .risk)]).count == 2)
        // The code at fault is inside the poll that holds the actor.
        let inside = finding(kind, site: .ledger, code: MadeUpService.place("Journal.sync()"))
        #expect(Joining.join([contention, inside]).map(\.kind) == [kind])
    }

    @Test func aLongPollThatAllocatesIsTheAllocators() {
        let poll = finding(.longPoll, site: .risk)
        #expect(
            Joining.join([poll, finding(.allocationHotspot, .critical, site: .risk, cpu: 0.5)]).map(\.kind)
                == [.allocationHotspot])
        // With less of the time in the allocator, the long poll is what allocates.
        #expect(
            Joining.join([poll, finding(.allocationHotspot, .critical, site: .risk, cpu: 0.49)]).map(\.kind)
                == [.longPoll])
        #expect(Joining.join([poll, finding(.allocationHotspot, .critical, site: .ledger, cpu: 0.5)]).count == 2)
    }

    @Test(arguments: [.blockingCall, .lockContention] as [FindingKind]) func callsThatHangAreTheHangs(kind: FindingKind)
    {
        let call = finding(kind, site: .ledger)
        #expect(Joining.join([finding(.hang, .critical, site: .ledger), call]).map(\.kind) == [.hang])
        #expect(Joining.join([finding(.hang, .warning, site: .ledger), call]).count == 2)
        #expect(Joining.join([finding(.blockingPoolSaturated, site: .ledger), call]).count == 1)
        #expect(Joining.join([finding(.blockingPoolSaturated, site: .risk), call]).count == 2)
    }

    /// Starvation follows from a long poll, and that from the allocator: one finding is left, with both.
    @Test func whoHasSymptomsCanBeOne() {
        let joined = Joining.join([
            starvation(), finding(.longPoll, site: .risk, share: 0.9),
            finding(.allocationHotspot, .critical, site: .risk, cpu: 0.8),
        ])
        #expect(joined.map(\.kind) == [.allocationHotspot])
        #expect(Set(joined.flatMap(\.symptoms).map(\.kind)) == [.longPoll, .starvation])
    }

    /// Equal findings are two all the same, and none is behind itself.
    @Test func nothingIsLost() {
        let twice = [finding(.longPoll, site: .risk), finding(.longPoll, site: .risk)]
        #expect(Joining.join(twice).count == 2)
        #expect(Joining.join([starvation(), starvation()]).count == 2)
        var odd = finding(.longPoll, site: .risk, share: .nan)
        odd.impact.tailSeconds = .nan
        #expect(Joining.join([odd, starvation(), odd]).count == 3)
        #expect(Joining.join([]).isEmpty)
    }

    /// The whole of it: one cause, one finding.
    @Test func aSymptomDoesNotStandByItself() throws {
        let model = ReportModel.healthy { $0.compute() }
        #expect(!StarvationRule.findings(in: model.examination).isEmpty)
        let findings = Diagnosis(of: model).findings
        #expect(findings.map(\.kind) == [.longPoll])
        #expect(findings.first?.symptoms.map(\.kind) == [.starvation])
    }
}
