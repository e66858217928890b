// The head of a report: whose it is, and whether to believe it.

import Analysis

struct HeadSection {
    /// Problems that change what the figures mean, so that they come before the figures.
    static let grave: Set<ReportProblem.Kind> = [
        .noSignal, .damagedRecording, .lostRecords, .unrecordedPolls, .refusedJobs,
    ]

    func append(_ model: ReportModel, to page: inout Page) {
        for problem in model.problems where problem.kind == .noSignal { append(problem, to: &page) }
        page.sentence(session(model.session), mark: page.ink.heading)
        page.sentence(belief(model))
        for problem in model.problems where Self.grave.contains(problem.kind) && problem.kind != .noSignal {
            append(problem, to: &page)
        }
    }

    private func append(_ problem: ReportProblem, to page: inout Page) {
        page.sentence(problem.sentence, mark: page.ink.alarm)
        page.sentence(problem.remedy, indent: 2)
    }

    private func session(_ session: SessionSummary) -> String {
        "\(session.name) (pid \(session.processID)), \(Quantity.duration(session.durationSeconds)), "
            + "\(Quantity.counted(UInt64(max(0, session.processors)), "processor"))"
    }

    private func belief(_ model: ReportModel) -> String {
        let polls = Quantity.counted(model.polls, "poll")
        let seen =
            switch (model.coverage.cpuShareAtMost, model.coverage.signal) {
            case (.some, .idle):
                "idle (\(Quantity.duration(model.coverage.processCPUSeconds ?? 0)) of CPU time): saw \(polls)"
            case (.some(let share), _): "saw at most \(Quantity.share(share)) of CPU time in \(polls)"
            case (nil, _): "saw \(polls), coverage unknown"
            }
        let cost = model.overhead.cpuShareEstimate.map { "; cost \(Quantity.about($0))" } ?? ""
        return "\(seen), \(Quantity.count(model.losses.recordsLost)) lost\(cost)"
    }
}

extension SessionSummary {
    /// The last component of the executable's path.
    var name: String { String(executable.split(separator: "/").last ?? "process").printable }
}
