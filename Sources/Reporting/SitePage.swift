// One site in full: what `report --site` shows.

import Analysis

/// The sites that were asked for, each with all of its figures.
struct SitePage {
    private static let shown = 5
    private static let polls = 5

    func append(_ sites: [SiteDetail], matching pattern: SitePattern, of model: ReportModel, to page: inout Page) {
        let what = sites.count == 1 ? "1 site matches" : "\(sites.count) sites match"
        page.section("SITE", "\(what) \"\(pattern.text.printable.shortened(to: 30))\"")
        if sites.count > Self.shown {
            page.sentence(
                "The first \(Self.shown) by poll time are below; a longer pattern leads to the others, such as "
                    + sites[Self.shown...].prefix(3).map { $0.site.place.function.printable.shortened(to: 50) }
                    .joined(separator: ", ")
                    + ".", indent: 6)
        }
        for site in sites.prefix(Self.shown) { append(site, of: model, to: &page) }
    }

    private func append(_ detail: SiteDetail, of model: ReportModel, to page: inout Page) {
        page.line()
        page.place(detail.site.place, mark: page.ink.heading)
        page.sentence(
            "on the \(detail.executor.printable.shortened(to: 30)); task \(detail.site.task.printable.shortened(to: 50))",
            indent: 6)
        if let polls = detail.polls {
            page.sentence(summary(polls, model), indent: 6)
            page.line()
            PollAndWaitFigures(
                poll: polls.pollSeconds, wait: polls.waitSeconds, pollHistogram: polls.pollHistogram,
                waitHistogram: polls.waitHistogram
            ).append(namesHeight: true, to: &page)
        }
        if let inside = detail.longPolls {
            page.line()
            page.line(page.ink.heading("INSIDE ITS LONG POLLS"))
            page.sentence("why: " + PollSplitText.why(inside), indent: 6, mark: page.ink.alarm)
            InsideSection().append(inside, leastShare: 0, to: &page)
        }
        if !detail.calls.isEmpty {
            page.line()
            BlockingSection().append(detail.calls, namesSite: false, to: &page)
        }
        allocations(detail, of: model, to: &page)
        SlowestSection().append(Array(detail.slowest.prefix(Self.polls)), titled: "ITS SLOWEST POLLS", to: &page)
        SlowestSection().append(detail.unfinished, titled: "STILL RUNNING", to: &page)
    }

    private func allocations(_ detail: SiteDetail, of model: ReportModel, to page: inout Page) {
        guard let report = model.allocations else {
            page.section("ITS ALLOCATIONS", "not known")
            return page.sentence(model.allocationsMissing ?? AllocationText.noData, indent: 6)
        }
        page.section("ITS ALLOCATIONS")
        guard let site = AllocationIndex(report)[detail] else {
            return page.sentence("none in polls that ended", indent: 6)
        }
        AllocationSiteFigures().append(site, to: &page)
    }

    private func summary(_ site: SiteReport, _ model: ReportModel) -> String {
        let limit = Quantity.limit(model.thresholds.longPoll.value)
        let blocked =
            site.blockedSeconds > 0 ? ", \(Quantity.duration(site.blockedSeconds)) of it in blocking calls" : ""
        let unknown =
            site.unknownWaits > 0 ? "; the wait of \(Quantity.count(site.unknownWaits)) is not known" : ""
        return "\(Quantity.counted(site.polls, "poll")), \(Quantity.count(site.longPolls)) of them for \(limit) or "
            + "longer; \(Quantity.duration(site.pollSeconds.totalSeconds)), \(Quantity.share(site.share)) of all poll "
            + "time\(blocked)\(unknown)"
    }
}
