// The result of a check as JUnit's XML, which CI servers show test by test.
//
// There is no standard for it but what they read: suites, cases with a name that stays from run to run, a failure's message
// and text, and the file and line where a server links them.

import Diagnosis
import Wording

public struct JUnitReport: Sendable {
    private let folder: String

    /// `folder`: the one that files are shown from.
    public init(folder: String) { self.folder = folder }

    public func text(of results: CheckResults) -> String {
        let suites = [
            Suite("recording", results.recording.map(Case.init)), Suite("limits", results.limits.map(Case.init)),
            Suite("findings", cases(of: results)),
        ].filter { !$0.cases.isEmpty }
        let cases = suites.flatMap(\.cases)
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuites name=\"pollscope check\"\(Suite.counts(cases)) time=\"0\">",
        ]
        for suite in suites { lines += suite.lines }
        return (lines + ["</testsuites>"]).joined(separator: "\n") + "\n"
    }

    private func cases(of results: CheckResults) -> [Case] {
        var cases = results.findings.map { Case($0, folder: folder) }
        if let failOn = results.failOn, results.counted.isEmpty {
            let words = failOn == .critical ? failOn.rawValue : "\(failOn.rawValue) or worse"
            cases.insert(Case(name: "no finding that is \(words)", outcome: .passed("")), at: 0)
        }
        return cases
    }
}

private struct Suite {
    var name: String
    var cases: [Case]

    /// Two cases of a name would be one to some servers.
    init(_ name: String, _ cases: [Case]) {
        self.name = name
        var seen: [String: Int] = [:]
        self.cases = cases.map { given in
            var unique = given
            let count = seen[given.name, default: 0] + 1
            seen[given.name] = count
            if count > 1 { unique.name += " (\(count))" }
            return unique
        }
    }

    static func counts(_ cases: [Case]) -> String {
        " tests=\"\(cases.count)\" failures=\"\(cases.count(where: \.hasFailed))\" errors=\"0\""
            + " skipped=\"\(cases.count(where: \.isSkipped))\""
    }

    var lines: [String] {
        ["  <testsuite name=\"\(XMLText.attribute(name))\"\(Self.counts(cases)) time=\"0\">"]
            + cases.flatMap { $0.lines(suite: name) } + ["  </testsuite>"]
    }
}

private struct Case {
    enum Outcome {
        /// With what was measured.
        case passed(String)
        /// With a message, and what it is about in full.
        case failed(String, text: String)
        case skipped(String)
    }

    var name: String
    var outcome: Outcome
    var file: String?
    var line: Int?

    init(name: String, outcome: Outcome) {
        self.name = name
        self.outcome = outcome
    }

    init(_ outcome: CheckResults.Outcome) {
        name = outcome.title
        self.outcome =
            outcome.hasPassed
            ? .passed(outcome.words)
            : .failed("\(outcome.title): \(outcome.measured)", text: "\(outcome.title)\n\(outcome.words)")
    }

    init(_ outcome: CheckResults.FindingOutcome, folder: String) {
        let finding = outcome.finding
        name = finding.title
        if let path = finding.site?.code.file.flatMap({ SourcePath($0, in: folder) }) {
            file = path.path
            line = finding.site?.code.line
        }
        switch outcome.standing {
        case .counts:
            let location = finding.location(in: folder)
            let text =
                [
                    "\(finding.severity.rawValue): \(finding.headline)", location.isEmpty ? "" : "where: \(location)",
                    finding.context,
                    finding.effects.isEmpty ? "" : "effect: " + finding.effects.joined(separator: "; "),
                ] + finding.advice.map { "do: " + $0 }
            self.outcome = .failed(finding.headline, text: text.filter { !$0.isEmpty }.joined(separator: "\n"))
        case .allowed(let words): self.outcome = .skipped("\(finding.headline) (\(words))")
        case .below(let least):
            self.outcome = .skipped(
                "\(finding.headline) (\(finding.severity.rawValue); --fail-on is \(least?.rawValue ?? FailOn.none.rawValue))"
            )
        }
    }

    var hasFailed: Bool {
        if case .failed = outcome { return true }
        return false
    }

    var isSkipped: Bool {
        if case .skipped = outcome { return true }
        return false
    }

    func lines(suite: String) -> [String] {
        var start =
            "    <testcase classname=\"pollscope.\(XMLText.attribute(suite))\" name=\"\(XMLText.attribute(name))\""
        if let file { start += " file=\"\(XMLText.attribute(file))\"" }
        if let line { start += " line=\"\(line)\"" }
        start += " time=\"0\""
        switch outcome {
        case .passed(""): return [start + "/>"]
        case .passed(let words):
            return [start + ">", "      <system-out>\(XMLText.content(words))</system-out>", "    </testcase>"]
        case .failed(let message, let text):
            return [
                start + ">",
                "      <failure message=\"\(XMLText.attribute(message))\" type=\"\(XMLText.attribute(suite))\">"
                    + XMLText.content(text) + "</failure>", "    </testcase>",
            ]
        case .skipped(let message):
            return [start + ">", "      <skipped message=\"\(XMLText.attribute(message))\"/>", "    </testcase>"]
        }
    }
}
