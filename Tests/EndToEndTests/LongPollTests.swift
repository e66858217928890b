// Long polls and blocking calls of programs whose behaviour is known: where the time went, by function, file and line.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Long polls explained", .serialized)
struct LongPollTests {
    /// Records a scenario; its report, which obeys the laws, and what the program printed.
    private func record(
        _ program: String?, _ scenario: Scenario, with more: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (report: ReportJSON, output: String)? {
        guard let program else { return nil }
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let pin = scenario.threads == .one ? ["taskset", "-c", Processors.first] : []
        let ending = try place.run(
            [BuiltPrograms.path(of: "pollscope"), "record", "-o", recording, "--"] + pin + [program] + scenario.words,
            with: more)
        try #require(ending.status == 0, "\(ending)", sourceLocation: sourceLocation)
        try place.expectLawful(recording, sourceLocation: sourceLocation)
        let report = try place.report(of: recording, sourceLocation: sourceLocation)
        report.expectWhole(sourceLocation: sourceLocation)
        report.expectSplitsAddUp(sourceLocation: sourceLocation)
        #expect(report.losses.evidenceLost == 0, sourceLocation: sourceLocation)
        #expect(report.losses.samplesLost == 0, sourceLocation: sourceLocation)
        return (report, ending.output)
    }

    @Test(
        "What a long poll spent its time on is told as it was", .timeLimit(.minutes(1)), arguments: BuildMode.allCases,
        [
            Scenario("deep-spin 120"), Scenario("library-spin 120"), Scenario("bare-library-spin 120"),
            Scenario("mixture 20"), Scenario("many-spins 8 15"), Scenario("crowd 3 15", on: .one),
        ])
    func longPolls(build: BuildMode, scenario: Scenario) throws {
        guard let (report, output) = try recordRunning(build.path, scenario) else { return }
        let expectation = try LongPollExpectation(output)
        try #require(!expectation.longs.isEmpty)
        expectation.expect(in: report)
    }

    /// A recording in which polls had the CPU for most of the time that they needed it: others can take it from them for so
    /// long that few of their samples show them running. One of a few runs is undisturbed enough.
    private func recordRunning(
        _ program: String?, _ scenario: Scenario
    ) throws -> (report: ReportJSON, output: String)? {
        for _ in 1..<5 {
            guard let result = try record(program, scenario) else { return nil }
            let isDisturbed = result.report.longPolls.contains {
                $0.split.kernelWaitSeconds > $0.split.onCPUSeconds / 2
            }
            if scenario.threads == .one || !isDisturbed { return result }
        }
        return try record(program, scenario)
    }

    @Test(
        "A call that blocks is told by name, caller, line, object and duration", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases)
    func calls(build: BuildMode) throws {
        guard let (report, output) = try record(build.path, Scenario("calls")) else { return }
        let expectation = try LongPollExpectation(output)
        #expect(expectation.calls.count >= 40, "\(output)")
        expectation.expect(in: report)
        for call in report.blocking {
            #expect(call.site.task != nil && !call.function.isEmpty)
            #expect(call.seconds.max >= 0.000_099, "under the threshold: \(call)")
        }
    }

    @Test(
        "The same is told of a program with the runtime linked statically", .timeLimit(.minutes(1)),
        arguments: [Scenario("deep-spin 120"), Scenario("library-spin 120"), Scenario("mixture 20"), Scenario("calls")])
    func staticBuild(scenario: Scenario) throws {
        guard let (report, output) = try recordRunning(StaticBuildTests.program, scenario) else { return }
        try LongPollExpectation(output).expect(in: report)
    }

    @Test("A poll that waits for the CPU most of its time is told to", .timeLimit(.minutes(1)))
    func keptOffTheCPU() throws {
        guard let (report, _) = try record(GroundTruth.path, Scenario("crowd 3 25", on: .one)) else { return }
        let entry = try #require(report.longPolls.first { $0.function == "crowded(_:)" })
        #expect(entry.split.kernelWaitSeconds > entry.pollSeconds.total / 2, "\(entry.split)")
        #expect(entry.split.kernelWaitSeconds > entry.split.onCPUSeconds, "\(entry.split)")
    }

    @Test(
        "A healthy service has no long polls and no blocking calls", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases)
    func healthy(build: BuildMode) throws {
        // A poll that another process holds up is long all the same: one undisturbed run of a few is looked for.
        for attempt in 1...5 {
            guard let (report, _) = try record(build.path, Scenario("healthy")) else { return }
            #expect(report.polls > 4000)
            if report.longPolls.isEmpty && report.blocking.isEmpty && report.overhead.samples == 0 { return }
            for entry in report.longPolls {
                #expect(entry.split.onCPUSeconds < 0.01 * Double(entry.polls), "\(report.longPollTable)")
            }
            #expect(attempt < 5, "\(report.longPollTable)\n\(report.blockingTable)")
        }
    }

    @Test("What is switched off leaves nothing", .timeLimit(.minutes(1)))
    func switchedOff() throws {
        let noCalls = try #require(
            try record(GroundTruth.path, Scenario("mixture 20"), with: ["POLLSCOPE_BLOCKING": "off"]))
        #expect(noCalls.report.blocking.isEmpty)
        let noLongPolls = try #require(
            try record(GroundTruth.path, Scenario("mixture 20"), with: ["POLLSCOPE_LONG_POLL": "off"]))
        #expect(noLongPolls.report.longPolls.isEmpty)
        #expect(noLongPolls.report.overhead.samples == 0)
        #expect(noLongPolls.report.blocking.count >= 2)
        let noSignal = try #require(
            try record(GroundTruth.path, Scenario("mixture 20"), with: ["POLLSCOPE_SIGNAL": "off"]))
        let entry = try #require(noSignal.report.longPolls.first { $0.function == "mixed(_:)" })
        #expect(entry.stacks.flatMap(\.all).allSatisfy { $0.state != "cpu" || $0.children.isEmpty })
        #expect(entry.calls.map(\.call).sorted() == ["read", "usleep"])
    }

    @Test("Thresholds are the service's to set", .timeLimit(.minutes(1)))
    func thresholds() throws {
        let high = try #require(
            try record(
                GroundTruth.path, Scenario("mixture 20"),
                with: ["POLLSCOPE_LONG_POLL": "10s", "POLLSCOPE_BLOCKING": "5s"]))
        #expect(high.report.longPolls.isEmpty)
        #expect(high.report.blocking.isEmpty)
        let low = try #require(
            try record(
                GroundTruth.path, Scenario("mixture 2"),
                with: ["POLLSCOPE_LONG_POLL": "2ms", "POLLSCOPE_BLOCKING": "1us"]))
        #expect(low.report.longPolls.contains { $0.function == "mixed(_:)" })
        #expect(low.report.blocking.contains { $0.seconds.max < 0.000_1 })
    }

    // MARK: Without end

    @Test(
        "A poll that does not end is told while it goes on", .timeLimit(.minutes(1)), arguments: BuildMode.allCases,
        ["stuck-computing", "stuck-reading", "stuck-locking"])
    func stuck(build: BuildMode, scenario: String) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let service = try place.start([program, scenario])
        try service.waitForOutput("running")
        let expected = try #require(try LongPollExpectation(service.output).stuck.first)
        var found: ReportJSON.Poll?
        try ChildProcess.wait(for: "a sample of the poll that does not end") {
            let report = try place.report(of: "\(service.processID)")
            found = report.unfinished.first { $0.site.function == "neverEnding(_:)" && $0.lastSample != nil }
            return found != nil
        }
        let poll = try #require(found)
        let sample = try #require(poll.lastSample)
        #expect(sample.state == expected.state, "\(sample)")
        #expect(sample.call ?? "" == expected.call, "\(sample)")
        let frame = try #require(sample.stack.first { $0.function == expected.function }, "\(sample)")
        #expect(frame.line == expected.line && (frame.file ?? "").hasSuffix(expected.file), "\(frame)")
        #expect(sample.secondsIntoPoll > 0.009 && sample.secondsIntoPoll <= poll.durationSeconds + 0.001, "\(poll)")
        let split = try #require(poll.split)
        #expect(abs(split.totalSeconds - poll.durationSeconds) <= 1e-6 + poll.durationSeconds * 1e-6, "\(poll)")

        // It is killed in the middle of it: what was known is known.
        service.send(SIGKILL)
        _ = try service.waitForEnd()
        let dead = try place.report(of: "\(service.processID)")
        let last = dead.unfinished.compactMap(\.lastSample)
        #expect(last.contains { $0.stack.contains { $0.function == expected.function } }, "\(last)")
    }
}
