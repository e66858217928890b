// The findings of a check as SARIF 2.1.0, which code hosts show beside the lines: kinds are rules, findings are results.
//
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What a check says that is of no line, a limit that was not
// kept, is a notification of the run.

import Analysis
import Diagnosis
import Wording

public struct SARIFReport: Sendable {
    private static let schema =
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    /// The checkout's folder, by the name that code hosts know.
    private static let root = "%SRCROOT%"

    private let folder: String

    /// `folder`: the one that paths are relative to.
    public init(folder: String) { self.folder = folder }

    public func text(of results: CheckResults) -> String {
        JSONValue.object([
            ("$schema", .string(Self.schema)), ("version", .string("2.1.0")), ("runs", .array([run(results)])),
        ]).text
    }

    private func run(_ results: CheckResults) -> JSONValue {
        let driver: [(key: String, value: JSONValue)] = [
            ("name", .string("Pollscope")), ("rules", .array(FindingKind.allCases.map(rule))),
        ]
        return .object([
            ("tool", .object([("driver", .object(driver))])),
            (
                "originalUriBaseIds",
                .object([(Self.root, .object([("description", message("The folder that the check was run in."))]))])
            ),
            ("invocations", .array([invocation(results)])),
            ("results", .array(results.findings.map(result))),
        ])
    }

    private func rule(_ kind: FindingKind) -> JSONValue {
        .object([
            ("id", .string(kind.rawValue)), ("shortDescription", message(kind.meaning)),
            ("fullDescription", message(kind.meaning)), ("help", message(kind.remedy)),
        ])
    }

    private func invocation(_ results: CheckResults) -> JSONValue {
        let failures = (results.recording + results.limits).filter { !$0.hasPassed }.map { outcome in
            JSONValue.object([
                ("level", .string("error")),
                ("message", message("\(outcome.title): \(outcome.words)")),
            ])
        }
        return .object([
            ("executionSuccessful", .bool(true)), ("exitCode", .integer(results.hasPassed ? 0 : 1)),
            ("toolExecutionNotifications", .array(failures)),
        ])
    }

    private func result(_ outcome: CheckResults.FindingOutcome) -> JSONValue {
        let finding = outcome.finding
        var members: [(key: String, value: JSONValue)] = [
            ("ruleId", .string(finding.kind.rawValue)),
            ("ruleIndex", .count(FindingKind.allCases.firstIndex(of: finding.kind) ?? 0)),
            ("level", .string(finding.severity.sarifLevel)), ("message", message(text(of: finding))),
        ]
        if let location = location(of: finding) { members.append(("locations", .array([location]))) }
        members.append(("partialFingerprints", .object([("pollscopeFinding/v1", .string(fingerprint(of: finding)))])))
        if case .allowed(let words) = outcome.standing {
            members.append(
                (
                    "suppressions",
                    .array([.object([("kind", .string("external")), ("justification", .string(words.printable))])])
                ))
        }
        return .object(members)
    }

    private func text(of finding: Finding) -> String {
        var text = finding.headline + "."
        if !finding.context.isEmpty { text += "\nWhere: \(finding.context)." }
        if !finding.effects.isEmpty { text += "\nEffect: " + finding.effects.joined(separator: "; ") + "." }
        return text + finding.advice.map { "\nDo: \($0)." }.joined()
    }

    /// By file and line where there is one; and by the function, or what it is about.
    private func location(of finding: Finding) -> JSONValue? {
        var members: [(key: String, value: JSONValue)] = []
        if let path = finding.site?.code.file.flatMap({ SourcePath($0, in: folder) }) {
            var artifact: [(key: String, value: JSONValue)] = [("uri", .string(path.uri))]
            if path.isInFolder { artifact.append(("uriBaseId", .string(Self.root))) }
            var physical: [(key: String, value: JSONValue)] = [("artifactLocation", .object(artifact))]
            if let line = finding.site?.code.line, line > 0 {
                physical.append(("region", .object([("startLine", .count(line))])))
            }
            members.append(("physicalLocation", .object(physical)))
        }
        let name = finding.site?.code.function ?? finding.subject
        if !name.isEmpty {
            let kind: [(key: String, value: JSONValue)] = finding.site == nil ? [] : [("kind", .string("function"))]
            let logical = [(key: "fullyQualifiedName", value: JSONValue.string(name.printable))] + kind
            members.append(("logicalLocations", .array([.object(logical)])))
        }
        return members.isEmpty ? nil : .object(members)
    }

    /// Line ends are kept, whatever else moves a cursor is not.
    private func message(_ text: String) -> JSONValue {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
        return .object([("text", .string(lines.joined(separator: "\n")))])
    }

    /// The same for the same kind in the same function (or executor, pool, actor) in any run, wherever lines move to:
    /// FNV-1a of both, with 64 bits.
    private func fingerprint(of finding: Finding) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in [finding.kind.rawValue, finding.site?.code.function ?? "", finding.subject].joined(separator: "\0")
            .utf8
        {
            hash ^= UInt64(byte)
            hash &*= 0x100_0000_01B3  // wraps by design
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
