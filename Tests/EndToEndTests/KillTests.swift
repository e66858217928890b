// Services and recorders that are killed at any moment: what they had seen is there.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Killed", .serialized)
struct KillTests {
    @Test("A killed service can be asked what it did last", .timeLimit(.minutes(1)), arguments: 0..<10)
    func serviceIsKilled(round: Int) throws {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "forever"])
        try service.waitForOutput("running")
        #expect(try place.state(of: service.processID) == "alive")
        usleep(UInt32.random(in: 0..<150_000))  // any moment will do; that is the point
        service.send(SIGKILL)
        #expect(try service.waitForEnd().status == 128 + SIGKILL)

        #expect(try place.state(of: service.processID) == "dead")
        let session = "\(service.processID)"
        try place.expectLawful(session)
        let report = try place.report(of: session)
        report.expectWhole()
        #expect(report.session.pid == Int(service.processID))
        #expect(report.polls > 0)
        #expect(report.losses.recordsLost == 0, "what nobody had begun to read is not lost")
        let ending = try place.pollscope("report", session)
        #expect(ending.status == 0, "\(ending)")

        let cleaned = try place.pollscope("ps", "--clean-dead")
        #expect(cleaned.status == 0)
        #expect(place.sessionFiles == [])
    }

    @Test("What ran at the moment of death is named", .timeLimit(.minutes(1)), arguments: BuildMode.allCases)
    func stuckServiceIsKilled(build: BuildMode) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let service = try place.start([program, "stuck"])
        try service.waitForOutput("running")
        func names() throws -> [String] {
            try place.report(of: "\(service.processID)").unfinished.map(\.site.function)
        }
        try? ChildProcess.wait(for: "the stuck poll to be seen", within: .seconds(5)) {
            try names().contains("neverSuspends()")
        }
        let namesWhileAlive = try names()
        #expect(namesWhileAlive.contains("neverSuspends()"))
        let whileAlive = try place.report(of: "\(service.processID)")
        #expect(whileAlive.unfinished.contains { $0.durationSeconds > 0 }, "a poll that runs has run for a while")

        service.send(SIGKILL)
        _ = try service.waitForEnd()
        let namesAfterDeath = try names()
        #expect(namesAfterDeath.contains("neverSuspends()"))
        try place.expectLawful("\(service.processID)")
    }

    @Test("The recording of a service that is killed is whole", .timeLimit(.minutes(1)))
    func recordedServiceIsKilled() throws {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "forever"])
        try service.waitForOutput("running")
        let recording = place.folder.file("recording")
        let recorder = try place.startPollscope("record", "-o", recording, "--pid", "\(service.processID)")
        try waitForBytes(1, in: recording)
        service.send(SIGKILL)
        let ending = try recorder.waitForEnd()
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.errors.contains("the service has ended"))
        try expectWholeRecording(recording, in: place)
    }

    @Test(
        "Ctrl-C ends a recording, and it is whole", .timeLimit(.minutes(1)), arguments: [SIGINT, SIGTERM, SIGHUP])
    func recorderIsInterrupted(signal: Int32) throws {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "forever"])
        try service.waitForOutput("running")
        let recording = place.folder.file("recording")
        let recorder = try place.startPollscope("record", "-o", recording, "--pid", "\(service.processID)")
        try waitForBytes(1, in: recording)
        try ChildProcess.wait(for: "the recorder to say that it records") {
            recorder.errors.contains("Recording ")
        }
        recorder.send(signal)
        let ending = try recorder.waitForEnd()
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.errors.contains("interrupted"))
        #expect(ending.errors.contains("pollscope report \(recording)"))
        #expect(!service.hasEnded, "the service goes on")
        try expectWholeRecording(recording, in: place)
    }

    @Test("Ctrl-C with the command it recorded ends both, and the recording is whole", .timeLimit(.minutes(1)))
    func recorderAndCommandAreInterrupted() throws {
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let recorder = try place.startPollscope("record", "-o", recording, "--", GroundTruth.path, "forever")
        try recorder.waitForOutput("running")
        try waitForBytes(1, in: recording)
        // A terminal sends the signal to both.
        let service = try #require(try place.ps().first { $0.state == "alive" })
        kill(service.pid, SIGINT)
        recorder.send(SIGINT)
        let ending = try recorder.waitForEnd()
        #expect(ending.status == 128 + SIGINT, "\(ending)")
        try expectWholeRecording(recording, in: place)
        #expect(place.sessionFiles == [])
    }

    @Test("A recording whose recorder was killed is readable up to there", .timeLimit(.minutes(1)), arguments: 0..<5)
    func recorderIsKilled(round: Int) throws {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "forever"])
        try service.waitForOutput("running")
        let recording = place.folder.file("recording")
        let recorder = try place.startPollscope("record", "-o", recording, "--pid", "\(service.processID)")
        // Chunks go out about once a second.
        try waitForBytes(round < 3 ? 1 : 100_000, in: recording)
        usleep(UInt32.random(in: 0..<100_000))
        recorder.send(SIGKILL)
        _ = try recorder.waitForEnd()

        try place.expectLawful(recording)
        let report = try place.report(of: recording)
        report.expectWhole()
        #expect(report.problems.contains { $0.kind == "damagedRecording" }, "it says that it was cut")
        #expect(!service.hasEnded, "the service does not notice")
        #expect(try place.state(of: service.processID) == "alive")
    }

    private func waitForBytes(_ count: Int, in path: String) throws {
        try ChildProcess.wait(for: "\(count) bytes in \(path)") {
            var status = stat()
            return stat(path, &status) == 0 && status.st_size >= count
        }
    }

    private func expectWholeRecording(
        _ recording: String, in place: Workplace, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let verdict = try place.pollscope("verify", recording)
        #expect(verdict.status == 0, "\(verdict)", sourceLocation: sourceLocation)
        #expect(!verdict.output.contains("not whole"), "\(verdict)", sourceLocation: sourceLocation)
        let report = try place.report(of: recording, sourceLocation: sourceLocation)
        report.expectWhole(sourceLocation: sourceLocation)
        #expect(!report.problems.contains { $0.kind == "damagedRecording" }, sourceLocation: sourceLocation)
    }
}
