// Allocations in short: how many, what they cost, who makes them, and on which lines.

import Analysis

struct AllocationsSection {
    private static let sites = 3
    private static let places = 3
    private static let types = 2
    /// Below it a line is not worth a place on the first pages.
    private static let leastShare = 0.02

    func append(_ model: ReportModel, to page: inout Page) {
        guard let report = model.allocations else {
            // Where no poll was seen either, the head of the report says what to do.
            page.section("ALLOCATIONS", "not known")
            page.sentence(model.allocationsMissing ?? AllocationText.noData, indent: 2)
            return
        }
        summary(report, of: model, to: &page)
        let sites = report.sites.prefix(Self.sites).filter { $0.share >= Self.leastShare }
        if !sites.isEmpty { AllocationSiteTable().append(sites, titled: "SITES", to: &page) }
        let places = report.places.prefix(Self.places).filter {
            $0.share.value >= Self.leastShare && EstimateText.isSure($0.bytes)
        }
        if !places.isEmpty {
            page.section("LINES BY BYTES", "estimated from \(Quantity.counted(report.samples, "sample"))")
            AllocationPlaceLines(types: Self.types).append(places, to: &page)
        }
        page.sentence(
            "Types, stacks and memory over time: pollscope report FILE --allocations", indent: 2,
            mark: page.ink.faint)
    }

    /// The head and the sentences below it.
    func summary(_ report: AllocationReport, of model: ReportModel, to page: inout Page) {
        page.section("ALLOCATIONS", AllocationText.head(report, duration: model.session.durationSeconds))
        if report.samplesMissing == nil || report.allocatorShare != nil {
            let isHeavy = AllocationText.weight(report, model.thresholds) == .heavy
            page.sentence(
                AllocationText.allocator(report, model.thresholds), indent: 2,
                mark: isHeavy ? page.ink.alarm : { $0 })
        }
        if let fate = AllocationText.fate(report) { page.sentence(fate, indent: 2) }
        let samples = AllocationText.samples(report)
        if !samples.isEmpty { page.sentence(samples, indent: 2) }
        if let memory = AllocationText.memory(report) { page.sentence(memory, indent: 2) }
    }
}
