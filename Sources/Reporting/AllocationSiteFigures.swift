// What the polls of one site allocate: all figures of it.

import Analysis

struct AllocationSiteFigures {
    private static let labelWidth = 14

    func append(_ site: AllocationSite, to page: inout Page) {
        let width = min(14, (page.width - Self.labelWidth) / 4)
        func row(_ label: String, _ cells: [String]) -> String {
            label.leftAligned(Self.labelWidth) + cells.map { $0.rightAligned(width) }.joined()
        }
        page.line(row("", ["total", "P50", "P99", "most"]))
        let (blocks, bytes) = (site.allocations, site.bytes)
        page.line(row("  allocations", [blocks.total, blocks.p50, blocks.p99, blocks.max].map(count)))
        page.line(row("  bytes", [bytes.total, bytes.p50, bytes.p99, bytes.max].map { Quantity.bytes($0) }))
        page.sentence(sentence(site), indent: 6)
    }

    private func count(_ count: UInt64) -> String {
        count < 1_000_000_000 ? count.groupedDigits : Quantity.shortCount(count)
    }

    private func sentence(_ site: AllocationSite) -> String {
        let garbage = site.garbage.flatMap(EstimateText.share)
        let allocator = site.allocatorShare.flatMap(EstimateText.share)
        return "\(Quantity.share(site.share)) of the bytes that polls allocate; "
            + "\(Quantity.counted(site.frees, "block")) freed. "
            + (garbage.map { "\($0) of its bytes are garbage, freed by the poll that allocated them" }
                ?? "Too few samples to say what became of them") + "; "
            + (allocator.map { "the allocator takes \($0) of its CPU time." }
                ?? "too few timings to say what the allocator takes.")
    }
}
