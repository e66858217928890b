// The slowest polls one by one, each with the functions that were waiting for it.

import Analysis

struct SlowestSection {
    /// The model bounds the slowest polls; what was unfinished can be as many as there were threads.
    private static let shown = 10

    func append(_ model: ReportModel, to page: inout Page) {
        append(model.slowest, titled: "SLOWEST POLLS", to: &page)
        append(model.unfinished, titled: "UNFINISHED POLLS", to: &page)
    }

    func append(_ polls: [PollReport], titled title: String, to page: inout Page) {
        guard !polls.isEmpty else { return }
        page.section(title)
        let shown = polls.prefix(Self.shown)
        for (index, poll) in shown.enumerated() {
            // What an unfinished poll does is its own.
            func isSame(_ other: PollReport) -> Bool {
                other.site == poll.site && other.stack == poll.stack && other.lastSample == nil
                    && poll.lastSample == nil
            }
            guard !shown[..<index].contains(where: isSame) else { continue }
            append(poll, number: index + 1, to: &page)
            append(stackOf: poll, to: &page)
            if let sample = poll.lastSample { append(sample, split: poll.split, to: &page) }
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
        let job = poll.kind.isContainer ? "" : ", task \(poll.task)"
        let woken = poll.kind == .turn ? "" : ", \(woken(poll.waker))"
        let facts =
            "\(Quantity.duration(poll.durationSeconds).rightAligned(7)) at \(Quantity.duration(poll.startSeconds)), "
            + "\(waited(poll))on \(poll.thread.text)\(job)\(woken)"
        let lines = facts.wrapped(to: page.width - 5)
        for (line, text) in lines.enumerated() {
            page.line(line == 0 ? "\(number)".rightAligned(2) + "  " + text : "     " + text)
        }
    }

    private func waited(_ poll: PollReport) -> String {
        guard let seconds = poll.waitSeconds else { return "wait not known, " }
        // Nobody waits for a turn that begins with its first event.
        if poll.kind == .turn, !poll.isWaitAtMost { return "" }
        return "waited \(poll.isWaitAtMost ? "at most " : "")\(Quantity.duration(seconds)), "
    }

    private func woken(_ waker: PollReport.Waker) -> String {
        switch waker {
        case .poll(let thread): "woken by a poll" + (thread.map { " on \($0.text)" } ?? "")
        case .outside(let thread): "woken by " + (thread.map(\.text) ?? "a thread") + " outside polls"
        case .unknown: "waker not known"
        }
    }

    private func append(stackOf poll: PollReport, to page: inout Page) {
        let lines = StackLines(margin: 5)
        // Without a frame of anybody's own code the site is all there is to name.
        if poll.stack.allSatisfy(\.isRuntime) {
            page.line("     " + poll.site.place.text(width: page.width - 5))
        }
        lines.append(poll.stack, isCut: poll.isStackCut, to: &page)
    }

    /// What an unfinished poll was last seen doing, with the stack of its thread.
    private func append(_ sample: LastSample, split: TimeSplit?, to page: inout Page) {
        page.sentence(LastSampleText.sentence(sample), indent: 5)
        if let split { page.figures(PollSplitText.line(soFar: split, last: sample.state), indent: 5) }
        StackLines(margin: 7, namesFolded: true).append(sample.stack, isCut: sample.isStackCut, to: &page)
        if sample.isStackApproximate {
            page.sentence("a frame was found by search: those around it may be wrong", indent: 7, mark: page.ink.faint)
        }
    }
}
