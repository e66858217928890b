// The result of a check as text for the log of a CI server: a line a limit, a few a finding, the verdict last.

import Diagnosis
import Wording

public struct CheckSummary: Sendable {
    private static let width = 110
    private static let titleWidthMax = 46
    private static let indent = String(repeating: " ", count: 8)

    /// The folder that paths are shown from.
    private let folder: String

    public init(folder: String) { self.folder = folder }

    public func text(of results: CheckResults) -> String {
        var lines = ["check of \(results.subject)", ""]
        let outcomes = results.recording + results.limits
        let width = outcomes.map(\.title.count).filter { $0 <= Self.titleWidthMax }.max() ?? 0
        lines += outcomes.map { line($0, titleWidth: width) }
        lines += results.counted.flatMap(lines(of:))
        if let failOn = results.failOn, results.counted.isEmpty {
            lines.append("ok      no finding that is \(failOn.rawValue)\(failOn == .critical ? "" : " or worse")")
        }
        lines += results.findings.compactMap(uncounted)
        if !results.notes.isEmpty { lines += [""] + results.notes.map { "note: " + $0 } }
        lines += [
            "",
            results.hasPassed ? "check: passed" : "check: FAILED: \(results.failed) of \(results.total)",
        ]
        return lines.map(\.printable).joined(separator: "\n") + "\n"
    }

    private func line(_ outcome: CheckResults.Outcome, titleWidth: Int) -> String {
        (outcome.hasPassed ? "ok      " : "FAILED  ") + outcome.title.leftAligned(titleWidth) + "  " + outcome.words
    }

    private func lines(of outcome: CheckResults.FindingOutcome) -> [String] {
        let finding = outcome.finding
        var lines = ["FAILED  \(finding.kind.rawValue), \(finding.severity.rawValue): \(finding.headline)"]
        let place = [finding.location(in: folder), finding.context].filter { !$0.isEmpty }
        lines += labelled("where", place.joined(separator: "; "))
        lines += labelled("effect", finding.effects.joined(separator: "; "))
        for (index, advice) in finding.advice.enumerated() { lines += labelled(index == 0 ? "do" : "", advice) }
        return lines
    }

    private func labelled(_ label: String, _ text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        let margin = Self.indent + String(repeating: " ", count: 8)
        return text.wrapped(to: Self.width - margin.count).enumerated().map { index, line in
            index == 0 ? Self.indent + label.leftAligned(8) + line : margin + line
        }
    }

    /// What was found and does not fail, on a line.
    private func uncounted(_ outcome: CheckResults.FindingOutcome) -> String? {
        let reason: String
        switch outcome.standing {
        case .counts: return nil
        case .allowed(let words): reason = words
        case .below(let least): reason = "--fail-on is \(least?.rawValue ?? FailOn.none.rawValue)"
        }
        let finding = outcome.finding
        let location = finding.location(in: folder)
        return "-       \(finding.kind.rawValue), \(finding.severity.rawValue): \(finding.headline)"
            + (location.isEmpty ? "" : ", \(location)") + " (\(reason))"
    }
}

extension Finding {
    /// `Sources/Quotes/Risk.swift:48`; empty: not known.
    func location(in folder: String) -> String {
        guard let file = site?.code.file, let path = SourcePath(file, in: folder) else { return "" }
        return path.path + (site?.code.line.map { ":\($0)" } ?? "")
    }
}
