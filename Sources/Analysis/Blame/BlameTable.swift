// Elements that have one owner and are changed in place: what the sweep touches at every event, without asking each time
// whether a copy of it exists.

struct BlameTable<Element: ~Copyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private(set) var capacity = 0
    private(set) var count = 0

    init() { base = .allocate(capacity: 0) }

    deinit {
        // Safe: the first `count` places are initialized, here and below, and nothing else owns them.
        base.deinitialize(count: count)
        base.deallocate()
    }

    var isEmpty: Bool { @inline(__always) get { count == 0 } }
    var indices: Range<Int> { @inline(__always) get { 0..<count } }

    subscript(index: Int) -> Element {
        // Safe: the index is checked.
        @inline(__always) _read {
            precondition(index >= 0 && index < count)
            yield base[index]
        }
        @inline(__always) _modify {
            precondition(index >= 0 && index < count)
            yield &base[index]
        }
    }

    @inline(__always)
    mutating func append(_ element: consuming Element) {
        if count == capacity { grow(to: count + 1) }
        // Safe: there is room for one more.
        (base + count).initialize(to: element)
        count += 1
    }

    @inline(__always)
    mutating func removeLast() -> Element {
        precondition(count > 0)
        count -= 1
        return (base + count).move()
    }

    @inline(never)
    mutating func grow(to least: Int) {
        guard least > capacity else { return }
        let larger = max(least, 2 * capacity, 8)
        let room = UnsafeMutablePointer<Element>.allocate(capacity: larger)
        // Safe: the new room is larger, and nothing but this value pointed to the old one.
        room.moveInitialize(from: base, count: count)
        base.deallocate()
        base = room
        capacity = larger
    }
}

extension BlameTable {
    mutating func append(contentsOf other: borrowing BlameTable<Element>) {
        grow(to: count + other.count)
        for index in other.indices { append(other[index]) }
    }

    mutating func removeAll() {
        while count > 0 { _ = removeLast() }
    }

    /// The first `removed` go, the others move to the front.
    mutating func removeFirst(_ removed: Int) {
        precondition(removed >= 0 && removed <= count)
        for index in removed..<count { self[index - removed] = self[index] }
        for _ in 0..<removed { _ = removeLast() }
    }
}
