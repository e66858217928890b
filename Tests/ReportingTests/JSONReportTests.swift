import Foundation
import TestSupport
import Testing

@testable import Analysis
@testable import Reporting

@Suite struct JSONReportTests {
    private func schema() throws -> JSONSchema {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Reporting/Schema/pollscope.report.1.schema.json").standardizedFileURL
        return try JSONSchema(Data(contentsOf: path))
    }

    @Test func obeysTheSchema() throws {
        let facts = QuotesService.facts()
        let empty = ReportModel(
            facts: facts, analysis: PollAnalysis(calibration: facts.calibration), naming: QuotesService.name)
        var withoutSamples = StalledService.model()
        withoutSamples.allocations?.withoutSamples("The reason.")
        for model in [QuotesService.model(), StalledService.model(), BusyService.model(), empty, withoutSamples] {
            let violations = try schema().violations(in: Data(JSONReport().text(of: model).utf8))
            #expect(violations == [])
        }
    }

    @Test func hasTheKeysThatTheDesignPromises() throws {
        let text = JSONReport().text(of: QuotesService.model())
        let report = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(report["schema"] as? String == "pollscope.report/1")
        for key in [
            "session", "coverage", "losses", "overhead", "verdict", "executors", "sites", "blocking", "allocations",
            "requests", "pools", "episodes", "findings",
        ] { #expect(report[key] != nil, "\(key)") }
        let sites = try #require(report["sites"] as? [[String: Any]])
        for key in [
            "function", "awaitPoint", "file", "line", "task", "executor", "polls", "pollSeconds", "waitSeconds",
            "allocations",
        ] { #expect(sites.allSatisfy { $0[key] != nil }, "\(key)") }
        let polls = sites.reduce(0) { $0 + ($1["polls"] as? Int ?? 0) }
        #expect(polls == report["polls"] as? Int)
    }

    /// What the tests of the whole command read, by the same type.
    @Test func longPollsAndCallsAreTold() throws {
        let report = try ReportJSON(JSONReport().text(of: StalledService.model()))
        #expect(report.longPolls.map(\.function).first == "RiskModel.score(_:)")
        #expect(report.longPolls.allSatisfy { abs($0.split.totalSeconds - $0.pollSeconds.total) < 1e-9 })
        let leaf = report.longPolls.first?.stacks.flatMap(\.all).first { $0.function == "Curve.value(at:)" }
        #expect(leaf?.line == 22)
        #expect(report.blocking.map(\.call) == ["fsync", "futex"])
        #expect(report.blocking.map(\.via) == ["FileHandle.synchronize()", "DispatchSemaphore.wait()"])
        #expect(report.blocking.map(\.objects) == [2, 1])
        let hang = try #require(report.unfinished.first)
        #expect(hang.lastSample?.call == "read")
        #expect(hang.lastSample?.systemCall == "read")
        #expect(abs((hang.split?.totalSeconds ?? 0) - hang.durationSeconds) < 1e-9)
        #expect(report.losses.evidenceLost == 0)
        #expect(report.overhead.samples == 186)
    }

    @Test func executorsActorsAndEventLoopsAreTold() throws {
        let report = try ReportJSON(JSONReport().text(of: BusyService.model()))
        #expect(report.executors.reduce(0) { $0 + $1.polls } == report.polls)
        #expect(report.sites.reduce(0) { $0 + $1.polls } == report.polls)
        #expect(abs(report.sites.reduce(0) { $0 + $1.share } - 1) < 1e-9)
        let kinds = Dictionary(uniqueKeysWithValues: report.executors.map { ($0.name, $0.kind) })
        #expect(
            kinds == [
                "global pool": "global", "actors": "actors", "event loop NIO-ELT-0-#0": "eventLoop",
                "event loop NIO-ELT-0-#1": "eventLoop", "DatabaseExecutor (thread db-1)": "serial",
                "queue com.example.thumbnails": "queue", "queue without a label": "queue",
            ])
        let unnamed = try #require(report.executors.first { $0.name == "queue without a label" })
        #expect(unnamed.unknownWaits == 100)
        let ledger = try #require(report.actors.first)
        #expect((ledger.type, ledger.holds, ledger.queued, ledger.atOnce) == ("Ledger", 2_400, 2_400, 0))
        #expect(ledger.sites.map(\.function) == ["Ledger.append(_:)", "Ledger.total()"])
        #expect(abs(ledger.sites.reduce(0) { $0 + $1.heldShare } - 1) < 1e-9)
        #expect(report.actorTypes.map(\.instances) == [1, 80])
        #expect(report.sites.first { $0.function == "Ledger.append(_:)" }?.executor == "actor Ledger")
        #expect(report.eventLoops.map(\.turns) == [12_015, 12_000])
        #expect(report.eventLoops.map(\.longTurns) == [15, 0])
        #expect(report.threads.created == 120)
        #expect(report.coverage.runtimeThreadsCPUShare.map { $0 > 0.9 } == true)
        #expect(report.losses.executorsRefused == 0)
    }

    @Test func allocationsAreTold() throws {
        let model = StalledService.model()
        let report = try ReportJSON(JSONReport().text(of: model))
        let allocations = try #require(report.allocations.value)
        #expect(allocations.process.allocations == 8_412_377)
        #expect(allocations.inPolls.bytes == 5_511_900_400)
        #expect(allocations.allocatorShare?.value == 0.236)
        #expect(allocations.allocatorShare?.standardError == 0.011)
        #expect(allocations.fate?.samePoll.samples == 10_512)
        #expect(allocations.places.first?.line == 77)
        #expect(allocations.places.first?.types.first?.name == "_ContiguousArrayStorage<Double>")
        #expect(allocations.stacks.flatMap(\.all).contains { $0.function == "Array.append(_:)" && $0.isFolded })
        #expect(allocations.heap.last?.endSeconds == 30)

        let site = try #require(report.sites.first { $0.function == "RiskModel.score(_:)" }?.allocations.value)
        #expect(site.total == 6_404_000)
        #expect(site.bytes.p99 == 115_300_000)
        #expect(site.garbage?.value == 0.853)
        // A site that is not in the list allocated nothing: that is a count, too. What nothing is known of is null.
        let quiet = try #require(report.sites.first { $0.function == "Index.load()" }?.allocations.value)
        #expect(quiet.total == 0)
        #expect(quiet.garbage == nil)
    }

    @Test func loadAndStuckTasksAreTold() throws {
        var model = QuotesService.model()
        let place = CodePlace(function: "Client.reply()", awaitPoint: 1, file: "Client.swift", line: 12)
        model.stuckTasks = [
            StuckTasks(
                wait: TaskWait(kind: .continuation, what: "withCheckedContinuation"),
                site: SiteName(place: place, task: "GET /quote"), stack: [], isStackCut: true, count: 3, cancelled: 1,
                oldestSeconds: 4.5, medianSeconds: 2, resumed: 700, code: place, maker: nil,
                tasks: [
                    StuckTaskReport(
                        id: 7, name: "unlucky", priority: 25, isCancelled: true, polls: 4, ageSeconds: 5,
                        stuckSeconds: 4.5, awaited: nil)
                ])
        ]
        model.stuckTasksLook = StuckTasksLook(
            answer: .silent, atSeconds: 30, leastSeconds: 1, live: 9, stuck: 4, kept: 3)
        model.load.tasks = TaskLoad(
            livePeak: 20_001, livePeakSeconds: 1.5, liveMean: nil, liveAtEnd: 2, created: 20_100, ended: 20_098,
            createdPerSecond: 670, createdPerSecondPeak: nil)
        model.load.census = TaskCensusReport(
            atSeconds: 1.4, live: 19_000, tracked: 8_192,
            groups: [.init(code: nil, maker: place, tasks: 8_000), .init(code: place, maker: nil, tasks: 192)])
        model.load.timeline = [
            LoadStretch(startSeconds: 0, endSeconds: 0.5, livePeak: 7, pendingPeak: 3, created: 5, ended: 4)
        ]
        let wait = KernelWait(runQueueSeconds: 3, cpuSeconds: 1)
        model.kernelWait = KernelWaitReport(
            process: wait, pollThreads: KernelWait(runQueueSeconds: 0, cpuSeconds: 0),
            threads: [ThreadKernelWait(thread: ThreadName(name: "pool", tid: 4), wait: wait)],
            worst: KernelWaitStretch(startSeconds: 1, endSeconds: 2, wait: wait))
        let text = JSONReport().text(of: model)
        #expect(try schema().violations(in: Data(text.utf8)) == [])
        let report = try ReportJSON(text)
        let stuck = try #require(report.stuckTasks.first)
        #expect((stuck.count, stuck.cancelled, stuck.resumed) == (3, 1, 700))
        #expect(stuck.site.task == "GET /quote" && stuck.site.line == 12)
        #expect(stuck.tasks.map(\.name) == ["unlucky"])
        #expect(report.stuckTasksLook?.answer == "silent")
        #expect(report.load.tasks?.livePeak == 20_001)
        #expect(report.load.tasks?.liveMean == nil)
        #expect(report.load.census?.groups.map(\.tasks) == [8_000, 192])
        #expect(report.kernelWait?.process.share == 0.75)
        #expect(report.kernelWait?.pollThreads.share == nil)
        // Its polls have a first one in each round.
        #expect(report.load.firstPolls == 1_400)
        #expect(report.load.starts.map(\.tasks) == [1_400])
    }

    @Test func missingAllocationsSayWhy() throws {
        var model = StalledService.model()
        (model.allocations, model.allocationsMissing) = (nil, "Allocations were not counted.")
        let text = JSONReport().text(of: model)
        #expect(try schema().violations(in: Data(text.utf8)) == [])
        let report = try ReportJSON(text)
        #expect(report.allocations.missing == "Allocations were not counted.")
        #expect(report.allocations.value == nil)
        #expect(report.sites.allSatisfy { $0.allocations.missing == "Allocations were not counted." })
    }

    /// To the precision of Foundation's reader, which may be a last bit off.
    @Test func numbersComeBackAsTheyWere() throws {
        let model = QuotesService.model()
        let report = try #require(
            JSONSerialization.jsonObject(with: Data(JSONReport().text(of: model).utf8)) as? [String: Any])
        let sites = try #require(report["sites"] as? [[String: Any]])
        for (site, json) in zip(model.sites, sites) {
            let seconds = try #require(json["pollSeconds"] as? [String: Double])
            #expect(abs(try #require(seconds["total"]) / site.pollSeconds.totalSeconds - 1) < 1e-14)
            #expect(abs(try #require(seconds["p999"]) / site.pollSeconds.p999 - 1) < 1e-14)
        }
    }

