// Do timers fire late, though threads are free?
//
// What a timer waits for a busy thread is that thread's fault, and counts as waiting for the executor. This is the rest.

import Analysis
import Wording

enum TimerLatenessRule: Rule {
    static let kind = FindingKind.timerLateness

    static func findings(in examination: Examination) -> [Finding] {
        let limits = examination.limits
        let worst = examination.model.requests.endpoints.compactMap { endpoint -> (RequestReport, RequestCohort)? in
            endpoint.cohorts.first { $0.kind == .slowest1Percent }.map { (endpoint, $0) }
        }.max { $0.1.mean[.timerLateness] < $1.1.mean[.timerLateness] }
        guard let (endpoint, cohort) = worst, cohort.mean[.timerLateness] >= limits.tailSeconds.value,
            cohort.meanSeconds > 0,
            cohort.mean[.timerLateness] >= limits.tailShare.value * cohort.meanSeconds
        else { return [] }
        let late = cohort.mean[.timerLateness]
        // A process that is not run is late for everything: KernelContentionRule's.
        guard examination.model.kernelWait?.pollThreads.share ?? 0 < limits.kernelWaitShare.value else { return [] }
        return [
            Finding(
                kind, .warning,
                headline:
                    "timers fire \(Quantity.duration(late)) late in the slowest 1 % of \(endpoint.name.printable)",
                effects: ["\(Quantity.share(late / cohort.meanSeconds)) of their time, though threads were free"],
                impact: FindingImpact(tailSeconds: late, request: endpoint.name),
                evidence: [
                    FindingEvidence(
                        "latenessSeconds", late,
                        "\(Quantity.duration(late)) in the mean of "
                            + Quantity.counted(cohort.count, "request"))
                ],
                advice: [
                    "allow for it where it matters: a tolerance on Task.sleep is taken as leave to be late; pass "
                        + "tolerance: .zero",
                    "or see who has the CPU: timers of a process that is not run are late, too",
                ])
        ]
    }
}
