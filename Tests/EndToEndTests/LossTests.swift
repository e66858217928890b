// What could not be seen is counted exactly: rings that are too small for their reader, and threads without a ring.

import Foundation
import TestSupport
import Testing

@Suite("Loss", .serialized)
struct LossTests {
    @Test(
        "A slow reader counts what it missed: recorded and lost are all there were", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases)
    func slowReader(build: BuildMode) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let ending = try place.pollscope(
            "record", "-o", recording, "--", program, "march", "50000",
            with: ["POLLSCOPE_RING": "64", "POLLSCOPE_LOOPS": "off"])
        try #require(ending.status == 0, "\(ending)")
        try place.expectLawful(recording)
        let total = try #require(try Expectation(ending.output).total)
        let report = try place.report(of: recording)
        report.expectWhole()
        #expect(report.losses.recordsLost > 0)
        #expect(report.polls + report.losses.recordsLost == total)
        #expect(report.problems.contains { $0.kind == "lostRecords" })
        #expect(try place.pollscope("report", recording).output.contains("overwritten before"))
    }

    /// CPU time of a process in clock ticks (fields 14 and 15 of /proc/PID/stat); nil: it has ended.
    private static func cpuTicks(of process: Int32) -> Int? {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let name = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[name...].dropFirst(2).split(separator: " ")
        guard fields.count > 12, fields[0] != "Z", let user = Int(fields[11]), let system = Int(fields[12]) else {
            return nil
        }
        return user + system
    }

    @Test("A reader that stands still for a while loses no count", .timeLimit(.minutes(1)))
    func readerStandsStill() throws {
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let recorder = try place.startPollscope(
            "record", "-o", recording, "--", GroundTruth.path, "march", "100000",
            with: ["POLLSCOPE_RING": "256", "POLLSCOPE_LOOPS": "off"])
        try ChildProcess.wait(for: "the service to be observed") { try place.ps().first?.state == "alive" }
        let service = try #require(try place.ps().first).pid
        for _ in 0..<5 {
            recorder.send(SIGSTOP)
            let before = Self.cpuTicks(of: service) ?? 0
            // In that time it makes many more polls than its ring holds.
            try ChildProcess.wait(for: "the service to go on or end") {
                Self.cpuTicks(of: service).map { $0 >= before + 3 } ?? true
            }
            recorder.send(SIGCONT)
            usleep(20_000)  // How far the reader gets does not matter.
        }
        let ending = try recorder.waitForEnd()
        try #require(ending.status == 0, "\(ending)")
        try place.expectLawful(recording)
        let total = try #require(try Expectation(ending.output).total)
        let report = try place.report(of: recording)
        #expect(report.losses.recordsLost > 0)
        #expect(report.polls + report.losses.recordsLost == total)
    }

    @Test("Polls of threads without a ring are counted, and the report says so", .timeLimit(.minutes(1)))
    func ringsRunOut() throws {
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let ending = try place.pollscope(
            "record", "-o", recording, "--", GroundTruth.path, "march", "200", with: ["POLLSCOPE_RINGS": "1"])
        try #require(ending.status == 0, "\(ending)")
        try place.expectLawful(recording)
        let report = try place.report(of: recording)
        // The main thread and one of the pool share one ring: one of them goes without.
        #expect(report.losses.pollsUnrecorded > 0)
        #expect(report.problems.contains { $0.kind == "unrecordedPolls" })
        // The main task's last poll, in which the process ends, is among the unrecorded where its thread has no ring.
        let total = try #require(try Expectation(ending.output).total)
        #expect((total...total + 1).contains(report.polls + report.losses.pollsUnrecorded))
    }

    @Test("2,000 threads that come and go are all seen", .timeLimit(.minutes(2)))
    func manyThreads() throws {
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let ending = try place.pollscope("record", "-o", recording, "--", GroundTruth.path, "threads", "2000")
        try #require(ending.status == 0, "\(ending)")
        try place.expectLawful(recording)
        let report = try place.report(of: recording)
        report.expectWhole()
        #expect(report.losses.recordsLost == 0)
        #expect(report.losses.pollsUnrecorded == 0)
        try Expectation(ending.output).expect(in: report)
    }
}
