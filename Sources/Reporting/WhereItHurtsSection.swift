// The first thing to know: which code runs long polls, and how long jobs wait.
//
// Facts only: who made whom wait is for findings to say.

import Analysis

struct WhereItHurtsSection {
    private static let shown = 3

    func append(_ model: ReportModel, to page: inout Page) {
        guard model.polls > 0 || !model.unfinished.isEmpty else { return }
        if model.polls > 0 { longPolls(model, &page) }
        for executor in model.executors { waits(executor, model, &page) }
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
                    "the longest: \(Quantity.duration(longest.pollSeconds.max))" + task(longest.task, longest.place),
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
                    + task(site.task, site.place), indent: 6)
        }
        if sites.count > Self.shown {
            page.line("  … and in \(Quantity.counted(UInt64(sites.count - Self.shown), "more site"))")
        }
    }

    private func waits(_ executor: ExecutorReport, _ model: ReportModel, _ page: inout Page) {
        let wait = executor.waitSeconds
        page.section(
            "WAIT",
            "for the \(executor.name.printable): P50 \(Quantity.duration(wait.p50)), "
                + "P99 \(Quantity.duration(wait.p99)), longest \(Quantity.duration(wait.max))")
        guard wait.p99 >= model.thresholds.longWait.value else { return }
        let sites = model.sites.filter { $0.executor == executor.name }
        guard let most = sites.max(by: { $0.waitSeconds.totalSeconds < $1.waitSeconds.totalSeconds }),
            most.waitSeconds.totalSeconds > 0
        else { return }
        page.place(most.place)
        page.sentence(
            "waited most: \(Quantity.duration(most.waitSeconds.totalSeconds)) of "
                + "\(Quantity.duration(wait.totalSeconds)) in all, P99 \(Quantity.duration(most.waitSeconds.p99))"
                + task(most.task, most.place), indent: 6)
    }

    private func unfinished(_ model: ReportModel, _ page: inout Page) {
        page.section("STILL RUNNING", "when the recording ended")
        for poll in model.unfinished.prefix(Self.shown) {
            page.place(poll.site.place)
            page.sentence(
                (poll.durationSeconds > 0 ? "\(Quantity.duration(poll.durationSeconds)) so far" : "time not known")
                    + ", on \(poll.thread.text)"
                    + task(poll.site.task, poll.site.place), indent: 6)
            if let sample = poll.lastSample { page.sentence(LastSampleText.sentence(sample), indent: 6) }
        }
        if model.unfinished.count > Self.shown {
            page.line("  … and \(Quantity.counted(UInt64(model.unfinished.count - Self.shown), "more poll"))")
        }
    }

    private func task(_ task: String, _ place: CodePlace) -> String {
        task.isEmpty || task == place.function ? "" : "; task \(task.printable.shortened(to: 60))"
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
                inside: model.longPolls.first {
                    $0.site.place == site.place && $0.site.task == site.task && $0.kind == site.kind
                        && $0.executor == site.executor
                })
        }
        func seconds(_ entry: LongPollOfSite) -> Double { entry.inside?.pollSeconds.totalSeconds ?? 0 }
        return sites.enumerated().sorted {
            (seconds($1.element), $0.offset) < (seconds($0.element), $1.offset)
        }.map(\.element)
    }
}
