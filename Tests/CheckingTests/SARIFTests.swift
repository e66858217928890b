// SARIF against the parts of the standard's schema that it uses, and what a code host reads of it.

import Diagnosis
import Foundation
import TestSupport
import Testing

@testable import Checking

@Suite("SARIF 2.1.0")
struct SARIFTests {
    private let report = SARIFReport(folder: MadeService.folder)

    private func run(_ results: CheckResults) throws -> [String: Any] {
        let text = Data(report.text(of: results).utf8)
        let root = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
        let runs = try #require(root["runs"] as? [[String: Any]])
        return try #require(runs.first)
    }

    private func results(_ results: CheckResults) throws -> [[String: Any]] {
        try #require(try run(results)["results"] as? [[String: Any]])
    }

    @Test("It obeys the schema", arguments: ["failing", "passing", "hostile"])
    func schema(which: String) throws {
        let results =
            try which == "failing"
            ? MadeChecks.failing() : which == "passing" ? MadeChecks.passing() : MadeChecks.hostile()
        let schema = try JSONSchema(Data(Self.schema.utf8))
        #expect(try schema.violations(in: Data(report.text(of: results).utf8)) == [])
    }

    @Test("It stays as it was")
    func golden() throws {
        try Golden.expect(report.text(of: MadeChecks.failing()), equals: "failing.sarif")
    }

    @Test("Each finding is a result of its kind's rule, of the level that its severity has")
    func rules() throws {
        let run = try run(MadeChecks.failing())
        let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
        let rules = try #require(driver["rules"] as? [[String: Any]])
        #expect(rules.compactMap { $0["id"] as? String } == FindingKind.allCases.map(\.rawValue))
        let results = try results(MadeChecks.failing())
        #expect(results.compactMap { $0["level"] as? String } == ["error", "error", "warning", "note"])
        for result in results {
            let index = try #require(result["ruleIndex"] as? Int)
            #expect(rules[index]["id"] as? String == result["ruleId"] as? String)
        }
        #expect(results.map { $0["suppressions"] != nil } == [false, true, false, false])
    }

