// The first thing to know: which code runs long polls, and how long jobs wait.
//
// Facts only: who made whom wait is for findings to say.

import Analysis

struct WhereItHurtsSection {
    private static let shown = 3

    func append(_ model: ReportModel, to page: inout Page) {
        guard model.polls > 0 || !model.unfinished.isEmpty else { return }
        if model.polls > 0 { longPolls(model, &page) }
        WaitSection().append(model, to: &page)
        if !model.unfinished.isEmpty { unfinished(model, &page) }
    }

    private func longPolls(_ model: ReportModel, _ page: inout Page) {
        let limit = Quantity.limit(model.thresholds.longPoll.value)
        let critical = Quantity.limit(model.thresholds.criticalPoll.value)
        let sites = LongPollOfSite.all(in: model)
        guard !sites.isEmpty else {
            page.section("LONG POLLS", "none: no poll ran for \(limit) or longer")
            if let longest = model.sites.max(by: { $0.pollSeconds.max < $1.pollSeconds.max }) {
                page.place(longest.place)
                page.sentence(
                    "the longest: \(Quantity.duration(longest.pollSeconds.max))" + longest.place.task(longest.task),
                    indent: 6)
            }
            return
        }
        let long = sites.reduce(0) { $0 + $1.site.longPolls }
        let ofThose = sites.reduce(0) { $0 + $1.site.criticalPolls }
        page.section(
            "LONG POLLS",
            "\(Quantity.count(long)) of \(Quantity.counted(model.polls, "poll")) ran for \(limit) or longer"
                + (ofThose > 0 ? ", \(Quantity.count(ofThose)) for \(critical) or longer" : ""))
        for (site, inside) in sites.prefix(Self.shown).map({ ($0.site, $0.inside) }) {
            page.place(site.place, mark: page.ink.alarm)
            if let inside {
                page.sentence("why: " + PollSplitText.why(inside), indent: 6, mark: page.ink.alarm)
                page.figures(PollSplitText.line(inside), indent: 6)
            }
            page.sentence(
                "\(Quantity.count(site.longPolls)) for \(limit) or longer, longest "
                    + "\(Quantity.duration(site.pollSeconds.max)); \(Quantity.counted(site.polls, "poll")) took "
                    + "\(Quantity.duration(site.pollSeconds.totalSeconds)), \(Quantity.share(site.share)) of poll time"
                    + site.place.task(site.task), indent: 6)
        }
        if sites.count > Self.shown {
            page.line("  … and in \(Quantity.counted(UInt64(sites.count - Self.shown), "more site"))")
        }
    }

    private func unfinished(_ model: ReportModel, _ page: inout Page) {
        page.section("STILL RUNNING", "when the recording ended")
        for poll in model.unfinished.prefix(Self.shown) {
            page.place(poll.site.place)
            page.sentence(
                (poll.durationSeconds > 0 ? "\(Quantity.duration(poll.durationSeconds)) so far" : "time not known")
                    + ", on \(poll.thread.text)"
                    + poll.site.place.task(poll.site.task), indent: 6)
            if let sample = poll.lastSample { page.sentence(LastSampleText.sentence(sample), indent: 6) }
        }
        if model.unfinished.count > Self.shown {
            page.line("  … and \(Quantity.counted(UInt64(model.unfinished.count - Self.shown), "more poll"))")
        }
    }
}

/// A site that has long polls, with what is known of them.
struct LongPollOfSite {
    var site: SiteReport
    var inside: LongPollSite?

    /// Most time in long polls first; where that is not known, most time in polls.
    static func all(in model: ReportModel) -> [LongPollOfSite] {
        let sites = model.sites.filter { $0.longPolls > 0 }.map { site in
            LongPollOfSite(
                site: site,
                inside: model.longPolls.first { site.isSame(as: $0) })
        }
        func seconds(_ entry: LongPollOfSite) -> Double { entry.inside?.pollSeconds.totalSeconds ?? 0 }
        return sites.enumerated().sorted {
            (seconds($1.element), $0.offset) < (seconds($0.element), $1.offset)
        }.map(\.element)
    }
}
