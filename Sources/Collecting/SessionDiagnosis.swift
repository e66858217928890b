// The last diagnosis of a session, as far as metrics and `/findings` tell of it.

import Analysis
import Diagnosis
import Reporting
import Wording

/// What a diagnosis said.
struct SessionDiagnosis: Sendable {
    /// Where the time of the slowest requests of one name went.
    struct Tail: Sendable {
        var request: String
        var parts: [(part: String, seconds: Double)]
        var p99Seconds: Double
    }

    /// Seconds since 1970.
    var at: Double
    /// That the diagnosed events cover.
    var spanSeconds: Double
    var processID: Int32
    var verdict: Verdict
    var findings: [Finding]
    var tails: [Tail]
    var coverage: Double?

    init(_ model: ReportModel, at: Double) {
        let diagnosis = Diagnosis(of: model)
        self.at = at
        spanSeconds = model.session.durationSeconds
        processID = model.session.processID
        verdict = diagnosis.verdict
        findings = diagnosis.findings
        coverage = model.coverage.cpuShareAtMost
        tails = model.requests.endpoints.prefix(NameLimits.requests).compactMap { request in
            guard request.count > 0 else { return nil }
            let cohort = request.cohorts.last { $0.kind != .median }
            return Tail(
                request: request.name,
                parts: AnatomyPart.allCases.map { ($0.label, cohort?.mean[$0] ?? 0) },
                p99Seconds: request.durationSeconds.p99)
        }
    }

    var json: JSONValue {
        let report = JSONReport()
        return .object([
            ("pid", .integer(UInt64(max(0, processID)))), ("diagnosedSeconds", .number(at)),
            ("spanSeconds", .number(spanSeconds)),
            ("verdict", report.value(of: verdict)), ("findings", .array(findings.map(report.value(of:)))),
        ])
    }
}

extension AnatomyPart {
    /// As the label `part` says it.
    var label: String {
        switch self {
        case .onCPU: "cpu"
        case .blocked: "blocked"
        case .executorWait: "executor_wait"
        case .actorWait: "actor_wait"
        case .poolWait: "pool_wait"
        case .timerLateness: "timer"
        case .kernelWait: "kernel_wait"
        case .outside: "outside"
        }
    }
}
