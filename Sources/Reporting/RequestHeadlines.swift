// The first screen's lines on requests: how long they take, and where the time of the slowest goes.

import Analysis

struct RequestHeadlines {
    private static let shown = 3

    /// The one that it is about first.
    private let requests: [RequestReport]

    /// `worst`: the name of the one that is hurt most; `nil`: not known.
    init(_ model: ReportModel, worst: String?) {
        let all = model.requests.endpoints
        let first = all.first { $0.name == worst }
        requests = Array(((first.map { [$0] } ?? []) + all.filter { $0.name != first?.name }).prefix(Self.shown))
    }

    init() { requests = [] }

    /// Before the diagnosis: what it is about.
    func appendFirst(to page: inout Page) { append(requests.prefix(1), to: &page) }

    func appendOthers(to page: inout Page) { append(requests.dropFirst(), to: &page) }

    private func append(_ requests: ArraySlice<RequestReport>, to page: inout Page) {
        for request in requests {
            page.line()
            append(request, cohorts: Self.slowestAndMedian(request), to: &page)
        }
    }

    /// The name and its figures, and bars below.
    func append(_ request: RequestReport, cohorts: [RequestCohort], to page: inout Page) {
        let figures = AnatomyText.figures(request)
        let beside = figures.joined(separator: "   ")
        let name = request.name.printable
        if name.count + 3 + beside.count <= page.width {
            page.line(page.ink.heading(name) + "   " + beside)
        } else {
            page.line(page.ink.heading(name.shortened(to: page.width)))
            page.figures(beside.count + 2 <= page.width ? beside : figures.joined(separator: "  "), indent: 2)
        }
        AnatomyBars().append(cohorts, to: &page)
    }

    private static func slowestAndMedian(_ request: RequestReport) -> [RequestCohort] {
        let slowest = request.cohort(.slowest1Percent) ?? request.cohort(.slowest5Percent)
        return [slowest, request.cohort(.median)].compactMap { $0 }
    }
}