    @Test func anyTextIsEscaped() throws {
        var model = QuotesService.model()
        let nasty = "\"\\\n\t\r\u{1}\u{1F}\u{7F}\u{2028}é🙂"
        model.sites[0].place.function = nasty
        model.overhead.pollCostSeconds = .infinity
        let text = JSONReport().text(of: model)
        let report = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let sites = try #require(report["sites"] as? [[String: Any]])
        #expect(sites[0]["function"] as? String == nasty)
        #expect((report["overhead"] as? [String: Any])?["pollCostSeconds"] is NSNull)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }
}

@Suite struct SchemaValidatorTests {
    private func violations(_ schema: String, _ value: String) throws -> Int {
        try JSONSchema(Data(schema.utf8)).violations(in: Data(value.utf8)).count
    }

    @Test(arguments: [
        (#"{"type":"integer"}"#, "1", "1.5"), (#"{"type":"number"}"#, "1", #""1""#),
        (#"{"type":"number"}"#, "1.5", "true"),
        (#"{"type":"boolean"}"#, "true", "1"), (#"{"type":["string","null"]}"#, "null", "0"),
        (#"{"type":"number","minimum":0}"#, "0", "-0.1"), (#"{"enum":["a",false]}"#, "false", "0"),
        (#"{"required":["a"]}"#, #"{"a":1}"#, "{}"),
        (#"{"properties":{"a":{"type":"null"}}}"#, #"{"a":null,"b":1}"#, #"{"a":1}"#),
        (#"{"properties":{"a":{}},"additionalProperties":false}"#, #"{"a":1}"#, #"{"b":1}"#),
        (#"{"items":{"type":"string"}}"#, #"["a"]"#, #"["a",1]"#),
        (#"{"anyOf":[{"type":"null"},{"type":"integer","minimum":2}]}"#, "2", "1"),
        (##"{"$defs":{"x":{"type":"null"}},"items":{"$ref":"#/$defs/x"}}"##, "[null]", "[1]"),
    ]) func keywordsHoldAndBreak(schema: String, good: String, bad: String) throws {
        #expect(try violations(schema, good) == 0)
        #expect(try violations(schema, bad) == 1)
    }

    @Test(arguments: [
        #"{"maxLength":1}"#, #"{"items":{"pattern":"a"}}"#, #"{"properties":{"a":{"oneOf":[]}}}"#, #"{"type":"float"}"#,
        #"{"anyOf":[]}"#, #"{"anyOf":[{"maxItems":1}]}"#, ##"{"$ref":"#/$defs/none"}"##,
        #"{"$defs":{"x":{"format":"date"}}}"#, #"{"additionalProperties":{}}"#, "[]",
    ]) func whatIsNotKnownIsRejected(schema: String) {
        #expect(throws: (any Error).self) { try JSONSchema(Data(schema.utf8)) }
    }
}
