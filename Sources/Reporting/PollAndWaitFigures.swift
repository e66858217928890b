// The durations of polls and waits: quantiles in columns, and histograms on one axis.

import Analysis

struct PollAndWaitFigures {
    private static let labelWidth = 8

    var poll: DurationSummary
    var wait: DurationSummary
    var pollHistogram: Histogram
    var waitHistogram: Histogram

    /// The axis spans these histograms, its own where there are none, so that several blocks can share one.
    func append(axisOver histograms: [Histogram] = [], namesHeight: Bool, to page: inout Page) {
        let figureWidth = min(12, (page.width - Self.labelWidth) / 6)
        let headings = ["total", "P50", "P95", "P99", "P99.9", "longest"]
        page.line(
            String(repeating: " ", count: Self.labelWidth)
                + headings.map { $0.rightAligned(figureWidth) }.joined())
        page.line(row("poll", poll, figureWidth))
        page.line(row("wait", wait, figureWidth))
        let axis = DecadeAxis(
            over: histograms.isEmpty ? [pollHistogram, waitHistogram] : histograms,
            width: page.width - Self.labelWidth - 1)
        guard let axis else { return }
        let margin = String(repeating: " ", count: Self.labelWidth + 1)
        page.line(page.ink.faint(margin + axis.labels))
        page.line("  poll".leftAligned(margin.count) + axis.strip(of: pollHistogram))
        page.line("  wait".leftAligned(margin.count) + axis.strip(of: waitHistogram))
        if namesHeight { page.line(page.ink.faint(margin + "height: logarithm of the number of polls")) }
    }

    private func row(_ label: String, _ summary: DurationSummary, _ figureWidth: Int) -> String {
        let figures = [summary.totalSeconds, summary.p50, summary.p95, summary.p99, summary.p999, summary.max]
        return "  " + label.leftAligned(Self.labelWidth - 2)
            + figures.map { Quantity.duration($0).rightAligned(figureWidth) }.joined()
    }
}
