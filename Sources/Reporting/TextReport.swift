// The report for people: the sections in their order.

import Analysis
import Diagnosis
import Wording

/// Renders reports as text.
public struct TextReport: Sendable {
    /// Columns of the terminal; 80 where there is none.
    public var width: Int
    public var ink: Ink

    public init(width: Int = 80, ink: Ink = .plain) {
        self.width = width
        self.ink = ink
    }

    public func text(of model: ReportModel) -> String {
        var page = Page(width: width, ink: ink)
        HeadSection().append(model, to: &page)
        let diagnosis = Diagnosis(of: model)
        let headlines = RequestHeadlines(model, worst: diagnosis.findings.first?.impact.request)
        headlines.appendFirst(to: &page)
        FindingsSection().append(diagnosis, to: &page)
        appendMore(model, diagnosis, to: &page)
        headlines.appendOthers(to: &page)
        WhereItHurtsSection().append(model, to: &page)
        RequestsSection().append(model, to: &page)
        PoolsSection().append(model, to: &page)
        InsideSection().append(model, to: &page)
        BlockingSection().append(model, to: &page)
        AllocationsSection().append(model, to: &page)
        ExecutorsSection().append(model, to: &page)
        ActorsSection().append(model, to: &page)
        EventLoopsSection().append(model, to: &page)
        QueuesSection().append(model, to: &page)
        SitesSection().append(model, to: &page)
        SlowestSection().append(model, to: &page)
        CoverageSection().append(model, to: &page)
        return page.text
    }

    /// Where to go on from the first screen.
    private func appendMore(_ model: ReportModel, _ diagnosis: Diagnosis, to page: inout Page) {
        var options = ["--findings"]
        if !model.requests.isEmpty { options.append("--requests") }
        if model.allocations != nil { options.append("--allocations") }
        if let name = diagnosis.findings.first?.site?.poll?.place.shortName { options.append("--site \(name)") }
        page.sentence("More: pollscope report FILE \(options.joined(separator: " | "))")
    }

    /// The diagnosis in full, below the head of the report.
    public func textOfFindings(in model: ReportModel) -> String {
        var page = Page(width: width, ink: ink)
        HeadSection().append(model, to: &page)
        FindingsPage().append(model, Diagnosis(of: model), to: &page)
        return page.text
    }

    /// What to say where no site matches: the nearest names.
    public static func noSites(matching pattern: SitePattern, in model: ReportModel) -> String {
        let nearest = pattern.nearest(among: model.siteNames).map(\.printable)
        let advice =
            nearest.isEmpty ? "There are no sites at all." : "The nearest: " + nearest.joined(separator: ", ") + "."
        return "No site has \"\(pattern.text.printable)\" in its function, file:line or task. \(advice)"
    }

    /// Sites in full, below the head of the report. `nil`: no site matches.
    public func text(of model: ReportModel, sites pattern: SitePattern) -> String? {
        let sites = model.sites(matching: pattern)
        guard !sites.isEmpty else { return nil }
        var page = Page(width: width, ink: ink)
        HeadSection().append(model, to: &page)
        SitePage().append(sites, matching: pattern, of: model, to: &page)
        return page.text
    }

    /// Requests in full, below the head of the report: all, or those whose names match. `nil`: none does.
    public func textOfRequests(in model: ReportModel, matching pattern: SitePattern? = nil) -> String? {
        if let pattern, !model.requests.names.contains(where: pattern.matches), !model.requests.isEmpty { return nil }
        var page = Page(width: width, ink: ink)
        HeadSection().append(model, to: &page)
        RequestsPage().append(model, matching: pattern, to: &page)
        return page.text
    }

    /// What to say where no request matches: the nearest names.
    public static func noRequests(matching pattern: SitePattern, in model: ReportModel) -> String {
        let nearest = pattern.nearest(among: model.requests.names).map(\.printable)
        return "No request has \"\(pattern.text.printable)\" in its name."
            + (nearest.isEmpty ? "" : " The nearest: " + nearest.joined(separator: ", ") + ".")
    }

    /// Allocations in full, below the head of the report.
    public func textOfAllocations(in model: ReportModel) -> String {
        var page = Page(width: width, ink: ink)
        HeadSection().append(model, to: &page)
        AllocationsPage().append(model, to: &page)
        return page.text
    }
}

extension CodePlace {
    /// `score`, for `RiskModel.score(_:)`: enough to find its sites by; `nil`: it has no name of its own.
    fileprivate var shortName: String? {
        let name = function.prefix { $0 != "(" }.split(separator: ".").last.map(String.init) ?? ""
        let isName = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        return isName ? name : nil
    }
}
