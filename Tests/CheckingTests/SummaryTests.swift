// The text for the log, against golden files.

import Diagnosis
import Testing

@testable import Checking

enum MadeChecks {
    /// Everything that can be: limits that pass and fail, from options and a file, findings of each standing, notes.
    static func failing() throws -> CheckResults {
        let file = try CheckSettings(
            file: Array("max-request-p99:\n  all: 100ms\n  GET /quote: 50ms\nmax-errors: 0.1%\nmax-lost: 0\n".utf8),
            name: "limits.yml")
        let options = try CheckSettings(
            failOn: .warning,
            limits: [
                (.maxWaitP99, ["5ms"]), (.maxRequestP99, ["all=200ms", "GET /quotes=5ms"]),
                (.maxPoolWaitP99, ["postgres=5ms"]), (.minCoverage, ["50%"]), (.minPolls, ["main actor=100"]),
            ], allow: ["pool-too-small:postgres", "hang"])
        return CheckResults(
            try CheckPlan(options: options, file: file), of: MadeService.model(),
            diagnosis: MadeService.diagnosis(
                MadeService.score, MadeService.pool, MadeService.fsync, MadeService.idlePool))
    }

    static func passing() throws -> CheckResults {
        let options = try CheckSettings(failOn: nil, limits: [(.maxWaitP99, ["50ms"])], allow: [])
        return CheckResults(
            try CheckPlan(options: options), of: MadeService.model(),
            diagnosis: MadeService.diagnosis(MadeService.fsync))
    }

    /// Names that try to break whatever they are written to.
    static func hostile() throws -> CheckResults {
        let nasty = "a<b>&\"c'\u{1B}[31m\u{0}\u{202E}]]>\u{FFFE} d\u{301}\n--- e"
        var model = MadeService.model()
        model.session.executable = "/bin/\(nasty)"
        model.executors[0].name = nasty
        var finding = MadeService.score
        finding.headline = nasty
        finding.site?.code.function = nasty
        finding.site?.code.file = "/home/dev/quotes/\(nasty).swift"
        finding.context = nasty
        finding.effects = [nasty]
        finding.advice = [nasty]
        var other = MadeService.pool
        (other.subject, other.headline) = (nasty, nasty)
        let plan = try CheckPlan(
            options: CheckSettings(
                failOn: .info, limits: [(.maxWaitP99, ["\(nasty)=1ms", "all=1ms"])],
                allow: ["pool-too-small:\(nasty)", "hang:\(nasty)"]))
        return CheckResults(plan, of: model, diagnosis: MadeService.diagnosis(finding, finding, other))
    }
}

@Suite("The summary of a check")
struct SummaryTests {
    private let summary = CheckSummary(folder: MadeService.folder)

    @Test("What failed and why, a line each, the verdict last")
    func failing() throws {
        try Golden.expect(summary.text(of: MadeChecks.failing()), equals: "failing.txt")
    }

    @Test("What passed")
    func passing() throws {
        try Golden.expect(summary.text(of: MadeChecks.passing()), equals: "passing.txt")
    }

    @Test("Names do nothing to a terminal")
    func hostile() throws {
        let text = summary.text(of: try MadeChecks.hostile())
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 32 && $0 != "\u{202E}") })
        #expect(text.split(separator: "\n").last == "check: FAILED: 4 of 7")
    }
}
