// Inside long polls: by site, where the time went, as a merged tree of what samples saw.

import Analysis

struct InsideSection {
    private static let shown = 5
    private static let leastShare = 0.02

    func append(_ model: ReportModel, to page: inout Page) {
        guard !model.longPolls.isEmpty else { return }
        let total = model.longPolls.reduce(0) { $0 + $1.pollSeconds.totalSeconds }
        // The first one always; the others where they matter.
        let sites = model.longPolls.prefix(Self.shown).enumerated().filter {
            $0.offset == 0 || $0.element.pollSeconds.totalSeconds >= Self.leastShare * total
        }.map(\.element)
        page.section("INSIDE LONG POLLS", "by site, with shares of the time that was sampled")
        for site in sites {
            page.place(site.site.place)
            append(site, leastShare: Self.leastShare, to: &page)
        }
        if model.longPolls.count > sites.count {
            page.line(
                page.ink.faint(
                    "  … \(Quantity.counted(UInt64(model.longPolls.count - sites.count), "more site")); "
                        + "the JSON report has them all"))
        }
    }

    /// What is known of a site's long polls, below its name.
    func append(_ site: LongPollSite, leastShare: Double, to page: inout Page) {
        page.sentence(
            "\(Quantity.counted(site.polls, "long poll")), \(Quantity.duration(site.pollSeconds.totalSeconds)) in all, "
                + "worst \(Quantity.duration(site.pollSeconds.max)); \(Quantity.counted(site.samples, "sample"))",
            indent: 6)
        page.figures(PollSplitText.line(site), indent: 6)
        SampleTreeLines(leastShare: leastShare, margin: 4).append(site, to: &page)
        let notSampled = site.pollSeconds.totalSeconds - site.sampledSeconds
        if notSampled > 1e-9, site.sampledSeconds > 0 || site.samples == 0 {
            page.sentence(
                "not sampled: \(Quantity.duration(notSampled)) in polls that ended before a sample", indent: 6,
                mark: page.ink.faint)
        }
        if site.majorFaults > 0 {
            page.sentence(
                "\(Quantity.counted(site.majorFaults, "page fault")) that read from a disk, up to the last samples",
                indent: 6)
        }
    }
}
