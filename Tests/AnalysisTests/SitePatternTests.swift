import CPollscopeLayout
import Testing

@testable import Analysis

@Suite struct SitePatternTests {
    private let site = SiteName(
        place: CodePlace(function: "RiskModel.score(_:)", awaitPoint: 2, file: "/src/Risk.swift", line: 48),
        task: "closure 1 in Routes.add(to:)")

    @Test(arguments: [
        ("score", true), ("SCORE(_", true), ("Risk.swift:48", true), ("/src/", true), ("routes.add", true),
        ("Risk.swift:4", true), ("Risk.swift:49", false), ("price", false), ("await 2", false),
    ]) func aPatternIsAPartOfFunctionPlaceOrTask(pattern: String, matches: Bool) {
        #expect(SitePattern(pattern).matches(site) == matches)
    }

    @Test(arguments: [
        ("", "abc", 3), ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "ab", 1), ("abc", "xabc", 1), ("abc", "acb", 1),
        ("kitten", "sitting", 3), ("score", "scroe", 1),
    ]) func distanceCountsLettersToChange(a: String, b: String, distance: Int) {
        #expect(EditDistance.between(a, b) == distance)
        #expect(EditDistance.between(b, a) == distance)
    }

    @Test func theNearestNamesAreThoseWithAWordAlmostLikeIt() {
        let names = ["RiskModel.score(_:)", "Ledger.append(_:)", "main()", "store(_:)", "Quote.handle(_:context:)"]
        #expect(SitePattern("scoer").nearest(among: names, count: 2) == ["RiskModel.score(_:)", "store(_:)"])
        #expect(SitePattern("LEDGRE").nearest(among: names).first == "Ledger.append(_:)")
        #expect(SitePattern("x").nearest(among: names + names).count == 5)
        #expect(SitePattern("x").nearest(among: [String]()) == [])
    }

    /// With a focus the slowest polls are the focus's, and every other figure is as without.
    @Test func aFocusPicksTheSlowestPollsOnly() {
        let facts = Made.facts(stacks: [Made.stack(1), Made.stack(30)])
        let polls = (0..<20).map { Made.poll(UInt64($0) * 100_000_000 + 1_000, UInt64($0 + 1), stack: $0 < 5 ? 30 : 1) }
        func model(_ focus: PollFocus?) -> ReportModel {
            var analysis = PollAnalysis(calibration: Made.calibration, focus: focus)
            analysis.add(chunk: [MadeBatch(0, polls)])
            return ReportModel(facts: facts, analysis: analysis, naming: Made.name)
        }
        let pattern = SitePattern("function3")
        let focused = model(PollFocus(pattern, stacks: facts.stacks, naming: Made.name))
        #expect(focused.slowest.map { ($0.durationSeconds * 1e9).rounded() } == [5, 4, 3, 2, 1])
        #expect(focused.sites.map(\.polls) == model(nil).sites.map(\.polls))
        let details = focused.sites(matching: pattern)
        #expect(details.count == 1)
        #expect(details.first?.polls?.polls == 5)
        #expect(details.first?.slowest.count == 5)
        #expect(focused.sites(matching: SitePattern("main()")).count == 2)
        #expect(focused.sites(matching: SitePattern("function9")).isEmpty)
    }
}
