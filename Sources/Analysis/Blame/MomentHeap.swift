// The latest of some moments first: a heap, and a queue for those that come in their order.

/// A moment at which something happens to the thing of this index.
struct Moment: Sendable {
    var time: UInt64
    var index: Int32

    @inline(__always)
    fileprivate func isBefore(_ other: Moment) -> Bool {
        time != other.time ? time > other.time : index < other.index
    }
}

struct MomentHeap: ~Copyable {
    private var moments = BlameTable<Moment>()

    var count: Int { @inline(__always) get { moments.count } }
    /// The latest.
    var first: Moment? { @inline(__always) get { moments.isEmpty ? nil : moments[0] } }
    /// That of the latest; 0: there is none.
    var firstTime: UInt64 { @inline(__always) get { moments.isEmpty ? 0 : moments[0].time } }

    mutating func removeAll() { moments.removeAll() }

    @inline(__always)
    mutating func push(_ moment: Moment) {
        moments.append(moment)
        var child = moments.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard moment.isBefore(moments[parent]) else { break }
            moments[child] = moments[parent]
            child = parent
        }
        moments[child] = moment
    }

    @inline(__always)
    mutating func replaceFirst(_ moment: Moment) {
        let count = moments.count
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < count else { break }
            if child + 1 < count, moments[child + 1].isBefore(moments[child]) { child += 1 }
            guard moments[child].isBefore(moment) else { break }
            moments[parent] = moments[child]
            parent = child
        }
        moments[parent] = moment
    }

    @inline(__always)
    mutating func removeFirst() {
        let last = moments.removeLast()
        if !moments.isEmpty { replaceFirst(last) }
    }
}

/// The same, where most moments come with the latest first: those wait in line, the others in a heap.
struct MomentQueue: ~Copyable {
    /// So many stay in front of the line before the others move up.
    private static let goneMin = 4_096

    private var line = BlameTable<Moment>()
    /// Of `line`, the first that has not gone.
    private var front = 0
    private var others = MomentHeap()

    var count: Int { @inline(__always) get { line.count - front + others.count } }
    /// That of the latest; 0: there is none, or nothing later than the beginning.
    var firstTime: UInt64 {
        @inline(__always) get { max(front < line.count ? line[front].time : 0, others.firstTime) }
    }

    @inline(__always)
    mutating func push(_ moment: Moment) {
        if front == line.count || moment.time <= line[line.count - 1].time {
            line.append(moment)
        } else {
            others.push(moment)
        }
    }

    /// Takes the latest; there is one.
    @inline(__always)
    mutating func takeFirst() -> Int32 {
        if front < line.count, line[front].time >= others.firstTime {
            let index = line[front].index
            front += 1
            // As many move as have gone, at most.
            if front == line.count || (front >= Self.goneMin && 2 * front >= line.count) {
                line.removeFirst(front)
                front = 0
            }
            return index
        }
        guard let first = others.first else { return -1 }
        others.removeFirst()
        return first.index
    }
}
