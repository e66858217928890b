// A recording against a plan. Pure: the same plan, model and diagnosis give the same results.

import Analysis
import Diagnosis
import Wording

extension CheckResults {
    public init(_ plan: CheckPlan, of model: ReportModel, diagnosis: Diagnosis) {
        subject = model.checkSubject
        let judge = LimitJudge(plan: plan, model: model)
        recording = [
            Self.signal(model, plan), Self.wholeness(model),
        ]
        recording += plan.limits.filter { $0.measure.isOfRecording && $0.measure != .minSamples }.map(judge.outcome)
        limits = plan.limits.filter { !$0.measure.isOfRecording }.map(judge.outcome)
        // Whether there is a signal is asked above.
        findings = diagnosis.findings.filter { $0.kind != .noSignal }.map {
            FindingOutcome(finding: $0, standing: plan.standing(of: $0))
        }
        failOn = plan.failOn
        notes =
            plan.notes
            + plan.allowances.filter { allowance in !diagnosis.findings.contains(where: allowance.accepts) }
            .map { "Nothing was found that allow \($0.text)\($0.origin.suffix) accepts." }
        if !diagnosis.notEnough.isEmpty, model.coverage.signal != .none {
            notes.append(
                "Too little was recorded to look for: \(diagnosis.notEnough.map(\.kind.rawValue).joined(separator: ", "))."
            )
        }
    }

    /// What saw nothing must not look healthy.
    private static func signal(_ model: ReportModel, _ plan: CheckPlan) -> Outcome {
        func outcome(_ measured: String, _ hasPassed: Bool) -> Outcome {
            Outcome(title: "signal", measured: measured, hasPassed: hasPassed)
        }
        let polls = Quantity.counted(model.polls, "poll")
        switch model.coverage.signal {
        case .none:
            let problem = model.problems.first { $0.kind == .noSignal }
            let words = problem.map { $0.sentence + ($0.remedy.isEmpty ? "" : " " + $0.remedy) }
            return outcome(words ?? "No signal: nothing that was seen stands for the service.", false)
        case .idle where !plan.saysEnough:
            return outcome(
                "Idle: the service did next to nothing (\(polls)), which says nothing of how it does under load. Record it "
                    + "at work; or say what is enough with --min-requests or --min-polls.", false)
        case .idle: return outcome("idle, \(polls)", true)
        case .seen:
            let share = model.coverage.cpuShareAtMost.map { "at most \(Quantity.share($0)) of CPU time in \(polls)" }
            return outcome(share ?? "\(polls), coverage unknown", true)
        }
    }

    private static func wholeness(_ model: ReportModel) -> Outcome {
        let damage = model.problems.first { $0.kind == .damagedRecording }
        return Outcome(
            title: "whole", measured: damage?.sentence ?? "the recording is not damaged", hasPassed: damage == nil)
    }
}

extension CheckPlan {
    fileprivate func standing(of finding: Finding) -> CheckResults.FindingOutcome.Standing {
        if let allowance = allowances.first(where: { $0.accepts(finding) }) {
            return .allowed("allow \(allowance.text)\(allowance.origin.suffix)")
        }
        guard let failOn, finding.severity >= failOn else { return .below(failOn) }
        return .counts
    }
}

extension ReportModel {
    /// `quotes (pid 4121), 30.0 s, 412,806 polls, 45,562 requests`.
    fileprivate var checkSubject: String {
        let name = String(session.executable.split(separator: "/").last ?? "process").printable
        return "\(name) (pid \(session.processID)), \(Quantity.duration(session.durationSeconds)), "
            + Quantity.counted(polls, "poll")
            + (requestCount > 0 ? ", " + Quantity.counted(requestCount, "request") : "")
    }
}
