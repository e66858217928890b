// A host's calls, signals, errors and children have the same results whether or not it is observed.

import TestSupport
import Testing

@Suite("The host's results are unchanged", .serialized)
struct HostBehaviourTests {
    /// Ways to be observed: as services are, and so closely that probes and calls meet as often as they can.
    enum Observation: String, CaseIterable, Sendable {
        case usual, close

        var environment: [String: String] {
            switch self {
            case .usual: [:]
            case .close: ["POLLSCOPE_LONG_POLL": "1ms", "POLLSCOPE_BLOCKING": "1us"]
            }
        }
    }

    @Test(
        "Byte for byte the same output", .timeLimit(.minutes(1)), arguments: BuildMode.allCases,
        [
            "host-errors", "host-variadic", "host-children", "host-cancellation", "host-exceptions 100", "host-timers",
            "host-jump", "host-signals-first", "host-signals-later", "host-sigwait", "host-blocked-signals",
            "host-descriptors",
        ])
    func sameOutput(build: BuildMode, scenario: String) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let words = [program] + scenario.split(separator: " ").map(String.init)
        let alone = try place.run(words, with: ["POLLSCOPE": "off"])
        try #require(alone.status == 0, "\(alone)")
        #expect(alone.output.split(separator: "\n").count >= 1)
        for way in build == .debug ? Observation.allCases : [.close] {
            let recording = place.folder.file("recording-\(way.rawValue)")
            let observed = try place.run(
                [BuiltPrograms.path(of: "pollscope"), "record", "-o", recording, "--"] + words, with: way.environment)
            #expect(observed.status == 0, "\(way): \(observed)")
            #expect(observed.output == alone.output, "\(way)")
            try place.expectLawful(recording)
            let report = try place.report(of: recording)
            #expect(report.overhead.samples > 0, "nothing was put to the test")
        }
    }

    @Test(
        "No call is interrupted by a sample, whether or not calls are observed", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases, ["1us", "off"])
    func interruptions(build: BuildMode, blocking: String) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let words = [program, "host-interruptions", "1000"]
        let alone = try place.run([program, "host-interruptions", "300"], with: ["POLLSCOPE": "off"])
        let observed = try place.run(
            [BuiltPrograms.path(of: "pollscope"), "record", "-o", recording, "--"] + words,
            with: ["POLLSCOPE_LONG_POLL": "1ms", "POLLSCOPE_BLOCKING": blocking])
        #expect(observed.status == 0, "\(observed)")
        #expect(observed.output == alone.output)
        #expect(!observed.output.contains("never called"), "\(observed)")
        #expect(observed.output.split(separator: "\n").allSatisfy { $0.contains(" 0 interrupted, 0 otherwise wrong") })
        try place.expectLawful(recording)
        let report = try place.report(of: recording)
        #expect(report.overhead.samples >= 50, "too few to have met calls: \(report.overhead)")
        guard blocking != "off" else { return }
        #expect(report.overhead.handlerSecondsMax > 0, "no signal was sent")
    }

    @Test("The signal is the one that is asked for, and what the host does is the same with each")
    func wantedSignals() throws {
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let words = [GroundTruth.path, "host-jump"]
        let alone = try place.run(words, with: ["POLLSCOPE": "off"])
        // Signals that are the host's to choose for us: one for profiles, real-time ones by name and by number.
        for signal in ["SIGPROF", "SIGRTMIN+5", "SIGRTMAX-2", "41"] {
            let observed = try place.run(
                [BuiltPrograms.path(of: "pollscope"), "record", "-f", "-o", recording, "--"] + words,
                with: ["POLLSCOPE_SIGNAL": signal, "POLLSCOPE_LONG_POLL": "1ms"])
            #expect(observed.status == 0, "\(signal): \(observed)")
            #expect(observed.output == alone.output, "\(signal)")
            let report = try place.report(of: recording)
            #expect(report.overhead.handlerSecondsMax > 0, "\(signal): no signal was sent")
            #expect(!report.problems.contains { $0.sentence.contains("POLLSCOPE_SIGNAL") }, "\(report.problems)")
        }
    }
}
