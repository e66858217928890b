// Coverage, losses and cost in full: what the head of the report sums up.

import Analysis

struct CoverageSection {
    private static let shown = 8

    func append(_ model: ReportModel, to page: inout Page) {
        page.section("COVERAGE, LOSSES AND COST")
        coverage(model.coverage, &page)
        let losses = model.losses
        page.sentence(
            "Lost: \(Quantity.count(losses.recordsLost)) overwritten before they were read, "
                + "\(Quantity.count(losses.pollsUnrecorded)) on threads without a ring, "
                + "\(Quantity.count(losses.jobsRefused)) jobs left alone, "
                + "\(Quantity.count(losses.pollsWithoutStack)) polls without a stack.", indent: 2)
        let share = model.overhead.cpuShareEstimate.map { ", \(Quantity.about($0)) of CPU time by estimate" } ?? ""
        let allocation = model.overhead.allocationCostSeconds
        page.sentence(
            "Cost: \(Quantity.duration(model.overhead.pollCostSeconds)) a poll, "
                + (allocation > 0 ? "\(Quantity.duration(allocation)) an allocation, " : "")
                + "\(Quantity.duration(model.overhead.watcherCPUSeconds)) for the watcher\(share); the collector used "
                + "\(Quantity.duration(model.overhead.collectorCPUSeconds)) of CPU time.", indent: 2)

        if model.overhead.samples > 0 {
            page.sentence(
                "Samples of long polls: \(Quantity.count(model.overhead.samples)), "
                    + "\(Quantity.count(model.overhead.samplesWithoutStack)) without a stack; one took at most "
                    + "\(Quantity.duration(model.overhead.handlerSecondsMax)) of its thread's time.", indent: 2)
        }

        for problem in model.problems where !HeadSection.grave.contains(problem.kind) {
            page.line()
            page.sentence("\(problem.sentence) \(problem.remedy)", indent: 2)
        }
    }

    private func coverage(_ coverage: Coverage, _ page: inout Page) {
        if let share = coverage.cpuShareAtMost, let total = coverage.processCPUSeconds {
            page.sentence(
                "At most \(Quantity.share(share)) of the process's \(Quantity.duration(total)) of CPU time "
                    + "was inside polls"
                    + (coverage.runtimeThreadsCPUShare.map {
                        ", \(Quantity.share($0)) of that of the threads that ran any, loops' own waits included"
                    } ?? "") + ".", indent: 2)
        }
        guard !coverage.unseenThreads.isEmpty else { return }
        page.sentence("Threads that used CPU time and were never seen to poll:", indent: 2)
        for cost in coverage.unseenThreads.prefix(Self.shown) {
            page.line("  " + Quantity.duration(cost.cpuSeconds).rightAligned(10) + "  " + cost.thread.text)
        }
        if coverage.unseenThreads.count > Self.shown {
            page.line("              … \(coverage.unseenThreads.count - Self.shown) more")
        }
    }
}
