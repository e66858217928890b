// Executors: how busy each was, how long its polls ran and how long its jobs waited.

import Analysis

struct ExecutorsSection {
    func append(_ model: ReportModel, to page: inout Page) {
        guard !model.executors.isEmpty else { return }
        let histograms = model.executors.flatMap { [$0.pollHistogram, $0.waitHistogram] }
        for (number, executor) in model.executors.enumerated() {
            page.section(executor.name.printable.uppercased(), summary(executor))
            PollAndWaitFigures(
                poll: executor.pollSeconds, wait: executor.waitSeconds, pollHistogram: executor.pollHistogram,
                waitHistogram: executor.waitHistogram
            ).append(axisOver: histograms, namesHeight: number == model.executors.count - 1, to: &page)
        }
    }

    private func summary(_ executor: ExecutorReport) -> String {
        "\(Quantity.counted(executor.polls, "poll")) on \(Quantity.counted(UInt64(executor.threads), "thread")), "
            + "width \(executor.width), \(Quantity.share(executor.utilisation)) used"
    }
}
