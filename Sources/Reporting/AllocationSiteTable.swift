// Sites with what their polls allocate: the place to the left, counts, and behind them what is estimated.

import Analysis

struct AllocationSiteTable {
    private struct Column: Sendable {
        var heading: String
        var width: Int
        var figure: @Sendable (AllocationSite) -> String
    }

    private static let counted: [Column] = [
        Column(heading: "P50", width: 8) { Quantity.shortCount($0.allocations.p50) },
        Column(heading: "P99", width: 8) { Quantity.shortCount($0.allocations.p99) },
        Column(heading: "P50", width: 9) { Quantity.bytes($0.bytes.p50) },
        Column(heading: "P99", width: 9) { Quantity.bytes($0.bytes.p99) },
        Column(heading: "of bytes", width: 9) { Quantity.share($0.share) },
    ]
    private static let estimated: [Column] = [
        Column(heading: "garbage", width: 13) { text($0.garbage) },
        Column(heading: "allocator", width: 13) { text($0.allocatorShare) },
    ]

    /// What a name needs beside the figures; with less it gets a line of its own.
    private static let nameWidth = 40

    private static func text(_ estimate: Estimate?) -> String {
        estimate.flatMap(EstimateText.share) ?? EstimateText.unknown
    }

    func append(_ sites: some Sequence<AllocationSite>, titled title: String, to page: inout Page) {
        let all = Self.counted + Self.estimated
        func width(_ columns: [Column]) -> Int { columns.reduce(0) { $0 + $1.width } }
        let columns = page.width - 2 >= width(all) ? all : Self.counted
        let names = page.width - width(columns)
        let isOneLine = names - 2 >= Self.nameWidth
        appendHead(title, columns, names: names, to: &page)
        for site in sites {
            let figures = columns.map { $0.figure(site).rightAligned($0.width) }.joined()
            if isOneLine {
                page.line("  " + site.site.place.row(width: names - 2).leftAligned(names - 2) + figures)
            } else {
                page.place(site.site.place)
                page.line(String(repeating: " ", count: names) + figures)
            }
            if columns.count < all.count {
                let estimates = zip(Self.estimated, Self.estimated.map { $0.figure(site) })
                page.figures(estimates.map { "\($0.heading) \($1)" }.joined(separator: ", "), indent: 6)
            }
        }
    }

    /// Two lines, of which the first says what the quantiles are of.
    private func appendHead(_ title: String, _ columns: [Column], names: Int, to page: inout Page) {
        let ends = [names + columns[0].width + columns[1].width, columns[2].width + columns[3].width]
        let groups = "allocations a poll".rightAligned(ends[0]) + "bytes a poll".rightAligned(ends[1])
        let begin = groups.prefix { $0 == " " }.count
        page.line()
        if title.count + 2 <= begin {
            page.line(page.ink.heading(title) + groups.dropFirst(title.count))
        } else {
            page.line(page.ink.heading(title))
            page.line(groups)
        }
        page.line(
            String(repeating: " ", count: names) + columns.map { $0.heading.rightAligned($0.width) }.joined())
    }
}
