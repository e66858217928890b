// Allocations for programs: counts as they are, estimates with their errors.

import Analysis

extension JSONReport {
    private static func missing(_ model: ReportModel) -> JSONValue {
        .object([
            ("measured", .bool(false)), ("missing", .string(model.allocationsMissing ?? AllocationText.noData)),
        ])
    }

    /// What the process allocated, or why that is not known.
    func allocations(of model: ReportModel) -> JSONValue {
        guard let report = model.allocations else { return Self.missing(model) }
        return .object([
            ("measured", .bool(true)),
            ("process", value(of: report.process)),
            ("processSeconds", .number(report.processSeconds)),
            ("inPolls", value(of: report.inPolls)),
            ("allocatorShare", value(of: report.allocatorShare)),
            ("fate", report.fate.map(value(of:)) ?? .null),
            ("places", .array(report.places.map(value(of:)))),
            ("types", .array(report.types.map(value(of:)))),
            ("objectSamples", .integer(report.objectSamples)),
            ("untypedSamples", .integer(report.untypedSamples)),
            ("stacks", .array(report.stacks.map(value(of:)))),
            ("heap", .array(report.heap.map(value(of:)))),
            ("timings", .integer(report.timings)),
            ("timingsInterrupted", .integer(report.timingsInterrupted)),
            ("sampleBytes", .integer(report.sampleBytes)),
            ("samples", .integer(report.samples)),
            ("samplesUntracked", .integer(report.samplesUntracked)),
            ("recordsLost", .integer(report.recordsLost)),
            ("recordsDropped", .integer(report.recordsDropped)),
            ("samplesMissing", .optional(report.samplesMissing)),
        ])
    }

    /// What the polls of a site allocated; that it is nothing is an exact count, too.
    func allocations(of site: SiteReport, in model: ReportModel, _ known: AllocationIndex) -> JSONValue {
        guard model.allocations != nil else { return Self.missing(model) }
        let found = known[site]
        return .object(
            [("measured", .bool(true))] + members(of: found?.allocations) + [
                ("bytes", .object(members(of: found?.bytes))),
                ("frees", .integer(found?.frees ?? 0)),
                ("share", .number(found?.share ?? 0)),
                ("garbage", value(of: found?.garbage)),
                ("allocatorShare", value(of: found?.allocatorShare)),
            ])
    }

    private func members(of counts: CountSummary?) -> [(key: String, value: JSONValue)] {
        [
            ("total", .integer(counts?.total ?? 0)), ("p50", .integer(counts?.p50 ?? 0)),
            ("p99", .integer(counts?.p99 ?? 0)), ("max", .integer(counts?.max ?? 0)),
        ]
    }

    private func value(of estimate: Estimate?) -> JSONValue {
        guard let estimate else { return .null }
        return .object([
            ("value", .number(estimate.value)), ("standardError", .number(estimate.standardError)),
            ("samples", .integer(estimate.samples)),
        ])
    }

    private func value(of counts: AllocationCounts) -> JSONValue {
        .object([
            ("allocations", .integer(counts.allocations)), ("bytes", .integer(counts.bytes)),
            ("frees", .integer(counts.frees)),
        ])
    }

    private func value(of fate: AllocationFate) -> JSONValue {
        .object([
            ("samePoll", value(of: fate.samePoll)), ("sameTask", value(of: fate.sameTask)),
            ("elsewhere", value(of: fate.elsewhere)), ("kept", value(of: fate.kept)),
        ])
    }

    private func value(of place: AllocationPlace) -> JSONValue {
        .object([
            ("function", .string(place.place.function)), ("module", .string(place.module)),
            ("file", .optional(place.place.file)), ("line", .optional(place.place.line)),
            ("bytes", value(of: place.bytes)), ("count", value(of: place.count)),
            ("share", value(of: place.share)), ("garbage", value(of: place.garbage)),
            ("types", .array(place.types.map(value(of:)))),
        ])
    }

    private func value(of type: AllocationType) -> JSONValue {
        .object([("name", .string(type.name)), ("bytes", value(of: type.bytes)), ("count", value(of: type.count))])
    }

    private func value(of node: AllocationNode) -> JSONValue {
        .object([
            ("function", .string(node.place.function)), ("module", .string(node.module)),
            ("file", .optional(node.place.file)), ("line", .optional(node.place.line)),
            ("bytes", .number(node.bytes)), ("count", .number(node.count)), ("samples", .integer(node.samples)),
            ("isFolded", .bool(node.isFolded)), ("children", .array(node.children.map(value(of:)))),
        ])
    }

    private func value(of point: HeapPoint) -> JSONValue {
        .object([
            ("endSeconds", .number(point.seconds)), ("residentBytes", .integer(point.residentBytes)),
            ("allocationsPerSecond", .number(point.allocationsPerSecond)),
            ("bytesPerSecond", .number(point.bytesPerSecond)), ("blocksKept", .signed(point.blocksKept)),
        ])
    }
}
