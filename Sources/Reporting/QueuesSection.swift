// Dispatch queues: what was given to them, how long that ran and how long it had waited; threads that were started.

import Analysis

struct QueuesSection {
    private static let shown = 8

    func append(_ model: ReportModel, to page: inout Page) {
        queues(model, &page)
        guard model.threads.created > 0 else { return }
        let rate = model.threads.createdPerSecond.map { ", \(Quantity.rate($0))" } ?? ""
        page.section("THREADS", "\(Quantity.count(model.threads.created)) created\(rate)")
    }

    private func queues(_ model: ReportModel, _ page: inout Page) {
        let queues = model.executors.filter { $0.kind == .queue }
        guard !queues.isEmpty else { return }
        FigureTable<ExecutorReport>(
            title: "QUEUES",
            columns: [
                FigureColumn("works") { Quantity.shortCount($0.polls) },
                FigureColumn("at once") { "\($0.width)" },
                FigureColumn("run P50", isSpare: true) { Quantity.duration($0.pollSeconds.p50) },
                FigureColumn("run P99") { Quantity.duration($0.pollSeconds.p99) },
                FigureColumn("wait P50", isSpare: true) { Quantity.duration($0.waitSeconds.p50) },
                FigureColumn("wait P99") { Quantity.duration($0.waitSeconds.p99) },
            ]
        ).append(queues.prefix(Self.shown), name: { $0.name.without(prefix: "queue ") }, to: &page)
        if queues.count > Self.shown {
            page.line(page.ink.faint("  … \(queues.count - Self.shown) more; the JSON report has them all"))
        }
        for queue in queues.prefix(Self.shown) where queue.unknownWaits > 0 {
            page.sentence(ExecutorsSection.unknownWaits(queue), indent: 2)
        }
    }
}
