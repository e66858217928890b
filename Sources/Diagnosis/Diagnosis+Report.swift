// From a report's figures to a diagnosis: all rules, what follows from what, and the order.

import Analysis

extension Diagnosis {
    static var rules: [any Rule.Type] {
        [
            NoSignalRule.self, HangRule.self, StarvationRule.self, LongPollRule.self, BlockingCallRule.self,
            LockContentionRule.self, ActorContentionRule.self, MainActorOverloadRule.self, EventLoopBlockedRule.self,
            BlockingPoolSaturatedRule.self, PoolTooSmallRule.self, PoolTooLargeRule.self, AllocationHotspotRule.self,
            OverYieldingRule.self, ThreadChurnRule.self, TaskExplosionRule.self, KernelContentionRule.self,
            TimerLatenessRule.self,
        ]
    }

    /// Pure: the same model gives the same diagnosis.
    public init(of model: ReportModel, limits: DiagnosisThresholds = DiagnosisThresholds()) {
        let examination = Examination(model, limits: limits)
        // Where nothing was seen, what was seen is no sign of anything.
        let isBlind = model.coverage.signal == .none
        let all = Self.rules.filter { !isBlind || $0.kind == .noSignal }.flatMap { $0.findings(in: examination) }
        findings = Joining.join(all).enumerated().sorted {
            let (a, b) = ($0.element, $1.element)
            if a.severity != b.severity { return a.severity > b.severity }
            if a.weight != b.weight { return a.weight > b.weight }
            // Of one rule by their words, and not by what the report happens to name first.
            if a.kind == b.kind, a.headline != b.headline { return a.headline < b.headline }
            return $0.offset < $1.offset
        }.map(\.element)
        verdict = VerdictRule.verdict(findings, in: examination)
        notEnough = Self.rules.compactMap { rule in
            rule.lacks(in: examination).map { NotEnough(kind: rule.kind, sentence: $0) }
        }
    }
}

extension Finding {
    /// What is no number has no place in an order.
    private static func number(_ value: Double?) -> Double { value.flatMap { $0.isFinite ? $0 : nil } ?? 0 }

    /// What it adds to the tail, in seconds, as far as is known; for what is not told in time a small part of that.
    var weight: Double {
        // A neighbour on the machine hurts most where polls are long, and those can be mended here: they come first
        // unless the neighbour is by far the greater evil.
        let part = kind == .kernelContention ? 0.5 : 1
        let waitShare = Self.number(impact.waitShare)
        let tail = Self.number(impact.tailSeconds)
        return tail > 0 ? part * tail + 1e-3 * waitShare : 1e-3 * max(waitShare, Self.number(impact.cpuShare))
    }
}
