// A collector beside real services: what it counts is what they did, and what went wrong is on the disk.

import Analysis
import Collecting
import Exporting
import Foundation
import Glibc
import Recording
import Sessions
import Symbols
import TestSupport
import Testing

/// A collector of one test's sessions.
private final class Collecting {
    let place: Workplace
    let collector: Collector
    let recordings: String

    init(in place: Workplace, _ change: (inout CollectorSettings) -> Void = { _ in }) throws {
        self.place = place
        recordings = place.folder.file("recordings")
        var settings = CollectorSettings()
        settings.folders = [SessionFolder(path: place.sessions)]
        settings.recordings = recordings
        settings.secondsBefore = 5
        settings.secondsAfter = 0.5
        change(&settings)
        collector = Collector(settings: settings)
        collector.start()
    }

    deinit { collector.stop() }

    var saved: [String] { place.folder.entries(of: "recordings").filter { $0.hasSuffix(".pollscope") }.sorted() }

    func samples(_ name: String, _ labels: [String: String] = [:]) -> [MetricSample] {
        let family = collector.metrics().first { $0.name == name }
        return (family?.samples ?? []).filter { sample in
            labels.allSatisfy { name, value in sample.labels.contains { $0.name == name && $0.value == value } }
        }
    }

    func number(_ name: String, _ labels: [String: String] = [:]) -> Double {
        samples(name, labels).reduce(0) { sum, sample in
            switch sample.value {
            case .number(let value): sum + value
            case .histogram(let histogram, _): sum + Double(histogram.count)
            }
        }
    }

    func wait(for what: String, within limit: Duration = .seconds(30), until condition: () throws -> Bool) throws {
        try ChildProcess.wait(for: "\(what); notices: \(notices)", within: limit, until: condition)
    }

    private var allNotices: [String] = []
    var notices: [String] {
        allNotices += collector.takeNotices()
        return allNotices
    }
}

@Suite("A collector for a machine", .serialized)
struct CollectorTests {
    /// What the rings of a session hold, from its beginning.
    private func whole(_ path: String) throws -> RecordingReader {
        let sink = MemorySink()
        try Recorder(session: SessionFile(path: path), sink: sink, from: .beginning).finish()
        return try RecordingReader(bytes: sink.bytes)
    }

    @Test("It counts all polls of a service, and who starved whom", .timeLimit(.minutes(2)))
    func counts() throws {
        let place = try Workplace()
        let collecting = try Collecting(in: place)
        let service = try place.start(
            [GroundTruth.path, "starvation", "6", "200"],
            with: ["POLLSCOPE_KEEP": "1", "OTEL_SERVICE_NAME": "quotes"])
        #expect(try service.waitForEnd().status == 0)
        try collecting.wait(for: "the end to be seen") {
            collecting.number("pollscope_sessions_ended", ["service": "quotes", "how": "exit"]) == 1
        }
        let session = try #require(place.sessionFiles.first)
        let reader = try whole("\(place.sessions)/\(session)")
        let truth = ReportModel.analyzingAlone(reader, symbolizer: Symbolizer(modules: reader.modules))
        #expect(collecting.number("pollscope_records_lost") == 0)
        #expect(truth.losses.recordsLost == 0)
        #expect(collecting.number("pollscope_poll_duration_seconds") == Double(truth.polls))
        for executor in truth.executors where executor.kind != .actors {
            let sample = collecting.samples("pollscope_poll_duration_seconds", ["executor": executor.name]).first
            guard case .histogram(let histogram, _)? = sample?.value else {
                Issue.record("nothing of \(executor.name)")
                continue
            }
            #expect(histogram.count == executor.polls, "\(executor.name)")
        }
        #expect(collecting.number("pollscope_site_polls") == Double(truth.polls))
        // Those of the second that it may take to find the session are in its polls only.
        #expect(collecting.number("pollscope_starvation_episodes") >= 3)
        let blamed = collecting.samples("pollscope_starvation_blamed_seconds")
        let all = collecting.number("pollscope_starvation_blamed_seconds")
        #expect(abs(all - collecting.number("pollscope_starvation_wait_seconds")) <= all * 1e-9)
        let most = blamed.max { Self.value($0) < Self.value($1) }
        #expect(most?.labels.contains { $0.name == "function" && $0.value == "starving(_:_:)" } ?? false, "\(blamed)")
    }

