// Requests in tables: all endpoints, the parts of requests, what was asked of others, and what never ended.

import Analysis

struct RequestsSection {
    private static let endpoints = 12
    private static let others = 6
    private static let open = 3

    func append(_ model: ReportModel, to page: inout Page) {
        let requests = model.requests
        guard !requests.isEmpty else { return }
        Self.table(requests.endpoints, titled: "REQUESTS", most: Self.endpoints, to: &page)
        Self.table(requests.parts, titled: "PARTS OF REQUESTS", most: Self.others, to: &page)
        Self.table(requests.calls, titled: "CALLS TO OTHERS", most: Self.others, to: &page)
        Self.open(requests, most: Self.open, to: &page)
        let oddities = Self.oddities(requests)
        if !oddities.isEmpty { page.line() }
        for oddity in oddities { page.sentence(oddity, indent: 2) }
        if !requests.endpoints.isEmpty {
            page.sentence(
                "The slowest moment by moment: pollscope report FILE --requests", indent: 2, mark: page.ink.faint)
        }
    }

    /// Below each: where its slowest differ most from its median.
    static func table(_ requests: [RequestReport], titled title: String, most: Int, to page: inout Page) {
        guard !requests.isEmpty else { return }
        FigureTable<RequestReport>(
            title: title,
            columns: [
                FigureColumn("count", isSpare: true) { Quantity.shortCount($0.count) },
                FigureColumn("rate") { Quantity.rate($0.perSecond) },
                FigureColumn("P50") { Quantity.duration($0.durationSeconds.p50) },
                FigureColumn("P95", isSpare: true) { Quantity.duration($0.durationSeconds.p95) },
                FigureColumn("P99") { Quantity.duration($0.durationSeconds.p99) },
                FigureColumn("errors") { Quantity.share($0.failureShare) },
            ]
        ).append(requests.prefix(most), name: \.name, to: &page) { request, page in
            let differences =
                AnatomyText.differences(.slowest1Percent, of: request)
                ?? AnatomyText.differences(.slowest5Percent, of: request)
            if let differences { page.sentence(differences, indent: 6, mark: page.ink.faint) }
        }
        if requests.count > most {
            page.line(page.ink.faint("  … and \(requests.count - most) more; the JSON report has them all"))
        }
    }

    static func open(_ requests: RequestsReport, most: Int, to page: inout Page) {
        guard requests.openCount > 0 else { return }
        page.section(
            "OPEN REQUESTS",
            "\(Quantity.count(requests.openCount)) had begun and not ended when the recording did"
                + (requests.open.isEmpty ? "" : "; the oldest:"))
        for request in requests.open.prefix(most) {
            let task = request.task > 0 ? ", task \(request.task)" : ""
            let trace = request.trace.map { ", trace \($0.traceText)" } ?? ""
            let age = Quantity.duration(request.ageSeconds).rightAligned(10)
            let name = request.name.printable.shortened(to: page.width - 14)
            let lines = (name + task + trace).wrapped(to: page.width - 12)
            for (line, text) in lines.enumerated() {
                page.line((line == 0 ? age : String(repeating: " ", count: 10)) + "  " + text)
            }
        }
    }

    /// What is not as it should be; empty where all is.
    static func oddities(_ requests: RequestsReport) -> [String] {
        let all: [(count: UInt64, sentence: (String) -> String)] = [
            (
                requests.namesRefused,
                {
                    "Requests under one name, since there was no room for more names: \($0). Leave out of the names what "
                        + "differs from request to request."
                }
            ),
            (
                requests.withoutAnatomy,
                {
                    "Requests whose duration is known, but not where it went: \($0). Records were lost, or they did too much."
                }
            ),
            (
                requests.endsWithoutBegin,
                { "Requests that ended and whose begin is not in the recording: \($0). They are in no figure." }
            ),
            (
                requests.endedTwice,
                { "Times that a request was ended again: \($0). The first end counts; look for two calls of end()." }
            ),
            (
                requests.endedElsewhere,
                { "Requests that ended in another task than they began in: \($0)." }
            ),
            (
                requests.recordsLost,
                { "Records of requests and pools that were overwritten before they were read: \($0)." }
            ),
            (
                requests.recordsUnrecorded,
                { "Records of requests and pools of threads that got no room for them: \($0)." }
            ),
        ]
        return all.filter { $0.count > 0 }.map { $0.sentence(Quantity.count($0.count)) }
    }
}

extension TraceIdentity {
    /// As tracing systems write it: 32 hexadecimal digits.
    var traceText: String { Self.hexadecimal(high) + Self.hexadecimal(low) }
    var spanText: String { Self.hexadecimal(span) }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
