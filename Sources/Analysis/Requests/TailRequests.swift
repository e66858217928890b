// The slowest requests of a name, as many as it takes to speak of the slowest hundredth: what each spent its time on.

import Sessions

/// One of them, with the longest stretches of its path.
struct TailRequest: Sendable {
    static let stretchesMax = 16

    var start: UInt64
    var ticks: UInt64
    /// Longest first.
    var stretches: [PathStretch]

    /// `stretches` come in any order.
    init(_ request: TrackedRequest, stretches: [PathStretch]) {
        start = request.start
        ticks = request.duration
        self.stretches = Array(
            stretches.sorted { ($0.ticks, $1.start) > ($1.ticks, $0.start) }.prefix(Self.stretchesMax))
    }
}

struct TailRequests: Sendable {
    /// One in so many is kept, so that the slowest hundredth is among them …
    private static let oneIn: UInt64 = 64
    /// … but so many at least: up to a hundred times as many nothing depends on the order in which requests come, and a
    /// slow start does not crowd out what is slow later.
    static let least = 64
    /// … and at most.
    static let most = 256

    /// A heap: the fastest first.
    private var heap: [TailRequest] = []
    private(set) var offered: UInt64 = 0

    private var capacity: Int { min(Self.most, max(Self.least, Int(clamping: offered / Self.oneIn))) }

    /// Whether one of this duration would be kept.
    func wouldTake(_ ticks: UInt64) -> Bool {
        heap.count < capacity || ticks > heap.first?.ticks ?? 0
    }

    /// Counts one that would not be kept.
    mutating func pass() { offered += 1 }

    mutating func offer(_ request: TailRequest) {
        offered += 1
        insert(request)
    }

    mutating func merge(_ other: TailRequests) {
        offered += other.offered
        for request in other.heap where wouldTake(request.ticks) { insert(request) }
    }

    /// The slowest hundredth of `count`, of those that were kept; slowest first. Fewer than `few` are rounded up to that.
    func slowest(of count: UInt64, few: Int) -> ArraySlice<TailRequest> {
        let wanted = max(few, Int(clamping: (count + 99) / 100))
        return heap.sorted { ($0.ticks, $1.start) > ($1.ticks, $0.start) }.prefix(wanted)
    }

    private mutating func insert(_ request: TailRequest) {
        heap.append(request)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].ticks < heap[parent].ticks else { break }
            heap.swapAt(child, parent)
            child = parent
        }
        while heap.count > capacity { removeFastest() }
    }

    private mutating func removeFastest() {
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1].ticks < heap[child].ticks { child += 1 }
            guard heap[child].ticks < heap[parent].ticks else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
