// The slowest polls one by one, each with the functions that were waiting for it.

import Analysis

struct SlowestSection {
    /// The model bounds the slowest polls; what was unfinished can be as many as there were threads.
    private static let shown = 10

    func append(_ model: ReportModel, to page: inout Page) {
        append(model.slowest, titled: "SLOWEST POLLS", to: &page)
        append(model.unfinished, titled: "UNFINISHED POLLS", to: &page)
    }

    private func append(_ polls: [PollReport], titled title: String, to page: inout Page) {
        guard !polls.isEmpty else { return }
        page.section(title)
        let shown = polls.prefix(Self.shown)
        for (index, poll) in shown.enumerated() {
            func isSame(_ other: PollReport) -> Bool { other.site == poll.site && other.stack == poll.stack }
            guard !shown[..<index].contains(where: isSame) else { continue }
            append(poll, number: index + 1, to: &page)
            append(stackOf: poll, to: &page)
            append(also: shown[(index + 1)...].filter(isSame), to: &page)
        }
        if polls.count > Self.shown { page.line("  … \(polls.count - Self.shown) more; the JSON report has them all") }
    }

    /// Polls with the stack of one that is shown.
    private func append(also polls: [PollReport], to page: inout Page) {
        guard !polls.isEmpty else { return }
        let times = polls.map {
            "\(Quantity.duration($0.durationSeconds)) at \(Quantity.duration($0.startSeconds))"
        }
        page.sentence("the same for " + times.joined(separator: ", "), indent: 5)
    }

    private func append(_ poll: PollReport, number: Int, to page: inout Page) {
        let job = poll.kind == .actor ? "" : ", task \(poll.task)"
        let facts =
            "\(Quantity.duration(poll.durationSeconds).rightAligned(7)) at \(Quantity.duration(poll.startSeconds)), "
            + "waited \(Quantity.duration(poll.waitSeconds)), on \(poll.thread.text)\(job), \(woken(poll.waker))"
        let lines = facts.wrapped(to: page.width - 5)
        for (line, text) in lines.enumerated() {
            page.line(line == 0 ? "\(number)".rightAligned(2) + "  " + text : "     " + text)
        }
    }

    private func woken(_ waker: PollReport.Waker) -> String {
        switch waker {
        case .poll(let thread): "woken by a poll" + (thread.map { " on \($0.text)" } ?? "")
        case .outside(let thread): "woken by " + (thread.map(\.text) ?? "a thread") + " outside polls"
        case .unknown: "waker not known"
        }
    }

    /// The runtime's frames are folded: they are the same in every stack.
    private func append(stackOf poll: PollReport, to page: inout Page) {
        let margin = "     "
        // Without a frame of anybody's own code the site is all there is to name.
        if poll.stack.allSatisfy(\.isRuntime) {
            page.line(margin + poll.site.place.text(width: page.width - margin.count))
        }
        let location = min(48, (page.width - margin.count) * 2 / 5)
        let name = page.width - margin.count - location - 1
        var folded = 0
        func unfold() {
            if folded > 0 {
                page.line(margin + page.ink.faint("… \(folded) runtime frame\(folded == 1 ? "" : "s")"))
            }
            folded = 0
        }
        for (index, frame) in poll.stack.enumerated() {
            if frame.isRuntime {
                folded += 1
                continue
            }
            // What is left out lies before the outermost frames.
            let isOutermost = !poll.stack[(index + 1)...].contains { !$0.isRuntime }
            unfold()
            if poll.isStackCut, isOutermost { page.line(margin + page.ink.faint("… frames left out")) }
            page.line(
                margin + frame.place.text(width: name).leftAligned(name) + " "
                    + frame.place.location(width: location))
        }
        unfold()
    }
}
