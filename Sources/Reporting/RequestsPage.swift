// Requests in full: what `report --requests` shows.

import Analysis

/// All endpoints, or those whose names match, each with its cohorts and its slowest requests.
struct RequestsPage {
    private static let shown = 12
    /// Of each endpoint: of many fewer than of those that were asked for.
    private static let exemplars = 1
    private static let exemplarsMatching = 5
    /// A histogram of fewer is a few dots.
    private static let countOfStrip: UInt64 = 20

    func append(_ model: ReportModel, matching pattern: SitePattern?, to page: inout Page) {
        let requests = model.requests
        guard !requests.isEmpty else {
            page.section("REQUESTS", "none")
            return page.sentence(Self.none, indent: 2)
        }
        let groups = [
            ("REQUESTS", requests.endpoints), ("PARTS OF REQUESTS", requests.parts),
            ("CALLS TO OTHERS", requests.calls),
        ].map { title, reports in (title, reports.filter { pattern?.matches($0.name) ?? true }) }
        for (title, reports) in groups where !reports.isEmpty {
            page.section(title, summary(reports, pattern))
            for report in reports.prefix(Self.shown) {
                page.line()
                append(report, exemplars: pattern == nil ? Self.exemplars : Self.exemplarsMatching, to: &page)
            }
            if reports.count > Self.shown {
                page.line()
                page.line(
                    page.ink.faint("  … and \(reports.count - Self.shown) more; --requests NAME leads to them"))
            }
        }
        guard pattern == nil else { return }
        RequestsSection.open(requests, most: 10, to: &page)
        let oddities = RequestsSection.oddities(requests)
        if !oddities.isEmpty { page.line() }
        for oddity in oddities { page.sentence(oddity, indent: 2) }
        page.section("HOW THIS IS KNOWN")
        page.sentence(Self.method, indent: 2)
    }

    /// How to get requests, where there are none.
    static let none =
        "There are no requests in this recording. Put Pollscope.request(\"GET /quote\") { … } around what users wait for, or use "
        + "the PollscopeTracing adapter with the service's tracing middleware."

    private static let method =
        "A request's time is that of its critical path: what it waited for last at each moment, across tasks. Its parts add "
        + "up to its duration. On CPU has what the kernel ran instead, too, except in long polls, where it is known. Outside "
        + "is what it waited for that is no executor, actor, pool or late timer: another process, a file, a timer that was "
        + "not due. The median is the mean of the requests between P45 and P55."

    private func summary(_ reports: [RequestReport], _ pattern: SitePattern?) -> String {
        let names = Quantity.counted(UInt64(reports.count), "name")
        // Wrapping: as counters do.
        let count = reports.reduce(UInt64(0)) { $0 &+ $1.count }
        return "\(names)\(pattern.map { " with \"\($0.text.printable.shortened(to: 30))\"" } ?? ""), "
            + "\(Quantity.count(count)) in all, by their time"
    }

    private func append(_ report: RequestReport, exemplars: Int, to page: inout Page) {
        RequestHeadlines().append(report, cohorts: report.cohorts.reversed(), to: &page)
        for kind in [RequestCohort.Kind.slowest1Percent, .slowest5Percent] {
            guard let differences = AnatomyText.differences(kind, of: report) else { continue }
            page.sentence("more than in the median, \(differences)", indent: 2)
        }
        page.sentence(counts(report), indent: 2)
        if report.count >= Self.countOfStrip,
            let axis = DecadeAxis(over: [report.durationHistogram], width: page.width - 2)
        {
            page.line(page.ink.faint("  " + axis.labels))
            page.line("  " + axis.strip(of: report.durationHistogram))
        }
        for (number, exemplar) in report.exemplars.prefix(exemplars).enumerated() {
            if number > 0 { page.line() }
            RequestTimeline().append(exemplar, number: number + 1, to: &page)
        }
    }

    private func counts(_ report: RequestReport) -> String {
        let outcomes = [
            (report.errors, "with an error"), (report.timedOut, "timed out"), (report.cancelled, "cancelled"),
        ].filter { $0.0 > 0 }.map { ", \(Quantity.count($0.0)) \($0.1)" }
        return "\(Quantity.count(report.count)) of them\(outcomes.joined()); longest "
            + Quantity.duration(report.durationSeconds.max)
    }
}

extension RequestsReport {
    /// Of endpoints, parts and calls.
    var names: [String] { (endpoints + parts + calls).map(\.name) }
}