    @Test("Every metric is in the list that dashboards are made by, with its type and labels", .timeLimit(.minutes(2)))
    func listed() throws {
        let place = try Workplace()
        let collecting = try Collecting(in: place) { $0.diagnosisSeconds = 2 }
        let service = try place.start([GroundTruth.path, "starvation", "60", "100"])
        try collecting.wait(for: "a finding") { collecting.number("pollscope_finding") > 0 }
        service.send(SIGKILL)
        let list = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../dashboards/metrics.json")
        let metrics = try JSONDecoder().decode(MetricList.self, from: Data(contentsOf: list)).metrics
        let known = Dictionary(uniqueKeysWithValues: metrics.map { ($0.name, $0) })
        for family in collecting.collector.metrics() {
            let name = family.kind == .counter ? "\(family.name)_total" : family.name
            let listed = try #require(known[name], "\(name) is in no list")
            #expect(listed.type == "\(family.kind)", "\(name)")
            for sample in family.samples {
                #expect(Set(sample.labels.map(\.name)) == Set(listed.labels.keys), "\(name): \(sample.labels)")
                for label in sample.labels {
                    let values = listed.labels[label.name] ?? []
                    #expect(values.isEmpty || values.contains(label.value), "\(name): \(label)")
                }
            }
        }
    }

    private struct MetricList: Decodable {
        struct Metric: Decodable {
            var name, type: String
            var labels: [String: [String]]
        }
        var metrics: [Metric]
    }

    private static func value(_ sample: MetricSample) -> Double {
        if case .number(let value) = sample.value { return value }
        return 0
    }

