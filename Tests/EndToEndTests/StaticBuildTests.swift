// A program with the Swift runtime linked statically: what can be seen of it is exact, and the rest is named.

import Foundation
import TestSupport
import Testing

@Suite("Static builds", .serialized)
struct StaticBuildTests {
    private var program: String? { Self.program }

    /// Built by tools/test: swift build -c release --static-swift-stdlib --scratch-path .build-static.
    static var program: String? {
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let path = package.appending(path: ".build-static/release/GroundTruth").path
        if FileManager.default.isExecutableFile(atPath: path) { return path }
        skip("no static GroundTruth: run tools/test")
        return nil
    }

    @Test(
        "Polls are exact on every executor", .timeLimit(.minutes(1)),
        arguments: [
            "group 500", "detached 200", "async-let 50", "continuations 4 25", "threads 300", "yields 3 50",
            "main-actor 200", "hops 8 100", "actor-calls 10000", "actor-queue 20 20", "actor-suspensions 4 25",
            "executor-calls 4 100", "executor-preference 5 20", "loop-turns 20",
        ])
    func polls(scenario: String) throws {
        guard let program else { return }
        let place = try Workplace()
        place.environment["POLLSCOPE_RING"] = "65536"  // nothing is to be lost, however late the reader is
        let recording = place.folder.file("recording")
        let words = [program] + scenario.split(separator: " ").map(String.init)
        let ending = try place.run([BuiltPrograms.path(of: "pollscope"), "record", "-o", recording, "--"] + words)
        try #require(ending.status == 0, "\(ending)")
        try place.expectLawful(recording)
        let report = try place.report(of: recording)
        report.expectWhole()
        try Expectation(ending.output).expect(in: report)
    }

    @Test("What cannot be seen is named, with the way to get it")
    func refusals() throws {
        guard let program else { return }
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let ending = try place.run(
            [BuiltPrograms.path(of: "pollscope"), "record", "-o", recording, "--", program, "group", "10"])
        try #require(ending.status == 0, "\(ending)")
        let text = try place.pollscope("report", recording).output
        #expect(text.contains("timers"), "\(text)")
        for probe in ["main executor", "yields", "actors"] { #expect(!text.contains(probe), "\(text)") }
        #expect(text.contains("without --static-swift-stdlib"), "\(text)")
    }
}