    @Test("Files of the checkout are relative, others are not")
    func files() throws {
        let places = try results(MadeChecks.failing()).map { result -> [String: Any]? in
            let location = (result["locations"] as? [[String: Any]])?.first
            return (location?["physicalLocation"] as? [String: Any])?["artifactLocation"] as? [String: Any]
        }
        #expect(
            places.map { $0?["uri"] as? String } == [
                "Sources/Quotes/Risk.swift", nil, "file:///home/dev/ledger/Sources/Ledger.swift", nil,
            ])
        #expect(places.map { $0?["uriBaseId"] as? String } == ["%SRCROOT%", nil, nil, nil])
    }

    @Test(
        "Paths",
        arguments: [
            ("/a/b/c.swift", "c.swift", "c.swift"), ("/a/b/d/../c.swift", "c.swift", "c.swift"),
            ("/a/b/./e f/ü%.swift", "e f/ü%.swift", "e%20f/%C3%BC%25.swift"),
            ("/a/bc/d.swift", "/a/bc/d.swift", "file:///a/bc/d.swift"),
            ("/a/../../c.swift", "/c.swift", "file:///c.swift"),
            ("Sources/x.swift", "Sources/x.swift", "Sources/x.swift"), ("../x.swift", "../x.swift", "../x.swift"),
        ])
    func paths(file: String, path: String, uri: String) throws {
        let shown = try #require(SourcePath(file, in: "/a/b"))
        #expect(shown.path == path && shown.uri == uri)
    }

    @Test("Code of the compiler's own is in no file")
    func noFile() {
        #expect(SourcePath("<compiler-generated>", in: "/a") == nil && SourcePath("", in: "/a") == nil)
    }

    @Test("A fingerprint stays when figures and lines change, and is another for another function")
    func fingerprints() throws {
        func fingerprint(_ finding: Finding) throws -> String {
            let plan = try CheckPlan(options: CheckSettings())
            let results = try results(
                CheckResults(plan, of: MadeService.model(), diagnosis: MadeService.diagnosis(finding)))
            let fingerprints = try #require(results.first?["partialFingerprints"] as? [String: String])
            return try #require(fingerprints["pollscopeFinding/v1"])
        }
        var later = MadeService.score
        later.headline = "RiskModel.score(_:) computes 80 ms without suspending"
        later.site?.code.line = 60
        let first = try fingerprint(MadeService.score)
        #expect(try fingerprint(later) == first)
        later.site?.code.function = "RiskModel.rank(_:)"
        #expect(try fingerprint(later) != first)
        later = MadeService.score
        later.kind = .blockingCall
        #expect(try fingerprint(later) != first)
    }

    @Test("A limit that was not kept is a notification")
    func notifications() throws {
        let invocations = try #require(try run(MadeChecks.failing())["invocations"] as? [[String: Any]])
        let notifications = try #require(invocations[0]["toolExecutionNotifications"] as? [[String: Any]])
        let texts = notifications.compactMap { ($0["message"] as? [String: Any])?["text"] as? String }
        #expect(texts.contains("max-request-p99 GET /quote=50ms: 67.7 ms (limits.yml:3)"), "\(texts)")
        #expect(invocations[0]["exitCode"] as? Int == 1)
    }

    /// From the schema of SARIF 2.1.0 (OASIS, errata 01), word for word what concerns the parts that are written; what else
    /// it allows is left out, and so an error here.
    private static let schema = """
        {
          "type": "object", "required": ["version", "runs"], "additionalProperties": false,
          "properties": {
            "$schema": {"type": "string"}, "version": {"enum": ["2.1.0"]},
            "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}}
          },
          "$defs": {
            "run": {
              "type": "object", "required": ["tool"], "additionalProperties": false,
              "properties": {
                "tool": {
                  "type": "object", "required": ["driver"], "additionalProperties": false,
                  "properties": {"driver": {"$ref": "#/$defs/toolComponent"}}
                },
                "invocations": {"type": "array", "items": {"$ref": "#/$defs/invocation"}},
                "originalUriBaseIds": {
                  "type": "object", "properties": {"%SRCROOT%": {"$ref": "#/$defs/artifactLocation"}}
                },
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}}
              }
            },
            "toolComponent": {
              "type": "object", "required": ["name"], "additionalProperties": false,
              "properties": {
                "name": {"type": "string"},
                "rules": {"type": "array", "items": {"$ref": "#/$defs/reportingDescriptor"}}
              }
            },
            "reportingDescriptor": {
              "type": "object", "required": ["id"], "additionalProperties": false,
              "properties": {
                "id": {"type": "string"}, "shortDescription": {"$ref": "#/$defs/multiformatMessageString"},
                "fullDescription": {"$ref": "#/$defs/multiformatMessageString"},
                "help": {"$ref": "#/$defs/multiformatMessageString"}
              }
            },
            "multiformatMessageString": {
              "type": "object", "required": ["text"], "additionalProperties": false,
              "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}}
            },
            "message": {
              "type": "object", "required": ["text"], "additionalProperties": false,
              "properties": {"text": {"type": "string"}}
            },
            "invocation": {
              "type": "object", "required": ["executionSuccessful"], "additionalProperties": false,
              "properties": {
                "executionSuccessful": {"type": "boolean"}, "exitCode": {"type": "integer"},
                "toolExecutionNotifications": {"type": "array", "items": {"$ref": "#/$defs/notification"}}
              }
            },
            "notification": {
              "type": "object", "required": ["message"], "additionalProperties": false,
              "properties": {"message": {"$ref": "#/$defs/message"}, "level": {"$ref": "#/$defs/level"}}
            },
            "level": {"enum": ["none", "note", "warning", "error"]},
            "result": {
              "type": "object", "required": ["message"], "additionalProperties": false,
              "properties": {
                "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": -1},
                "level": {"$ref": "#/$defs/level"}, "message": {"$ref": "#/$defs/message"},
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
                "partialFingerprints": {
                  "type": "object", "properties": {"pollscopeFinding/v1": {"type": "string"}}
                },
                "suppressions": {"type": "array", "items": {"$ref": "#/$defs/suppression"}}
              }
            },
            "suppression": {
              "type": "object", "required": ["kind"], "additionalProperties": false,
              "properties": {"kind": {"enum": ["inSource", "external"]}, "justification": {"type": "string"}}
            },
            "location": {
              "type": "object", "additionalProperties": false,
              "properties": {
                "physicalLocation": {
                  "type": "object", "additionalProperties": false, "required": ["artifactLocation"],
                  "properties": {
                    "artifactLocation": {"$ref": "#/$defs/artifactLocation"}, "region": {"$ref": "#/$defs/region"}
                  }
                },
                "logicalLocations": {"type": "array", "items": {"$ref": "#/$defs/logicalLocation"}}
              }
            },
            "logicalLocation": {
              "type": "object", "additionalProperties": false,
              "properties": {"fullyQualifiedName": {"type": "string"}, "kind": {"type": "string"}}
            },
            "region": {
              "type": "object", "required": ["startLine"], "additionalProperties": false,
              "properties": {"startLine": {"type": "integer", "minimum": 1}}
            },
            "artifactLocation": {
              "type": "object", "additionalProperties": false,
              "properties": {
                "uri": {"type": "string"}, "uriBaseId": {"type": "string"}, "description": {"$ref": "#/$defs/message"}
              }
            }
          }
        }
        """
}
