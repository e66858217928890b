// `pollscope check` as a CI server runs it: limits and findings of a program whose requests are known, files, statuses.

import Foundation
import FoundationXML
import TestSupport
import Testing

@Suite("Checks for CI", .serialized)
struct CheckTests {
    /// 2,400 requests called "short".
    private func record(_ scenario: String = "request-load 8 300", in place: Workplace) throws -> String {
        let recording = place.folder.file("recording")
        let words = scenario.split(separator: " ").map(String.init)
        let ending = try place.run(
            [BuiltPrograms.path(of: "pollscope"), "record", "-o", recording, "--", GroundTruth.path] + words)
        try #require(ending.status == 0, "\(ending)")
        return recording
    }

    private func check(_ place: Workplace, _ words: String...) throws -> ChildProcess.Ending {
        try place.run([BuiltPrograms.path(of: "pollscope"), "check"] + words)
    }

    private func isWellFormed(_ text: some DataProtocol) -> Bool { XMLParser(data: Data(text)).parse() }

    @Test("A recording that keeps to its limits passes, and both files say so", .timeLimit(.minutes(1)))
    func passes() throws {
        let place = try Workplace()
        let recording = try record(in: place)
        let limits = try place.folder.write(
            "fail-on: none\nmax-request-p99:\n  short: 60s\nmin-requests: 2400\nmax-poll: 50s\n".utf8, to: "limits.yml")
        let (junit, sarif) = (place.folder.file("junit.xml"), place.folder.file("check.sarif"))
        try place.folder.write(Array(repeating: 32, count: 100_000), to: "junit.xml")
        let ending = try check(
            place, recording, "--limits", limits, "--max-poll", "60s", "--max-errors", "short=0%", "--junit", junit,
            "--sarif", sarif)
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.errors == "")
        #expect(ending.output.hasSuffix("\ncheck: passed\n"), "\(ending)")
        #expect(ending.output.contains("note: --max-poll 60s is used, not 50s (\(limits):5)."), "\(ending)")
        #expect(!ending.output.contains("FAILED") && !ending.output.contains("\u{1B}"))
        let xml = try Data(contentsOf: URL(filePath: junit))
        #expect(isWellFormed(xml))
        #expect(String(decoding: xml, as: UTF8.self).contains("failures=\"0\""))
        let log = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: sarif))) as? [String: Any]
        #expect(log?["version"] as? String == "2.1.0")
    }

    @Test("A limit that is broken fails it, by its name and with the figure", .timeLimit(.minutes(1)))
    func fails() throws {
        let place = try Workplace()
        let recording = try record(in: place)
        let (junit, sarif) = (place.folder.file("junit.xml"), place.folder.file("check.sarif"))
        let ending = try check(
            place, recording, "--fail-on", "none", "--max-request-p99", "short=1ns", "--max-request-p99", "shrt=1s",
            "--min-requests", "1", "--junit", junit, "--sarif", sarif)
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.output.hasSuffix("\ncheck: FAILED: 2 of 6\n"), "\(ending)")
        #expect(ending.output.contains("FAILED  max-request-p99 short=1ns"), "\(ending)")
        #expect(
            ending.output.contains("There is no request \"shrt\" in the recording. The nearest: short"), "\(ending)")
        let xml = try Data(contentsOf: URL(filePath: junit))
        #expect(isWellFormed(xml))
        #expect(String(decoding: xml, as: UTF8.self).contains("failures=\"2\""))
        #expect(try String(contentsOfFile: sarif, encoding: .utf8).contains("max-request-p99 short=1ns: "))
    }

    @Test("A recording in which nothing happened is never called healthy", .timeLimit(.minutes(1)))
    func thin() throws {
        let place = try Workplace()
        let recording = try record("march 10", in: place)
        let ending = try check(place, recording, "--fail-on", "none")
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.output.contains("check: FAILED"), "\(ending)")
    }

    @Test("One of the files can go to stdout, alone", .timeLimit(.minutes(1)))
    func standardOutput() throws {
        let place = try Workplace()
        let recording = try record(in: place)
        let xml = try check(place, recording, "--fail-on", "none", "--min-requests", "1", "--junit", "-")
        #expect(xml.status == 0, "\(xml)")
        #expect(isWellFormed(Data(xml.output.utf8)), "\(xml)")
        #expect(xml.errors.hasSuffix("check: passed\n"), "\(xml)")
        let both = try check(place, recording, "--junit", "-", "--sarif", "-")
        #expect(both.status == 64 && both.output == "", "\(both)")
        #expect(both.errors.contains("give one of them a file"), "\(both)")
    }

    @Test("What cannot be used is said, with the documented status", .timeLimit(.minutes(1)))
    func badInput() throws {
        let place = try Workplace()
        let recording = try record("march 10", in: place)
        func expect(
            _ status: Int32, _ words: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let ending = try place.run([BuiltPrograms.path(of: "pollscope"), "check"] + arguments)
            #expect(ending.status == status, "\(ending)", sourceLocation: sourceLocation)
            #expect(ending.errors.contains(words), "\(ending)", sourceLocation: sourceLocation)
            #expect(ending.output == "", sourceLocation: sourceLocation)
        }
        let bad = try place.folder.write("fail-on: info\nmax-wat: 5ms\n".utf8, to: "bad.yml")
        try expect(65, "bad.yml:2: There is no limit called \"max-wat\"", recording, "--limits", bad)
        try expect(66, "none.yml is not there", recording, "--limits", place.folder.file("none.yml"))
        try expect(66, "is no plain file", recording, "--limits", place.folder.path)
        let large = try place.folder.write(Array(repeating: UInt8(ascii: "#"), count: 100_000), to: "large.yml")
        try expect(65, "larger than 64 KiB", recording, "--limits", large)
        try expect(64, "--max-poll: \"5\" is not what it takes", recording, "--max-poll", "5")
        try expect(64, "--allow: There is no kind of finding called \"x\"", recording, "--allow", "x")
        try expect(64, "fail-on", recording, "--fail-on", "error")
        try expect(66, "The directory of", recording, "--junit", place.folder.file("none/junit.xml"))
        try expect(64, "cannot be written", recording, "--sarif", place.folder.path)
        try expect(64, "would write over", recording, "--sarif", recording)
        try expect(
            64, "would write over", recording, "--junit", place.folder.file("x"), "--sarif", place.folder.file("x"))
        try expect(66, "There is no file", place.folder.file("none.pollscope"))
        try place.expectLawful(recording)
        let full = try place.run(
            [BuiltPrograms.path(of: "pollscope"), "check", recording, "--junit", "/dev/full"])
        #expect(full.status == 70 && full.errors.contains("/dev/full cannot be written"), "\(full)")
        let help = try place.pollscope("check", "--help")
        #expect(help.status == 0 && help.output.contains("--max-pool-wait-p99"), "\(help)")
    }
}
