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
        WhereItHurtsSection().append(model, to: &page)
        ExecutorsSection().append(model, to: &page)
        SitesSection().append(model, to: &page)
        SlowestSection().append(model, to: &page)
        CoverageSection().append(model, to: &page)
        return page.text
    }
}
