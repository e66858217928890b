// Whether what was found is what was planted.

package enum Judgement: Equatable, Sendable {
    case ok
    /// Something else was found, or the right thing in the wrong place; why.
    case wrong(String)
    /// Nothing was found where something is planted.
    case missed
    /// Something was found where nothing is.
    case falseAlarm
    /// There was no report to judge; why.
    case failed(String)

    package var isOk: Bool { self == .ok }

    package var word: String {
        switch self {
        case .ok: "ok"
        case .wrong: "WRONG"
        case .missed: "MISSED"
        case .falseAlarm: "FALSE ALARM"
        case .failed: "FAILED"
        }
    }

    package var reason: String? {
        switch self {
        case .wrong(let reason), .failed(let reason): reason
        default: nil
        }
    }
}

extension Expectation {
    /// - Parameters:
    ///   - findings: those of the report, worst first.
    ///   - planted: the lines that are marked, by the name of the file.
    ///   - ignored: kinds that the surroundings may have brought about, where they are not what is planted.
    package func judge(
        _ findings: [ReportedFinding], planted: [String: PlantedLines], ignoring ignored: Set<String> = []
    ) -> Judgement {
        let serious = judged(findings, ignoring: ignored)
        guard let first = serious.first else { return isHealthy ? .ok : .missed }
        guard !isHealthy else { return .falseAlarm }
        if let objection = objection(to: first, planted: planted) { return .wrong(objection) }
        for kind in expectedKinds {
            guard serious.contains(where: { $0.kind == kind && objection(to: $0, planted: planted) == nil }) else {
                return .wrong("there is no \(kind)")
            }
        }
        let allowed = Set((alsoAllowed ?? []).map(\.kind))
        for finding in serious.dropFirst() where !allowed.contains(finding.kind) {
            if let objection = objection(to: finding, planted: planted) { return .wrong("also \(objection)") }
        }
        return .ok
    }

    /// The findings that count, worst first.
    package func judged(_ findings: [ReportedFinding], ignoring ignored: Set<String>) -> [ReportedFinding] {
        findings.filter { $0.isSerious && (!ignored.contains($0.kind) || expectedKinds.contains($0.kind)) }
    }

    /// Why a finding is not the planted ailment; nil: it is.
    private func objection(to finding: ReportedFinding, planted: [String: PlantedLines]) -> String? {
        guard expectedKinds.contains(finding.kind) else { return "\(finding.summary): not the kind that is planted" }
        if let functions {
            guard let function = finding.site?.function else { return "\(finding.summary): it names no function" }
            guard functions.contains(function) else { return "\(finding.summary): not the function at fault" }
        }
        if !expectedFiles.isEmpty {
            guard let file = finding.fileName, let line = finding.site?.line else {
                return "\(finding.summary): it names no line"
            }
            guard expectedFiles.contains(file), let lines = planted[file], lines.contain(line) else {
                return "\(finding.summary): not where it is planted"
            }
        }
        if let subject {
            guard [finding.subject, finding.headline].contains(where: { $0?.contains(subject) == true }) else {
                return "\(finding.summary): it is about \(subject)"
            }
        }
        return nil
    }
}
