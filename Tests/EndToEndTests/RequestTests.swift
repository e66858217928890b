// Programs whose requests and pools are known by construction: recorded, verified, analysed, and held against what they
// measured themselves.

import Analysis
import TestSupport
import Testing

@Suite("Requests", .serialized)
struct RequestTests {
    @Test(
        "A report says exactly which requests there were, and how long they took", .timeLimit(.minutes(2)),
        arguments: BuildMode.allCases,
        [
            "request-outcomes 50", "request-nesting 30", "request-load 8 300", "request-open 10", "request-handles 20",
            "request-arrivals 10", "request-names 40", "request-march 100",
        ].map { Scenario($0) }
            + ["request-anatomy", "request-march 100", "request-nesting 30"].map { Scenario($0, on: .one) }
            + [Scenario("request-anatomy")])
    func reportTellsTheTruth(build: BuildMode, scenario: Scenario) async throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        // The turns of the runtime's own event loop are not the program's polls.
        if scenario.words[0] == "request-march" { place.environment["POLLSCOPE_LOOPS"] = "off" }
        let (model, ending) = try await place.recorded([program] + scenario.words, on: scenario.threads)
        model.requests.expectWhole()
        // A thread that the kernel keeps for a tenth of a second from making a record visible tells of it too late.
        #expect(model.requests.withoutAnatomy * 100 <= model.requests.ended)
        #expect(model.requests.namesRefused == 0)
        try RequestExpectation(ending.output).expect(in: model.requests)
        // The polls are those that there would be without requests.
        if ending.output.contains("\ntotal ") {
            try Expectation(ending.output).expect(in: try place.report(of: place.folder.file("recording")))
        }
    }

    @Test(
        "A slow request says who held the thread, the actor and the pool", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases)
    func exemplar(build: BuildMode) async throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let (model, ending) = try await place.recorded([program, "request-anatomy"], on: .one)
        let request = try #require(model.requests.endpoints.first { $0.name == "anatomy in one task" })
        let exemplar = try #require(request.exemplars.first)
        func longest(_ part: AnatomyPart) throws -> RequestSegment {
            try #require(
                exemplar.segments.filter { $0.part == part }.max { $0.durationSeconds < $1.durationSeconds },
                "\(part):\n\(exemplar.table)")
        }
        // The option may be followed by a name: one that is alone there is the source.
        let page = try place.pollscope("report", "--requests", place.folder.file("recording"))
        #expect(page.output.contains("anatomy in one task"), "\(page)")
        let known = try RequestExpectation(ending.output).anatomies.first { $0.parts == [.executorWait] }
        if let least = known?.seconds, least > 0 {
            let culprit = try #require(try longest(.executorWait).holders.first)
            #expect(culprit.site.place.function.hasSuffix("behindCulprits(milliseconds:)"), "\(exemplar.table)")
            #expect(culprit.seconds >= least - 0.000_5, "\(exemplar.table)")
        }
        #expect(try longest(.actorWait).detail.contains("AnatomyActor"), "\(exemplar.table)")
        #expect(try longest(.poolWait).detail.contains("anatomy pool"), "\(exemplar.table)")
        // It computes when it has slept, or at once if the sleep was over before it could begin.
        let before = ["knownSleep(nanoseconds:)", "closure 1 in knownRequest(_:_:)"]
        let computing = exemplar.segments.filter { before.contains($0.site?.place.function ?? "") }
        #expect(computing.reduce(0) { $0 + $1.durationSeconds } >= 0.0049, "\(exemplar.table)")
    }

    @Test("100,000 requests in flight at once", .timeLimit(.minutes(4)), arguments: BuildMode.allCases)
    func crowd(build: BuildMode) async throws {
        guard let program = build.path else { return }
        let (model, ending) = try await Workplace().recorded([program, "request-crowd", "100000"])
        model.requests.expectWhole()
        try RequestExpectation(ending.output).expect(in: model.requests)
    }

    @Test("Names that clients make up are bounded and counted", .timeLimit(.minutes(2)), arguments: BuildMode.allCases)
    func hostileNames(build: BuildMode) async throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let (model, ending) = try await place.recorded([program, "request-hostile", "20000"])
        model.requests.expectWhole()
        try RequestExpectation(ending.output).expect(in: model.requests)
        #expect(model.requests.endpoints.count <= 1025, "as many names as there is room for, and one for the rest")
        let kept = model.requests.ended - model.requests.namesRefused
        #expect(kept >= 900 && kept <= 1100, "\(model.requests.table)")
        // Names that differ by one segment of a path are values of it.
        let named = try #require(model.requests.endpoints.first { $0.name.hasPrefix("GET /name/") })
        #expect(named.count >= 900)
        #expect(Set(model.requests.endpoints.map(\.name)).count == model.requests.endpoints.count)
        // On a terminal they do nothing.
        let text = try place.pollscope("report", place.folder.file("recording"), "--width", "120")
        #expect(text.status == 0)
        #expect(!text.output.unicodeScalars.contains { $0.value < 32 && $0 != "\n" }, "\(text.output)")
        #expect(!text.output.unicodeScalars.contains("\u{202E}"))
    }

    @Test("Requests that never end are open, and a killed service still has them", .timeLimit(.minutes(1)))
    func killed() async throws {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "request-forever", "5"])
        try service.waitForOutput("ready")
        service.send(9)
        _ = try service.waitForEnd()
        let source = "\(service.processID)"
        try place.expectLawful(source)
        let text = try place.pollscope("report", source, "--width", "120")
        #expect(text.status == 0)
        #expect(text.output.contains("waits for ever"), "\(text)")
    }

    @Test("Unobserved, a service does the same", .timeLimit(.minutes(1)), arguments: BuildMode.allCases)
    func unobserved(build: BuildMode) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let scenarios = [
            "request-outcomes 5", "request-nesting 3", "request-handles 3", "request-march 5", "request-names 3",
            "request-hostile 100", "pool-closures 5", "pool-failures 5", "pool-misuse 5", "pool-changes",
            "pool-crowd 70",
        ]
        for scenario in scenarios {
            let words = [program] + scenario.split(separator: " ").map(String.init)
            let off = try place.run(words, with: ["POLLSCOPE": "off"])
            #expect(off.status == 0, "\(scenario): \(off)")
            #expect(off.errors == "", "\(scenario): \(off)")
            let without = try place.run(words, with: ["POLLSCOPE_REQUESTS": "off"])
            #expect(without.output == off.output, "\(scenario): \(without)")
            #expect(try place.run(words).output == off.output)
        }
    }
}

@Suite("Pools", .serialized)
struct PoolTests {
    @Test(
        "A report says exactly what a pool was asked for, lent and was given back", .timeLimit(.minutes(2)),
        arguments: BuildMode.allCases,
        [
            "pool-leases 8 200 3", "pool-leases 3 100 10", "pool-leases 40 20 1", "pool-closures 30",
            "pool-failures 30", "pool-misuse 20", "pool-changes", "pool-crowd 64", "pool-crowd 100",
        ].map { Scenario($0) }
            + ["pool-leases 8 100 3", "pool-failures 20"].map { Scenario($0, on: .one) })
    func reportTellsTheTruth(build: BuildMode, scenario: Scenario) async throws {
        guard let program = build.path else { return }
        let (model, ending) = try await Workplace().recorded([program] + scenario.words, on: scenario.threads)
        try PoolExpectation(ending.output).expect(in: model)
    }
}
