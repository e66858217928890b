import Testing

@testable import Analysis
@testable import Reporting

@Suite struct SitePageTests {
    private func page(_ pattern: String, width: Int = 80) -> String? {
        let pattern = SitePattern(pattern)
        return TextReport(width: width).text(of: StalledService.model(sites: pattern), sites: pattern)
    }

    @Test(arguments: [("score", "site-computing-80.txt"), ("ledger.swift:40", "site-blocked-80.txt")])
    func looksLikeTheGoldenFile(pattern: String, file: String) throws {
        try Golden.expect(try #require(page(pattern)), equals: file)
    }

    @Test func aPatternIsPartOfAFunctionAFileAndLineOrATask() throws {
        for pattern in ["RISKMODEL.score", "risk.swift:48", "/Shop/Risk.swift"] {
            let text = try #require(page(pattern))
            #expect(text.contains("1 site matches"), "\(pattern)")
            #expect(text.contains("RiskModel.score(_:), await 2"))
        }
        #expect(try #require(page("Routes.add")).contains("6 sites match"))
        #expect(page("Risk.swift:49") == nil)
    }

    @Test func whatDoesNotMatchIsToldTheNearestNames() {
        let text = TextReport.noSites(matching: SitePattern("scroe"), in: StalledService.model())
        #expect(text.contains("No site has \"scroe\""))
        #expect(text.contains("The nearest: RiskModel.score(_:), "))
    }

    @Test func nothingIsNearToNothing() {
        var model = StalledService.model()
        (model.sites, model.longPolls, model.unfinished) = ([], [], [])
        #expect(TextReport.noSites(matching: SitePattern("x"), in: model).hasSuffix("There are no sites at all."))
    }
}
