// The report for people: the sections in their order.

import Analysis

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
        RequestHeadlines().append(model, to: &page)
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
