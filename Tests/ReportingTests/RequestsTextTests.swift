import Foundation
import TestSupport
import Testing

@testable import Analysis
@testable import Reporting

@Suite struct RequestsTextTests {
    @Test(arguments: [60, 80, 140]) func looksLikeTheGoldenFile(width: Int) throws {
        let text = try #require(TextReport(width: width).textOfRequests(in: MadeUpRequests.model()))
        try Golden.expect(text, equals: "requests-\(width).txt")
    }

    /// The first pages, down to where other sections begin.
    @Test(arguments: [60, 80]) func theReportBeginsLikeTheGoldenFile(width: Int) throws {
        let text = TextReport(width: width).text(of: MadeUpRequests.model())
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let end = try #require(lines.firstIndex { $0.hasPrefix("ALLOCATIONS") })
        try Golden.expect(lines[..<end].joined(separator: "\n") + "\n", equals: "requests-report-\(width).txt")
    }

    @Test func theFirstScreenSaysWhereTheSlowestWait() {
        let screen = TextReport().text(of: MadeUpRequests.model()).split(
            separator: "\n", omittingEmptySubsequences: false
        ).prefix(24).joined(separator: "\n")
        for fact in [
            "GET /users/{id}/orders", "P99 44.0 ms", "slowest 1 %", "pool wait 31.0", "median", "12 connections",
        ] {
            #expect(screen.contains(fact), "\(fact)")
        }
    }

    @Test(arguments: [60, 61, 72, 80, 100, 120, 200]) func fitsItsWidth(width: Int) throws {
        let report = TextReport(width: width)
        var model = MadeUpRequests.model()
        let name = String(repeating: "Wide<Nested", count: 12) + ".call(_:)"
        var wide = model
        for index in wide.requests.endpoints.indices { wide.requests.endpoints[index].name = name }
        for index in wide.pools.indices { wide.pools[index].name = name }
        wide.requests.open[0].name = name
        for index in wide.requests.endpoints[0].exemplars[0].segments.indices {
            wide.requests.endpoints[0].exemplars[0].segments[index].site?.place.function = name
            wide.requests.endpoints[0].exemplars[0].segments[index].detail = name
            wide.requests.endpoints[0].exemplars[0].segments[index].holders.indices.forEach {
                wide.requests.endpoints[0].exemplars[0].segments[index].holders[$0].site.place.function = name
            }
        }
        model.requests.endpoints[0].cohorts[2].mean = MadeUpRequests.anatomy(
            Dictionary(uniqueKeysWithValues: AnatomyPart.allCases.enumerated().map { ($1, 123.4 + Double($0)) }))
        for model in [model, wide] {
            let texts = [report.text(of: model), try #require(report.textOfRequests(in: model))]
            for line in texts.flatMap({ $0.split(separator: "\n") }) { #expect(line.count <= width, "\(line)") }
            for text in texts { #expect(!text.contains("\u{1B}")) }
        }
    }

    @Test func barsAreInProportion() throws {
        var page = Page(width: 80, ink: .plain)
        AnatomyBars().append(
            [
                MadeUpRequests.cohort(.slowest1Percent, 1, [.executorWait: 0.08, .outside: 0.02]),
                MadeUpRequests.cohort(.median, 1, [.executorWait: 0.02, .outside: 0.02]),
            ], to: &page)
        func count(_ block: Character, _ line: String) -> Int { line.count { $0 == block } }
        let (slow, median) = (page.lines[0], page.lines[1])
        #expect(abs(count("▓", slow) - 4 * count("▓", median)) <= 3)
        #expect(count("░", slow) == count("░", median))
        #expect(abs(count("▓", median) - count("░", median)) <= 1)
        #expect(count("▓", slow) > 15)
        #expect(slow.hasSuffix("ms"))
    }

    @Test func whatIsNoTimeHasNoBars() {
        var page = Page(width: 80, ink: .plain)
        AnatomyBars().append([], to: &page)
        AnatomyBars().append([MadeUpRequests.cohort(.median, 1, [:])], to: &page)
        #expect(page.lines.isEmpty)
        AnatomyBars().append([MadeUpRequests.cohort(.median, 1, [.onCPU: .infinity, .outside: 1])], to: &page)
        AnatomyBars().append([MadeUpRequests.cohort(.median, 1, [.onCPU: 1e300])], to: &page)
        #expect(page.lines.allSatisfy { $0.count <= 80 })
    }

    @Test func differencesAreRanked() {
        let quote = MadeUpRequests.requests().endpoints[0]
        #expect(
            AnatomyText.differences(.slowest1Percent, of: quote)
                == "slowest 1 %: executor wait +61.2 ms, outside +4.10 ms")
        #expect(AnatomyText.differences(.slowest1Percent, of: MadeUpRequests.requests().endpoints[2]) == nil)
    }

    @Test func aPatternLeadsToNames() throws {
        let model = MadeUpRequests.model()
        let text = try #require(TextReport().textOfRequests(in: model, matching: SitePattern("USERS")))
        #expect(text.contains("GET /users/{id}/orders"))
        #expect(!text.contains("GET /quote"))
        #expect(TextReport().textOfRequests(in: model, matching: SitePattern("nobody")) == nil)
        let advice = TextReport.noRequests(matching: SitePattern("/qoute"), in: model)
        #expect(advice.hasPrefix("No request has \"/qoute\" in its name. The nearest: GET /quote"))
    }

    @Test func withoutRequestsOnlyThePageSaysHowToGetThem() throws {
        let model = QuotesService.model()
        #expect(!TextReport().text(of: model).contains("requests in this"))
        #expect(!TextReport().text(of: model).contains("POOLS"))
        for pattern in [nil, SitePattern("any")] {
            let page = try #require(TextReport().textOfRequests(in: model, matching: pattern))
            #expect(page.contains("There are no requests in this recording. Put"))
        }
    }

    @Test func oddTimesOfSegmentsStayInTheirTrack() throws {
        var model = MadeUpRequests.model()
        for seconds in [0, -1, 1e300, .infinity, .nan] {
            for index in 0..<3 {
                model.requests.endpoints[0].exemplars[0].segments[index].offsetSeconds = seconds
                model.requests.endpoints[0].exemplars[0].segments[index + 1].durationSeconds = seconds
            }
            let text = try #require(TextReport().textOfRequests(in: model))
            for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }
    }

    @Test func manySegmentsAreShownAsFew() throws {
        var model = MadeUpRequests.model()
        let some = model.requests.endpoints[0].exemplars[0].segments
        var segments: [RequestSegment] = []
        for round in 0..<300 {
            segments += some.map {
                var segment = $0
                segment.offsetSeconds = $0.offsetSeconds + Double(round) * 0.072
                return segment
            }
        }
        model.requests.endpoints[0].exemplars[0].segments = segments
        model.requests.endpoints[0].exemplars[0].durationSeconds = 300 * 0.072
        let text = try #require(TextReport().textOfRequests(in: model, matching: SitePattern("GET /quote")))
        #expect(text.split(separator: "\n").count < 120)
    }
}

@Suite struct PoolsTextTests {
    @Test func adviceHasItsFigures() {
        let pools = MadeUpRequests.pools()
        #expect(
            PoolText.advice(pools[0])
                == "too small: needs 12 (rate 410/s × hold 23.0 ms = 9.43 in use on average); acquire P99 600 µs at 12, "
                + "1.40 ms at 11")
        #expect(PoolText.advice(pools[1]).contains("holds take 2.60 times as long"))
        #expect(PoolText.advice(pools[2]).contains("at least 12 would do"))
        #expect(PoolText.advice(pools[2]).contains("From the first 400 s"))
        #expect(PoolText.advice(pools[3]).hasPrefix("leave alone: 12 would do"))
        #expect(PoolText.advice(pools[4]).contains("for another reason than its size"))
        #expect(PoolText.advice(pools[5]).hasPrefix("7 leases are too few"))
    }

    @Test func problemsAreSaidWhereThereAreSome() {
        let pools = MadeUpRequests.pools()
        #expect(PoolText.problems(pools[3]).isEmpty)
        #expect(PoolText.problems(pools[0]).count == 2)
        #expect(
            PoolText.problems(pools[2])[0].hasPrefix("as many as 201 were in use, though its size is said to be 200"))
        #expect(PoolText.problems(pools[5]).contains("closed with 1 still in use"))
    }
}

