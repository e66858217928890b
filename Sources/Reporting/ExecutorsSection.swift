// Executors: how busy each was, how long its polls ran and how long its jobs waited.

import Analysis

struct ExecutorsSection {
    private static let labelWidth = 8

    func append(_ model: ReportModel, to page: inout Page) {
        guard !model.executors.isEmpty else { return }
        let axis = DecadeAxis(
            over: model.executors.flatMap { [$0.pollHistogram, $0.waitHistogram] },
            width: page.width - Self.labelWidth - 1)
        let figureWidth = min(12, (page.width - Self.labelWidth) / 6)
        for (number, executor) in model.executors.enumerated() {
            page.section(executor.name.printable.uppercased(), summary(executor))
            let headings = ["total", "P50", "P95", "P99", "P99.9", "longest"]
            page.line(
                String(repeating: " ", count: Self.labelWidth)
                    + headings.map { $0.rightAligned(figureWidth) }.joined())
            page.line(row("poll", executor.pollSeconds, figureWidth))
            page.line(row("wait", executor.waitSeconds, figureWidth))
            guard let axis else { continue }
            let margin = String(repeating: " ", count: Self.labelWidth + 1)
            page.line(page.ink.faint(margin + axis.labels))
            page.line("  poll".leftAligned(margin.count) + axis.strip(of: executor.pollHistogram))
            page.line("  wait".leftAligned(margin.count) + axis.strip(of: executor.waitHistogram))
            if number == model.executors.count - 1 {
                page.line(page.ink.faint(margin + "height: logarithm of the number of polls"))
            }
        }
    }

    private func summary(_ executor: ExecutorReport) -> String {
        "\(Quantity.counted(executor.polls, "poll")) on \(Quantity.counted(UInt64(executor.threads), "thread")), "
            + "width \(executor.width), \(Quantity.share(executor.utilisation)) used"
    }

    private func row(_ label: String, _ summary: DurationSummary, _ figureWidth: Int) -> String {
        let figures = [summary.totalSeconds, summary.p50, summary.p95, summary.p99, summary.p999, summary.max]
        return "  " + label.leftAligned(Self.labelWidth - 2)
            + figures.map { Quantity.duration($0).rightAligned(figureWidth) }.joined()
    }
}
