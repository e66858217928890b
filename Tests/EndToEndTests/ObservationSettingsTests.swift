// Settings of the watcher and of the calls: what makes no sense is named, and the default is used.

import TestSupport
import Testing

@Suite("Settings of long polls and blocking calls", .serialized)
struct ObservationSettingsTests {
    /// `doctor` of the living service and the report of what it does name each setting; the report of the session.
    @discardableResult
    private func expectNamed(
        _ settings: [String: String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ReportJSON {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "stuck-computing"], with: settings)
        try service.waitForOutput("running")
        let doctor = try place.pollscope("doctor", "\(service.processID)")
        #expect(doctor.status == 0, sourceLocation: sourceLocation)
        // The default is used: a poll that does not end is sampled.
        try ChildProcess.wait(for: "a sample of the long poll") {
            try place.report(of: "\(service.processID)").overhead.samples > 0
        }
        let report = try place.report(of: "\(service.processID)")
        for (name, value) in settings {
            let line = doctor.output.split(separator: "\n").first { $0.contains("\(name)=\(value) is ") }
            #expect(line?.contains(" is used") ?? false, "\(name): \(doctor)", sourceLocation: sourceLocation)
            #expect(
                report.problems.contains { $0.sentence.contains("\(name)=\(value) is ") },
                "\(name)=\(value): \(report.problems)", sourceLocation: sourceLocation)
        }
        #expect(service.errors == "", sourceLocation: sourceLocation)
        return report
    }

    @Test(
        "A duration that is none, and a signal that cannot be used",
        arguments: [
            ("banana", "9"), ("-5ms", "0"), ("10", "99"), ("10minutes", "SIGSEGV"), ("5 ms", "SIGFOO"),
            ("99999999999999999999s", "SIGRTMIN+99"), ("0s", "-1"), ("ms", "32"),
        ])
    func badSettings(duration: String, signal: String) throws {
        try expectNamed([
            "POLLSCOPE_LONG_POLL": duration, "POLLSCOPE_BLOCKING": duration, "POLLSCOPE_SIGNAL": signal,
        ])
    }

    @Test("A bad setting does not change what the service does")
    func exitStatus() throws {
        let place = try Workplace()
        let bad = ["POLLSCOPE_LONG_POLL": "banana", "POLLSCOPE_BLOCKING": "-1", "POLLSCOPE_SIGNAL": "SIGFOO"]
        for status in [0, 7] {
            let ending = try place.run([GroundTruth.path, "exit", "\(status)"], with: bad)
            #expect(ending.status == Int32(status), "\(ending)")
            #expect(ending.output == "" && ending.errors == "", "\(ending)")
        }
    }

    @Test("A site that is not there: the nearest ones are named", arguments: ["nothing-like-this", "spinnin", "*"])
    func noSuchSite(pattern: String) throws {
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let ending = try place.pollscope("record", "-o", recording, "--", GroundTruth.path, "spin", "30")
        try #require(ending.status == 0, "\(ending)")
        let report = try place.pollscope("report", "--site", pattern, recording)
        if pattern == "spinnin" {
            #expect(report.status == 0, "\(report)")
            #expect(report.output.contains("spinning(_:)"), "\(report)")
        } else {
            #expect(report.status == 66, "\(report)")
            #expect(report.errors.contains(pattern) && report.errors.contains("spinning(_:)"), "\(report)")
            #expect(report.output == "")
        }
    }
}
