// What a reader must know before believing the figures of allocations.

extension ReportProblem {
    static func allocations(_ model: ReportModel, facts: RecordingFacts) -> [ReportProblem] {
        guard let allocations = model.allocations else { return [] }
        var problems = lostRecords(allocations, model.thresholds, facts)
        let untracked = allocations.samplesUntracked
        if untracked > 0,
            Double(untracked) > model.thresholds.untrackedSamples.value * Double(allocations.samples)
        {
            problems.append(
                ReportProblem(
                    kind: .untrackedAllocations,
                    sentence:
                        "What became of \(untracked.groupedDigits) of \(allocations.samples.groupedDigits) sampled "
                        + "allocations is not known: the table of those that live was full.",
                    remedy:
                        "Garbage, and what is kept, are parts of the others: long-lived blocks fill the table. Raise "
                        + "POLLSCOPE_ALLOC_SAMPLE."))
        }
        let refused = facts.countersAdded(\.typesRefused)
        if refused > 0 {
            problems.append(
                ReportProblem(
                    kind: .refusedTypes,
                    sentence:
                        "The types of \(refused.groupedDigits) sampled objects have no name here: the table of types "
                        + "was full.",
                    remedy: "They are shown as \"\(AllocationWords.object)\"; the types that came first are whole."))
        }
        return problems
    }

    private static func lostRecords(
        _ allocations: AllocationReport, _ thresholds: ReportThresholds, _ facts: RecordingFacts
    ) -> [ReportProblem] {
        let (lost, dropped) = (allocations.recordsLost, allocations.recordsDropped)
        let (all, _) = facts.countersAdded(\.allocationRecords).addingReportingOverflow(dropped)
        // A few that threads could not write are within the errors of the estimates.
        let isConsiderable = Double(dropped) > thresholds.droppedRecords.value * Double(all)
        guard lost > 0 || isConsiderable else { return [] }
        let parts = [
            (lost, "were overwritten before the collector had read them"),
            (dropped, "were not written, since another thread was just writing one"),
        ].filter { $0.0 > 0 }.map { "\($0.0.groupedDigits) \($0.1)" }
        return [
            ReportProblem(
                kind: .lostAllocations,
                sentence: "Of \(all.groupedDigits) records of single allocations "
                    + parts.joined(separator: ", and ") + ".",
                remedy: "Counts are exact all the same. What is estimated from the rest (lines, stacks, types, the "
                    + "allocator's time) is too low by that part, and what was freed can seem to be kept. Raise "
                    + "POLLSCOPE_ALLOC_SAMPLE, or give the collector more CPU time.")
        ]
    }
}
