// The diagnosis in full: every finding with the figures that it rests on, who waited for whom, and the worst episodes of
// starvation.

import Analysis
import Diagnosis
import Wording

struct FindingsPage {
    private static let episodesShown = 10
    private static let culpritsShown = 8

    func append(_ model: ReportModel, _ diagnosis: Diagnosis, to page: inout Page) {
        let section = FindingsSection()
        page.section(
            "FINDINGS", diagnosis.findings.isEmpty ? "none" : Quantity.count(UInt64(diagnosis.findings.count)))
        for (index, finding) in diagnosis.findings.enumerated() {
            page.line()
            section.append(finding, number: index + 1, to: &page)
            section.entry("proof", finding.evidence.map(\.text).joined(separator: "; "), to: &page)
            let victims = finding.victims.prefix(4).map {
                "\($0.name.printable) \(Quantity.duration($0.seconds))"
            }
            section.entry("waited", victims.joined(separator: ", "), to: &page)
        }
        page.line()
        page.sentence(diagnosis.verdict.sentence)
        if !diagnosis.verdict.leaveAlone.isEmpty {
            page.sentence("Leave alone: \(diagnosis.verdict.leaveAlone.joined(separator: ", ")).")
        }
        for missing in diagnosis.notEnough {
            page.sentence("Not enough to say (\(missing.kind.rawValue)): \(missing.sentence).")
        }
        appendBlame(model.blame, to: &page)
        appendTails(model.blame.tails, to: &page)
        appendEpisodes(model, to: &page)
        page.section("HOW THIS IS KNOWN")
        page.sentence(
            "Each instant at which jobs wait and all threads of their executor are busy is charged to the polls that keep "
                + "them busy, in equal parts; where a thread was free, to nobody. So the charges add up to all waiting: "
                + "pollscope verify checks it. The slowest 1 % of a request's are looked at one by one.", indent: 2)
    }

    /// Who held the threads while others waited.
    private func appendBlame(_ blame: BlameReport, to page: inout Page) {
        for executor in blame.executors where executor.waitSeconds >= 0.001 {
            page.section(
                "WAITING FOR \(executor.name.printable.uppercased())",
                "\(Quantity.duration(executor.waitSeconds)) in all, \(Quantity.share(executor.schedulerSeconds / executor.waitSeconds)) of it nobody's"
            )
            for culprit in executor.culprits.prefix(Self.culpritsShown) where culprit.share >= 0.005 {
                let share = Quantity.share(culprit.share)
                let figures = String(repeating: " ", count: max(0, 7 - share.count)) + share + "  "
                page.line("  " + figures + culprit.site.place.row(width: page.width - 2 - figures.count))
            }
        }
    }

    private func appendTails(_ tails: [TailReport], to page: inout Page) {
        guard !tails.isEmpty else { return }
        page.section("WHAT THE SLOWEST REQUESTS WAITED FOR", "a request, in the mean")
        for tail in tails {
            page.line(
                "  " + tail.request.printable.shortened(to: page.width - 34)
                    + "  \(Quantity.duration(tail.meanSeconds)), \(Quantity.counted(UInt64(tail.requests), "request"))")
            for place in tail.culprits.prefix(4) where place.seconds >= 0.01 * tail.meanSeconds {
                line(place, does: place.part == .actorWait ? "had the actor" : "had the threads", to: &page)
            }
            for place in tail.own.prefix(3) where place.seconds >= 0.01 * tail.meanSeconds {
                line(
                    place,
                    does: place.part == .blocked
                        ? "blocked in it" : place.part == .kernelWait ? "not run" : "ran in it", to: &page)
            }
        }
    }

    private func line(_ place: TailPlace, does: String, to page: inout Page) {
        let time = Quantity.duration(place.seconds)
        let figures =
            String(repeating: " ", count: max(0, 8 - time.count)) + time + "  "
            + does + String(repeating: " ", count: max(0, 15 - does.count)) + "  "
        page.line("    " + figures + place.site.place.row(width: page.width - 4 - figures.count))
    }

    private func appendEpisodes(_ model: ReportModel, to page: inout Page) {
        let all = model.blame.executors.reduce(0) { $0 + $1.episodes }
        guard all > 0 else { return }
        let seconds = model.blame.executors.reduce(0) { $0 + $1.episodeSeconds }
        page.section(
            "EPISODES OF STARVATION",
            "\(Quantity.count(all)), \(Quantity.duration(seconds)) in all; the worst by waiting:")
        for episode in model.blame.episodes.prefix(Self.episodesShown) {
            let cause =
                switch episode.cause {
                case .computing: "computing"
                case .blocked: "blocked"
                case .kernel: "not run by the kernel"
                }
            let who =
                episode.culprits.first.map {
                    "; \(Quantity.share($0.share)) for \($0.site.place.function.printable.shortened(to: 50)), \(cause)"
                } ?? ""
            page.sentence(
                "at \(Quantity.duration(max(0, episode.startSeconds))): \(Quantity.duration(episode.durationSeconds)) of the "
                    + "\(episode.executor.printable), \(Quantity.counted(episode.victims, "job")) waited "
                    + "\(Quantity.duration(episode.waitSeconds)), \(episode.peakDepth) at once\(who)", indent: 2)
        }
    }
}
