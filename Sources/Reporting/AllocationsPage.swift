// Allocations in full: what `report --allocations` shows.

import Analysis

struct AllocationsPage {
    /// Of trees: what is below it is noise of sampling.
    private static let leastShare = 0.005
    private static let types = 8

    func append(_ model: ReportModel, to page: inout Page) {
        guard let report = model.allocations else { return AllocationsSection().append(model, to: &page) }
        AllocationsSection().summary(report, of: model, to: &page)
        totals(report, &page)
        if !report.sites.isEmpty {
            AllocationSiteTable().append(report.sites, titled: "SITES", to: &page)
        }
        if !report.places.isEmpty {
            page.section("LINES BY BYTES", "estimated from \(Quantity.counted(report.samples, "sample"))")
            // What nothing is known of would bury the rest.
            let known = report.places.filter { EstimateText.isSure($0.bytes) }
            AllocationPlaceLines(types: Self.types, namesModule: true).append(known, to: &page)
            tooFew(report.places.count - known.count, "line", isRest: !known.isEmpty, &page)
        }
        types(report, &page)
        tree(report.stacks, by: \.bytes, titled: "STACKS BY BYTES", "with shares of the bytes, estimated", &page)
        tree(report.stacks, by: \.count, titled: "STACKS BY COUNT", "with shares of the blocks, estimated", &page)
        fate(report, &page)
        HeapTable().append(report.heap, to: &page)
        method(report, &page)
    }

    // MARK: Counts

    private func totals(_ report: AllocationReport, _ page: inout Page) {
        let width = 16
        page.line()
        page.line(
            page.ink.heading("COUNTED".leftAligned(12))
                + ["allocations", "freed", "bytes"].map { $0.rightAligned(width) }.joined())
        for (name, counts) in [("process", report.process), ("in polls", report.inPolls)] {
            page.line(
                "  " + name.leftAligned(10)
                    + [
                        Quantity.exactCount(counts.allocations), Quantity.exactCount(counts.frees),
                        Quantity.bytes(counts.bytes),
                    ].map { $0.rightAligned(width) }.joined())
        }
    }

    // MARK: Estimates

    private func types(_ report: AllocationReport, _ page: inout Page) {
        guard !report.types.isEmpty || report.untypedSamples > 0 else { return }
        let width = 18
        let names = min(page.width, Page.readable) - 2 * width
        let known = report.types.filter { EstimateText.isSure($0.bytes) }
        let headings = known.isEmpty ? [] : ["bytes", "blocks"]
        page.line()
        page.line(
            page.ink.heading("TYPES BY BYTES".leftAligned(names))
                + headings.map { $0.rightAligned(width) }.joined())
        for type in known {
            page.line(
                "  " + type.name.printable.shortened(to: names - 4).leftAligned(names - 2)
                    + (EstimateText.bytes(type.bytes) ?? EstimateText.unknown).rightAligned(width)
                    + (EstimateText.count(type.count) ?? EstimateText.unknown).rightAligned(width))
        }
        tooFew(report.types.count - known.count, "type", isRest: !known.isEmpty, &page)
        if report.untypedSamples > 0 {
            page.sentence(
                "Of \(Quantity.counted(report.objectSamples, "sampled Swift object")) the type of "
                    + "\(Quantity.count(report.untypedSamples)) is not known.", indent: 2)
        }
    }

    private func tooFew(_ count: Int, _ noun: String, isRest: Bool, _ page: inout Page) {
        guard count > 0 else { return }
        let what = Quantity.counted(UInt64(count), (isRest ? "more " : "") + noun)
        let text = "  … \(what) with too few samples to say how much"
        page.line(page.ink.faint(text))
    }

    private func tree(
        _ stacks: [AllocationNode], by amount: KeyPath<AllocationNode, Double>, titled title: String,
        _ summary: String, _ page: inout Page
    ) {
        let total = stacks.reduce(0) { $0 + $1[keyPath: amount] }
        guard total > 0 else { return }
        func branches(_ nodes: [AllocationNode]) -> [TreeBranch] {
            let sorted = nodes.enumerated().sorted {
                ($1.element[keyPath: amount], $0.offset) < ($0.element[keyPath: amount], $1.offset)
            }
            return sorted.map { _, node in
                TreeBranch(
                    place: node.place, share: node[keyPath: amount] / total,
                    note: "", children: branches(node.children))
            }
        }
        page.section(title, summary)
        TreeLines(leastShare: Self.leastShare, margin: 0).append(branches(stacks), to: &page)
    }

    private func fate(_ report: AllocationReport, _ page: inout Page) {
        guard let fate = report.fate else { return }
        page.section("WHAT BECAME OF IT", "of the bytes that polls allocated, estimated")
        let parts = [
            (fate.samePoll, "freed by the poll that allocated it: garbage, which a buffer used again would save"),
            (fate.sameTask, "freed by a later poll of the same task"),
            (fate.elsewhere, "freed by another task or actor, or outside polls: handed over"),
            (fate.kept, "not freed when the recording ended: kept"),
        ]
        for (estimate, what) in parts {
            let share = (EstimateText.share(estimate) ?? EstimateText.unknown).rightAligned(12)
            for (line, text) in what.wrapped(to: page.width - 14).enumerated() {
                page.line((line == 0 ? share : String(repeating: " ", count: 12)) + "  " + text)
            }
        }
    }

    // MARK: How it is known

    private func method(_ report: AllocationReport, _ page: inout Page) {
        page.section("HOW THIS IS KNOWN")
        page.sentence(
            "Allocations, bytes and frees are counted, every one of them. What has ± is estimated from samples; behind "
                + "the sign is one standard error: in 95 of 100 recordings the true value is within two of them.",
            indent: 2)
        page.sentence(
            "Garbage is what the allocating poll freed itself, by bytes. Of a site, the allocator's part is that of its "
                + "polls' time, less what they were blocked for.", indent: 2)
        samples(report, &page)
        guard report.timings > 0 else { return page.sentence("No calls of the allocator were timed.", indent: 2) }
        let leftOut =
            report.timingsInterrupted > 0
            ? ", \(Quantity.count(report.timingsInterrupted)) of them left out, because the kernel ran something else "
                + "meanwhile" : ""
        page.sentence(
            "Calls of the allocator that were timed: \(Quantity.count(report.timings))\(leftOut). What the timer itself "
                + "takes is subtracted.", indent: 2)
    }

    private func samples(_ report: AllocationReport, _ page: inout Page) {
        if let why = report.samplesMissing { return page.sentence(why, indent: 2) }
        var remarks: [String] = []
        if report.samplesUntracked > 0 {
            remarks.append("\(Quantity.count(report.samplesUntracked)) of them were not followed to their free")
        }
        if report.recordsLost > 0 {
            remarks.append("\(Quantity.counted(report.recordsLost, "record")) overwritten unread")
        }
        if report.recordsDropped > 0 { remarks.append("\(Quantity.count(report.recordsDropped)) not written") }
        page.sentence(
            "One sample every \(Quantity.bytes(report.sampleBytes)) in the mean: "
                + ([Quantity.count(report.samples)] + remarks).joined(separator: ", ")
                + ". For finer estimates record longer, or start the service with a smaller POLLSCOPE_ALLOC_SAMPLE.",
            indent: 2)
    }
}