@Suite struct RequestsJSONTests {
    private func report(_ model: ReportModel) throws -> (text: String, value: [String: Any]) {
        let text = JSONReport().text(of: model)
        return (text, try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]))
    }

    @Test func obeysTheSchema() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Reporting/Schema/pollscope.report.1.schema.json").standardizedFileURL
        let schema = try JSONSchema(Data(contentsOf: path))
        #expect(try schema.violations(in: Data(report(MadeUpRequests.model()).text.utf8)) == [])
    }

    @Test func requestsPartsAndCallsAreTold() throws {
        let report = try ReportJSON(JSONReport().text(of: MadeUpRequests.model()))
        #expect(Set(report.requests.map(\.kind)) == ["request", "part", "call"])
        let quote = try #require(report.requests.first)
        #expect((quote.name, quote.count, quote.errors) == ("GET /quote", 36_420, 0))
        #expect(quote.cohorts.map(\.kind) == ["median", "slowest5Percent", "slowest1Percent"])
        for cohort in quote.cohorts { #expect(abs(cohort.anatomy.totalSeconds - cohort.meanSeconds) < 1e-12) }
        let exemplar = try #require(quote.exemplars.first)
        #expect(abs(exemplar.segments.reduce(0) { $0 + $1.durationSeconds } - exemplar.durationSeconds) < 1e-12)
        #expect(abs(exemplar.anatomy.totalSeconds - exemplar.durationSeconds) < 1e-12)
        #expect(exemplar.trace?.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(exemplar.trace?.spanID == "00f067aa0ba902b7")
        #expect(exemplar.segments[0].holders.map(\.site.function) == ["RiskModel.score(_:)", "Ledger.append(_:)"])
        #expect(report.requestTotals.openCount == 5)
        #expect(report.requestTotals.open.map(\.name) == ["GET /stream", "GET /quote"])
        #expect(report.requestTotals.endedTwice == 1)
    }

    @Test func poolsAreTold() throws {
        let report = try ReportJSON(JSONReport().text(of: MadeUpRequests.model()))
        #expect(report.pools.map(\.name) == ["postgres", "reports", "orders", "ledger", "cache", "files"])
        #expect(report.pools[0].capacity == 10)
        #expect(report.pools[0].advice?.verdict == "tooSmall")
        #expect(report.pools[0].advice?.sizes.map(\.size) == [11, 12])
        #expect(report.pools[5].advice == nil)
        #expect(report.pools[5].adviceMissing != nil)
        #expect(report.poolsRefused == 0)
    }

    @Test func withoutRequestsTheListsAreEmpty() throws {
        let report = try ReportJSON(JSONReport().text(of: QuotesService.model()))
        #expect(report.requests.isEmpty)
        #expect(report.pools.isEmpty)
        #expect(report.requestTotals.begun == 0)
    }
}
