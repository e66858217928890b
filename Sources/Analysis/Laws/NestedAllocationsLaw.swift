// What a nested poll allocated, the poll around it allocated, too.

struct NestedAllocationsLaw {
    private(set) var result = LawResult(
        name: "nested polls allocate inside others",
        statement: "A nested poll has no more allocations, bytes or frees than the poll that it lies in.")

    mutating func check(_ inner: AllocationCounts, in outer: AllocationCounts, at start: UInt64, of thread: Int) {
        result.expect(
            inner.allocations <= outer.allocations && inner.bytes <= outer.bytes && inner.frees <= outer.frees,
            else: "thread \(thread): the nested poll at \(start) has \(Self.text(inner)), and the one around it "
                + Self.text(outer))
    }

    private static func text(_ counts: AllocationCounts) -> String {
        "\(counts.allocations) allocations, \(counts.bytes) bytes and \(counts.frees) frees"
    }
}
