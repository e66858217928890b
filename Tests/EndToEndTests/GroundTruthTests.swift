// Programs with polls known by construction: recorded, verified, reported, and held against what they printed.

import TestSupport
import Testing

/// A scenario, and how many threads the pool has for it.
struct Scenario: Sendable, CustomTestStringConvertible {
    enum Threads: Sendable { case one, all }

    var words: [String]
    var threads: Threads

    init(_ text: String, on threads: Threads = .all) {
        words = text.split(separator: " ").map(String.init)
        self.threads = threads
    }

    var testDescription: String { words.joined(separator: " ") + (threads == .one ? ", on one processor" : "") }

    static let all: [Scenario] =
        ["yields 3 50", "yields 1000 3", "priorities 5 20", "nested-groups 10 20", "throwing 200", "fork 6", "exec 4"]
        .flatMap { [Scenario($0), Scenario($0, on: .one)] }
        + [
            "steps 20", "deep 20 10", "deep 300 100", "deep 5 3000", "sleeps 4 4", "tolerant-sleeps 4 4", "group 5000",
            "async-let 100", "detached 1000",
            "cancellation 50", "continuations 4 25", "async-sequence 30", "main-actor 200", "march 100", "hops 1 100",
            "hops 8 100",
            "actor-hops 1000", "threads 500",
        ].map { Scenario($0) }
        + [
            "group 200", "hops 8 100", "sleeps 4 4", "continuations 4 10", "cancellation 20", "detached 100",
            "async-let 50", "actor-drain 100",
        ].map { Scenario($0, on: .one) }
        + [
            "actor-calls 10000", "actor-suspensions 4 25", "actor-throws 8 500", "actor-march 3000",
            "executor-calls 4 100", "executor-preference 5 20",
        ].flatMap { [Scenario($0), Scenario($0, on: .one)] }
        + ["actor-queue 20 50", "loop-turns 20", "queue-works 20 10"].map { Scenario($0) }
        + ["actor-drain 100", "spin 30", "queue-behind-spin 50", "sleep-behind-spin 150"].map { Scenario($0) }
        + ["spin 30", "queue-behind-spin 50", "sleep-behind-spin 150"].map { Scenario($0, on: .one) }
}

@Suite("Ground truth", .serialized)
struct GroundTruthTests {
    @Test(
        "A report says exactly what the program did", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases, Scenario.all)
    func reportTellsTheTruth(build: BuildMode, scenario: Scenario) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        place.environment["POLLSCOPE_RING"] = "65536"  // nothing is to be lost, however late the reader is
        let recording = place.folder.file("recording")
        let words = [program] + scenario.words
        let command = scenario.threads == .one ? ["taskset", "-c", Processors.first] + words : words
        let ending = try place.run([BuiltPrograms.path(of: "pollscope"), "record", "-o", recording, "--"] + command)
        try #require(ending.status == 0, "\(ending)")
        #expect(place.sessionFiles == [], "what was kept for the recorder is removed by it")

        try place.expectLawful(recording)
        let report = try place.report(of: recording)
        report.expectWhole()
        #expect(report.losses.recordsLost == 0)
        #expect(report.losses.pollsUnrecorded == 0)
        #expect(report.losses.jobsRefused == 0)
        #expect(report.losses.pollsWithoutStack == 0)
        try Expectation(ending.output).expect(in: report)
    }

    @Test(
        "A task is named by where it was spawned, however deep it suspends", arguments: BuildMode.allCases,
        [4, 9, 10, 11, 12, 13, 200])
    func spawnPoint(build: BuildMode, frames: Int) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let ending = try place.pollscope("record", "-o", recording, "--", program, "deep", "8", "\(frames)")
        try #require(ending.status == 0, "\(ending)")
        let report = try place.report(of: recording)
        let tasks = report.sites.filter { $0.function == "suspendedDeep()" }.map(\.task)
        #expect(tasks == ["closure 1 in closure 1 in deep(tasks:frames:)"], "\(report.table)")
    }

    @Test("The command's exit status is passed on", arguments: [0, 1, 7, 64])
    func exitStatusIsPassedOn(status: Int32) throws {
        let place = try Workplace()
        let ending = try place.pollscope(
            "record", "-o", place.folder.file("recording"), "--", GroundTruth.path, "exit", "\(status)")
        #expect(ending.status == status, "\(ending)")
        try place.expectLawful(place.folder.file("recording"))
    }
}
