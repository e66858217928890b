// Executors: how busy each was, how long its polls ran and how long its jobs waited.

import Analysis

struct ExecutorsSection {
    /// Executors that have figures of their own; more are in a table.
    private static let shown = 4
    private static let listed = 8

    func append(_ model: ReportModel, to page: inout Page) {
        let executors = model.executors.filter { !hasOwnSection($0, in: model) }
        let shown = executors.prefix(Self.shown)
        guard !shown.isEmpty else { return }
        let histograms = shown.flatMap { [$0.pollHistogram, $0.waitHistogram] }
        for (number, executor) in shown.enumerated() {
            page.section(Self.title(executor), summary(executor))
            PollAndWaitFigures(
                poll: executor.pollSeconds, wait: executor.waitSeconds, pollHistogram: executor.pollHistogram,
                waitHistogram: executor.waitHistogram
            ).append(axisOver: histograms, namesHeight: number == shown.count - 1, to: &page)
            if executor.unknownWaits > 0 { page.sentence(Self.unknownWaits(executor), indent: 2) }
        }
        table(executors.dropFirst(Self.shown), to: &page)
    }

    /// `3 of its 120 waits are not known: …`
    static func unknownWaits(_ executor: ExecutorReport) -> String {
        "Of \(Quantity.counted(executor.polls, "poll")) on the \(executor.name.printable) the wait is not known for "
            + "\(Quantity.count(executor.unknownWaits)): they are in no figure of the wait."
    }

    private func hasOwnSection(_ executor: ExecutorReport, in model: ReportModel) -> Bool {
        switch executor.kind {
        case .queue: true
        case .eventLoop: model.eventLoops.contains { $0.name == executor.name }
        case .actors: !model.actors.types.isEmpty
        case .global, .main, .serial, .task, .other: false
        }
    }

    /// The names of our own are headings; a type or a label is written as its owner writes it.
    private static func title(_ executor: ExecutorReport) -> String {
        switch executor.kind {
        case .global, .main, .actors, .other: executor.name.printable.uppercased()
        case .serial, .task, .queue, .eventLoop: executor.name.printable.shortened(to: 40)
        }
    }

    private func summary(_ executor: ExecutorReport) -> String {
        "\(Quantity.counted(executor.polls, "poll")) on \(Quantity.counted(UInt64(executor.threads), "thread")), "
            + "width \(executor.width), \(Quantity.share(executor.utilisation)) used"
    }

    private func table(_ executors: some Collection<ExecutorReport>, to page: inout Page) {
        guard !executors.isEmpty else { return }
        FigureTable<ExecutorReport>(
            title: "MORE EXECUTORS",
            columns: [
                FigureColumn("polls") { Quantity.shortCount($0.polls) },
                FigureColumn("used") { Quantity.share($0.utilisation) },
                FigureColumn("poll P50", isSpare: true) { Quantity.duration($0.pollSeconds.p50) },
                FigureColumn("poll P99") { Quantity.duration($0.pollSeconds.p99) },
                FigureColumn("wait P50", isSpare: true) { Quantity.duration($0.waitSeconds.p50) },
                FigureColumn("wait P99") { Quantity.duration($0.waitSeconds.p99) },
            ]
        ).append(executors.prefix(Self.listed), name: \.name, to: &page)
        if executors.count > Self.listed {
            page.line(page.ink.faint("  … \(executors.count - Self.listed) more; the JSON report has them all"))
        }
    }
}
