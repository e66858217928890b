// Expectations, marks in the code and reports are read as they are written, and refused otherwise.

import AilmentModel
import Foundation
import Testing

@Suite struct GroundTruthTests {
    @Test func plantedLinesAreThoseBetweenTheMarkers() throws {
        let source = """
            // A file.
            // planted: begin
            func slow() {}
            // planted: end
                // planted: begin
                one
                two
                // planted: end
            """
        let lines = try PlantedLines(markedIn: source, path: "Slow.swift")
        #expect(lines.ranges == [3...3, 6...7])
        #expect(lines.contain(7) && !lines.contain(4))
    }

    @Test(arguments: [
        "", "// planted: begin", "// planted: end", "// planted: begin\n// planted: begin\n// planted: end",
        "// planted: begin\n// planted: end",
    ])
    func marksThatDoNotMatchAreRefused(source: String) {
        #expect(throws: LabFailure.self) { try PlantedLines(markedIn: source, path: "Slow.swift") }
    }

    @Test func anExpectationSaysAKindOrKinds() throws {
        let one = try Expectation(
            json: Data(#"{"name":"fsync","kind":"blocking-call","file":"A.swift"}"#.utf8), path: "x")
        #expect(one.expectedKinds == ["blocking-call"] && one.expectedFiles == ["A.swift"] && !one.isHealthy)
        let two = try Expectation(json: Data(#"{"name":"two","kinds":["a","b"],"files":["A","B"]}"#.utf8), path: "x")
        #expect(two.expectedKinds == ["a", "b"] && two.expectedFiles == ["A", "B"])
        let healthy = try Expectation(json: Data(#"{"name":"idle","kind":"healthy"}"#.utf8), path: "x")
        #expect(healthy.isHealthy && healthy.expectedKinds.isEmpty)
        for wrong in [#"{"name":"none"}"#, #"{"name":"both","kind":"a","kinds":["b"]}"#, "[]", ""] {
            #expect(throws: LabFailure.self) { try Expectation(json: Data(wrong.utf8), path: "x") }
        }
    }

    @Test func findingsAreReadFromAReport() throws {
        let report = """
            {"schema": "pollscope.report/1", "findings": [
              {"kind": "long-poll", "severity": "critical", "subject": "", "headline": "it computes", "effects": [],
               "site": {"function": "RiskModel.score(_:)", "awaitPoint": "start", "file": "Risk.swift", "line": 48}},
              {"kind": "thread-churn", "severity": "info", "site": null, "subject": "threads"}]}
            """
        let findings = try ReportedFinding.all(inReport: Data(report.utf8))
        #expect(findings.map(\.isSerious) == [true, false])
        #expect(findings.map(\.summary) == ["long-poll RiskModel.score(_:) Risk.swift:48", "thread-churn \"threads\""])
        #expect(throws: LabFailure.self) { try ReportedFinding.all(inReport: Data("{}".utf8)) }
    }

    @Test func theMatrixCountsByWhatWasPlantedAndFoundFirst() {
        var matrix = ConfusionMatrix()
        let found = ReportedFinding(kind: "long-poll", severity: "warning")
        matrix.add(Expectation(name: "a", kind: "long-poll"), [found])
        matrix.add(Expectation(name: "b", kind: "hang"), [])
        matrix.add(Expectation(name: "c", kind: "healthy"), [])
        matrix.add(Expectation(name: "d", kinds: ["hang", "long-poll"]), [found])
        #expect(
            matrix.text == """
                planted, by row; found first, by column
                              a   b   c
                a hang        ·   ·   1
                b long-poll   ·   2   ·
                c nothing     ·   ·   1
                """)
    }
}
