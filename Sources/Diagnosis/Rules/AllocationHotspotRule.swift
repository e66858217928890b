// Does the allocator take the CPU time, and which line makes it?

import Analysis
import Wording

enum AllocationHotspotRule: Rule {
    static let kind = FindingKind.allocationHotspot

    static func findings(in examination: Examination) -> [Finding] {
        let model = examination.model
        guard let allocations = model.allocations, let share = allocations.allocatorShare,
            // Two standard errors: what an estimate may be by chance is no finding.
            share.value - 2 * share.standardError >= model.thresholds.allocatorShare.value,
            examination.cpuSeconds >= examination.limits.allocatingLoad.value * examination.seconds
        else { return [] }
        let isCritical = share.value >= model.thresholds.criticalAllocatorShare.value
        let place = hottest(allocations)
        let rate =
            allocations.processSeconds > 0
            ? Double(allocations.process.allocations) / allocations.processSeconds : 0
        let bytes = allocations.processSeconds > 0 ? Double(allocations.process.bytes) / allocations.processSeconds : 0
        let percent = Quantity.share(share.value)
        let types = place?.types.prefix(3).map(\.name.printable) ?? []
        let large = place.map { $0.count.value > 0 && $0.bytes.value / $0.count.value >= 32_768 } ?? false
        return [
            Finding(
                kind, isCritical ? .critical : .warning, site: place.map { FindingSite(code: $0.place) },
                headline: "the allocator takes \(percent) of CPU time"
                    + (place.map { ", most for \($0.place.function.printable)" } ?? ""),
                context: types.isEmpty ? "" : "allocates " + types.joined(separator: ", "),
                effects: [
                    "\(Quantity.rate(rate)) allocations, \(Quantity.byteRate(bytes))",
                    place.map {
                        "\(Quantity.share($0.share.value)) of the bytes are from this line"
                            + ($0.garbage.map { ", \(Quantity.share($0.value)) of them garbage at once" } ?? "")
                    },
                ].compactMap { $0 },
                impact: FindingImpact(cpuShare: share.value),
                evidence: [
                    FindingEvidence(
                        "allocatorShare", share.value,
                        "\(percent) ± \(Quantity.share(share.standardError)) of CPU time, by timing one call in "
                            + "\(Quantity.count(allocations.timings > 0 ? 1024 : 0))"),
                    FindingEvidence("allocationsPerSecond", rate, "\(Quantity.rate(rate)) allocations"),
                    FindingEvidence(
                        "samples", Double(allocations.samples), Quantity.counted(allocations.samples, "sample")),
                ],
                advice: large
                    ? [
                        "keep the buffer and use it again: one a task or a pool of them; removeAll(keepingCapacity: true)",
                        "or hand out slices of a larger one (ByteBuffer.readSlice, Span) in place of copies",
                    ]
                    : [
                        "append to one buffer that is kept (reserveCapacity, removeAll(keepingCapacity: true)) in place of "
                            + "new values each time",
                        "or format into bytes directly: String(format:) and interpolation in a loop make garbage of "
                            + "every part",
                    ])
        ]
    }

    static func lacks(in examination: Examination) -> String? {
        examination.model.allocationsMissing.map { "allocations are not known: \($0.printable)" }
    }

    /// The line that costs most: by the bytes that it asks for, where it is clear, else by the blocks.
    private static func hottest(_ allocations: AllocationReport) -> AllocationPlace? {
        let known = allocations.places.filter { $0.place.file != nil }
        let places = known.isEmpty ? allocations.places : known
        return places.max { $0.share.value < $1.share.value }
    }
}
