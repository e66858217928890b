// Sites three ways: by what they cost, by the longest poll, by how long they were kept waiting.

import Analysis

struct SitesSection {
    private static let shown = 10

    func append(_ model: ReportModel, to page: inout Page) {
        // A service has as many event loops as processors: what runs on all of them is one line.
        let sites = model.sites.mergedOverEventLoops
        guard !sites.isEmpty else { return }
        let longPoll = Quantity.limit(model.thresholds.longPoll.value)

        SiteTable(columns: [
            SiteColumn(heading: "polls") { Quantity.count($0.polls) },
            SiteColumn(heading: "total") { Quantity.duration($0.pollSeconds.totalSeconds) },
            SiteColumn(heading: "share") { Quantity.share($0.share) },
        ]).append(first(sites) { $0.pollSeconds.totalSeconds }, titled: "SITES BY POLL TIME", to: &page)
        if sites.count > Self.shown {
            let more = Quantity.counted(UInt64(sites.count - Self.shown), "more site")
            page.line(page.ink.faint("  … \(more); the JSON report has them all"))
        }

        SiteTable(columns: [
            SiteColumn(heading: "≥ \(longPoll)") { Quantity.count($0.longPolls) },
            SiteColumn(heading: "P99") { Quantity.duration($0.pollSeconds.p99) },
            SiteColumn(heading: "longest") { Quantity.duration($0.pollSeconds.max) },
        ]).append(first(sites) { $0.pollSeconds.max }, titled: "SITES BY LONGEST POLL", to: &page)

        SiteTable(columns: [
            SiteColumn(heading: "wait P50") { Quantity.duration($0.waitSeconds.p50) },
            SiteColumn(heading: "P99") { Quantity.duration($0.waitSeconds.p99) },
            SiteColumn(heading: "total") { Quantity.duration($0.waitSeconds.totalSeconds) },
        ]).append(first(sites) { $0.waitSeconds.totalSeconds }, titled: "SITES BY WAIT", to: &page)
    }

    /// The first by `figure`; those equal in it keep the model's order.
    private func first(_ sites: [SiteReport], by figure: (SiteReport) -> Double) -> ArraySlice<SiteReport> {
        let ordered = sites.enumerated().sorted {
            (figure($1.element), $0.offset) < (figure($0.element), $1.offset)
        }
        return ordered.map(\.element).filter { figure($0) > 0 }.prefix(Self.shown)
    }
}
