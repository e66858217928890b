// Memory over time: resident size and the rates of allocation, a line an interval.

import Analysis

struct HeapTable {
    /// A recording of hours has more points than anybody reads.
    private static let rowsMax = 20
    private static let columnWidth = 12

    func append(_ heap: [HeapPoint], to page: inout Page) {
        guard !heap.isEmpty else { return }
        page.section("MEMORY OVER TIME", "at the end of each interval; kept: allocated less freed")
        let width = min(Self.columnWidth, (page.width - 2) / 5)
        func row(_ cells: [String]) -> String { "  " + cells.map { $0.rightAligned(width) }.joined() }
        page.line(row(["at", "resident", "allocs/s", "bytes/s", "kept"]))
        for point in Self.merged(heap) {
            page.line(
                row([
                    Quantity.duration(point.seconds),
                    point.residentBytes > 0 ? Quantity.bytes(point.residentBytes) : EstimateText.unknown,
                    String(Quantity.rate(point.allocationsPerSecond).dropLast(2)),
                    String(Quantity.byteRate(point.bytesPerSecond).dropLast(2)),
                    signed(point.blocksKept),
                ]))
        }
    }

    private func signed(_ count: Int64) -> String {
        (count < 0 ? "−" : count > 0 ? "+" : "") + Quantity.shortCount(count.magnitude)
    }

    /// At most `rowsMax` points, each of as many intervals as the others.
    static func merged(_ heap: [HeapPoint]) -> [HeapPoint] {
        let size = (heap.count + rowsMax - 1) / rowsMax
        guard size > 1 else { return heap }
        return stride(from: 0, to: heap.count, by: size).map { begin in
            let points = heap[begin..<min(begin + size, heap.count)]
            var merged = heap[points.endIndex - 1]
            var (seconds, allocations, bytes) = (0.0, 0.0, 0.0)
            merged.blocksKept = 0
            for index in points.indices {
                let length = max(0, heap[index].seconds - (index > 0 ? heap[index - 1].seconds : 0))
                seconds += length
                allocations += heap[index].allocationsPerSecond * length
                bytes += heap[index].bytesPerSecond * length
                merged.blocksKept &+= heap[index].blocksKept  // Wrapping: whatever a damaged file says.
            }
            guard seconds > 0 else { return merged }
            merged.allocationsPerSecond = allocations / seconds
            merged.bytesPerSecond = bytes / seconds
            return merged
        }
    }
}