    @Test("A service that is killed in starvation leaves a recording with its culprit", .timeLimit(.minutes(2)))
    func killed() throws {
        let place = try Workplace()
        let collecting = try Collecting(in: place) { $0.triggers.episodeSeconds = nil }
        let service = try place.start([GroundTruth.path, "starvation-for-ever"])
        try service.waitForOutput("running")
        try collecting.wait(for: "the starvation to be seen") {
            collecting.number("pollscope_starving") == 1 && collecting.number("pollscope_hangs") >= 1
        }
        service.send(SIGKILL)
        try collecting.wait(for: "a recording") { collecting.saved.contains { $0.hasSuffix("-crash.pollscope") } }
        let name = try #require(collecting.saved.first { $0.hasSuffix("-crash.pollscope") })
        try place.expectLawful("\(collecting.recordings)/\(name)")
        let report = try place.report(of: "\(collecting.recordings)/\(name)")
        #expect(
            report.findings.contains { $0.headline.contains("spinFor") || $0.context.contains("starving(_:_:)") },
            "\(report.coverage), \(report.session): \(report.findings)")
        #expect(collecting.number("pollscope_recordings_saved", ["trigger": "crash"]) == 1)
        #expect(collecting.number("pollscope_sessions_ended", ["how": "crash"]) == 1)
    }

    @Test("An episode saves what was before it, once in a while", .timeLimit(.minutes(2)))
    func episode() throws {
        let place = try Workplace()
        let collecting = try Collecting(in: place)
        let service = try place.start([GroundTruth.path, "starvation", "12", "250"])
        try collecting.wait(for: "a recording") { !collecting.saved.isEmpty }
        _ = try service.waitForEnd()
        try collecting.wait(for: "the end to be seen") { collecting.number("pollscope_sessions_ended") == 1 }
        #expect(collecting.saved.count == 1, "\(collecting.saved)")
        #expect(collecting.number("pollscope_recordings_skipped", ["reason": "distance"]) >= 1)
        let path = "\(collecting.recordings)/\(collecting.saved[0])"
        try place.expectLawful(path)
        let report = try place.report(of: path)
        #expect(
            report.findings.contains { ["starvation", "long-poll"].contains($0.kind) }, "\(report.findings)")
    }

    @Test("Windows of a busy service obey the laws, wherever they begin", .timeLimit(.minutes(2)))
    func windows() throws {
        let place = try Workplace()
        let collecting = try Collecting(in: place) {
            $0.secondsBefore = 1
            $0.secondsAfter = 0
        }
        let service = try place.start([GroundTruth.path, "paced", "8", "20"])
        for round in 1...4 {
            try collecting.wait(for: "seconds to pass") {
                collecting.number("pollscope_collector_looks") > Double(round) * 40
            }
            collecting.collector.saveRecordings()
            try collecting.wait(for: "a recording") { collecting.number("pollscope_recordings_saved") >= Double(round) }
        }
        service.send(SIGTERM)
        for name in collecting.saved {
            try place.expectLawful("\(collecting.recordings)/\(name)")
            let report = try place.report(of: "\(collecting.recordings)/\(name)")
            #expect(report.polls > 0)
            #expect(report.session.durationSeconds < 5)
        }
    }

    @Test("Fifty services come and go", .timeLimit(.minutes(3)))
    func many() throws {
        let place = try Workplace()
        let collecting = try Collecting(in: place) {
            $0.triggers = CollectorTriggers(); $0.triggers.onHang = false
        }
        let services = try (0..<50).map { number in
            try place.start(
                [GroundTruth.path, "lost-reply", "10"], with: ["OTEL_SERVICE_NAME": "service-\(number % 10)"])
        }
        try collecting.wait(for: "all to be followed", within: .seconds(90)) {
            collecting.number("pollscope_collector_sessions", ["state": "followed"]) == 50
        }
        try collecting.wait(for: "five of each to be counted") {
            collecting.number("pollscope_sessions", ["service": "service-3"]) == 5
        }
        for service in services.prefix(25) { service.send(SIGKILL) }
        try collecting.wait(for: "half of them to be gone", within: .seconds(90)) {
            collecting.number("pollscope_collector_sessions", ["state": "followed"]) == 25
        }
        #expect(collecting.number("pollscope_sessions_ended") == 25)
        let looks = collecting.number("pollscope_collector_looks")
        try collecting.wait(for: "the others to be looked at") {
            collecting.number("pollscope_collector_looks") > looks + 100
        }
        #expect(collecting.collector.health().isHealthy)
    }

    @Test(
        "What is no session, and what changes under the reader, is said, and the others go on", .timeLimit(.minutes(2)))
    func hostile() throws {
        let place = try Workplace()
        let garbage = (0..<200_000).map { _ in UInt8.random(in: 0...255) }
        try Data(garbage).write(to: URL(filePath: "\(place.sessions)/\(getpid())-123.session"))
        try Data().write(to: URL(filePath: "\(place.sessions)/77-1.session"))
        let collecting = try Collecting(in: place)
        let service = try place.start([GroundTruth.path, "paced", "2", "2"])
        try collecting.wait(for: "the service to be followed") {
            collecting.number("pollscope_collector_sessions", ["state": "followed"]) == 1
        }
        try collecting.wait(for: "the garbage to be told") {
            collecting.notices.contains { $0.contains("not followed") }
        }
        // Its session is overwritten while it is followed, but for the beginning, which has the process in it.
        let name = try #require(place.sessionFiles.first { $0.hasPrefix("\(service.processID)-") })
        let handle = try FileHandle(forWritingTo: URL(filePath: "\(place.sessions)/\(name)"))
        service.send(SIGSTOP)
        try handle.seek(toOffset: 8192)
        try handle.write(contentsOf: Data(garbage))
        try handle.close()
        let looks = collecting.number("pollscope_collector_looks")
        try collecting.wait(for: "looks at it") { collecting.number("pollscope_collector_looks") > looks + 3 }
        service.send(SIGKILL)
        let other = try place.start([GroundTruth.path, "paced", "2", "2"], with: ["OTEL_SERVICE_NAME": "another"])
        try collecting.wait(for: "another to be followed") {
            collecting.number("pollscope_poll_duration_seconds", ["service": "another"]) > 0
        }
        #expect(collecting.collector.health().isHealthy)
        other.send(SIGTERM)
    }

    @Test("A folder that others can write is not looked into, and that is said", .timeLimit(.minutes(1)))
    func openFolder() throws {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "paced", "2", "2"])
        try ChildProcess.wait(for: "a session") { !place.sessionFiles.isEmpty }
        #expect(chmod(place.sessions, 0o777) == 0)
        let collecting = try Collecting(in: place)
        try collecting.wait(for: "a sentence") { collecting.notices.contains { $0.contains("chmod go-w") } }
        #expect(collecting.number("pollscope_collector_sessions", ["state": "followed"]) == 0)
        service.send(SIGTERM)
    }

    @Test("Reports and findings of a service while it runs", .timeLimit(.minutes(2)))
    func reports() async throws {
        let place = try Workplace()
        let collecting = try Collecting(in: place) { $0.diagnosisSeconds = 2 }
        let service = try place.start(
            [GroundTruth.path, "starvation", "60", "100"], with: ["OTEL_SERVICE_NAME": "quotes"])
        try collecting.wait(for: "a finding") { collecting.number("pollscope_finding", ["service": "quotes"]) > 0 }
        let answer = await collecting.collector.report(of: "quotes", isJSON: true)
        guard case .found(let json) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(try ReportSchema.shared.violations(in: Data(json.utf8)).isEmpty)
        let findings = try #require(
            JSONSerialization.jsonObject(with: Data(collecting.collector.findingsJSON().utf8)) as? [String: Any])
        #expect(findings["schema"] as? String == "pollscope.findings/1")
        #expect(collecting.collector.findingsJSON().contains("starving(_:_:)"))
        let sessions = collecting.collector.sessionsJSON()
        #expect(sessions.contains("\"service\": \"quotes\""), "\(sessions)")
        guard case .unknown(let sentence) = await collecting.collector.report(of: "nobody", isJSON: false) else {
            Issue.record("nobody has a report")
            return
        }
        #expect(sentence.contains("/sessions"))
        service.send(SIGKILL)
    }
}
