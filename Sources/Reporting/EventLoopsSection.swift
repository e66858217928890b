// Event loops: how long their turns are, and what that does to whatever comes meanwhile.

import Analysis

struct EventLoopsSection {
    private static let shown = 8

    func append(_ model: ReportModel, to page: inout Page) {
        guard !model.eventLoops.isEmpty else { return }
        let loops = model.eventLoops.prefix(Self.shown)
        FigureTable<EventLoopReport>(
            title: "EVENT LOOPS",
            columns: [
                FigureColumn("turns") { Quantity.shortCount($0.turns) },
                FigureColumn("busy") { Quantity.share($0.busyShare) },
                FigureColumn("turn P50", isSpare: true) { Quantity.duration($0.turnSeconds.p50) },
                FigureColumn("turn P99") { Quantity.duration($0.turnSeconds.p99) },
                FigureColumn("longest") { Quantity.duration($0.turnSeconds.max) },
                FigureColumn("jobs", isSpare: true) { Quantity.shortCount($0.jobs) },
            ]
        ).append(loops, name: { $0.name.without(prefix: "event loop ") }, to: &page)
        if model.eventLoops.count > loops.count {
            page.line(
                page.ink.faint("  … \(model.eventLoops.count - loops.count) more; the JSON report has them all"))
        }
        guard let worst = model.eventLoops.max(by: { $0.arrivalWaitSeconds.p99 < $1.arrivalWaitSeconds.p99 }) else {
            return
        }
        let wait = worst.arrivalWaitSeconds
        // Idle loops keep nobody waiting.
        guard wait.p999 > 0 else { return }
        let which = model.eventLoops.count > 1 ? "the worst of them, \(worst.name)" : worst.name
        page.sentence(
            "What comes to \(which), at a random moment waits for the turn that goes on: "
                + "mean \(Quantity.duration(wait.mean)), P99 \(Quantity.duration(wait.p99)), at most "
                + "\(Quantity.duration(wait.max)).", indent: 2)
    }
}
