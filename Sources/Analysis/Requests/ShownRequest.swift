// The slowest requests of a name, which are shown one by one: with the stretches of their paths.

struct ShownRequest: Sendable {
    /// More stretches than a screen has lines are put together.
    static let stretchesMax = 64

    var number: UInt64
    var kind: RequestKind
    var name: UInt16
    var start: UInt64
    var end: UInt64
    var outcome: RequestOutcome
    var task: UInt32
    var trace: TraceIdentity?
    var anatomy: AnatomyTicks
    /// In the order of time.
    var stretches: [PathStretch]
    /// By stretch: who held the threads meanwhile; empty until somebody has looked.
    var holders: [[HeldTime]] = []

    var ticks: UInt64 { end - start }

    /// `stretches` come latest first.
    init(_ request: TrackedRequest, trace: TraceIdentity?, anatomy: AnatomyTicks, stretches: [PathStretch]) {
        number = request.number
        kind = request.kind
        name = request.name
        start = request.start
        end = request.end
        outcome = request.outcome ?? .ok
        task = request.taskID
        self.trace = trace
        self.anatomy = anatomy
        self.stretches = Self.gathered(stretches)
    }

    /// Puts what belongs together into one, and then, if there are too many, neighbours of the shortest.
    private static func gathered(_ stretches: [PathStretch]) -> [PathStretch] {
        var all: [PathStretch] = []
        for stretch in stretches.reversed() {
            if let last = all.last, last.isAlike(stretch) {
                all[all.count - 1].end = stretch.end
            } else {
                all.append(stretch)
            }
        }
        guard all.count > stretchesMax else { return all }
        let bySize = all.map(\.ticks).sorted(by: >)
        // With so many by themselves, there is at most one more between any two of them.
        var few = joined(all, atLeast: bySize[stretchesMax / 2 - 1], atMost: stretchesMax / 2 - 1)
        var alone = stretchesMax / 2
        while alone < stretchesMax {
            let next = joined(all, atLeast: bySize[alone], atMost: alone)
            guard next.count <= stretchesMax else { break }
            few = next
            alone += 1
        }
        return few
    }

    /// Leaves those of `least` ticks or more as they are, but for some that have just so many if they would be more
    /// than `most`, and puts those between them together.
    private static func joined(_ all: [PathStretch], atLeast least: UInt64, atMost most: Int) -> [PathStretch] {
        var result: [PathStretch] = []
        var left = most - all.count { $0.ticks > least }
        var longest: UInt64 = 0  // of those that the last one of the result stands for
        var isJoined = false
        for stretch in all {
            if stretch.ticks > least || (stretch.ticks == least && left > 0) {
                if stretch.ticks == least { left -= 1 }
                result.append(stretch)
                isJoined = false
            } else if isJoined, let last = result.last {
                // It looks like the longest of them.
                var joined = stretch.ticks > longest ? stretch : last
                longest = max(longest, stretch.ticks)
                joined.start = last.start
                joined.end = stretch.end
                joined.count = last.count + 1
                result[result.count - 1] = joined
            } else {
                result.append(stretch)
                longest = stretch.ticks
                isJoined = true
            }
        }
        return result
    }
}

extension PathStretch {
    /// Of the same code in the same place: one stretch that was cut in two.
    fileprivate func isAlike(_ next: PathStretch) -> Bool {
        part == next.part && end == next.start && stack == next.stack && kind == next.kind
            && executor == next.executor && thread == next.thread && task == next.task
            && pollStart == next.pollStart && pool == next.pool && reason == next.reason
    }
}

/// Keeps the slowest of all that were offered.
struct SlowestRequests: Sendable {
    static let capacity = 10

    /// Slowest first.
    private(set) var entries: [ShownRequest] = []

    /// Whether one of this duration would be kept.
    func wouldTake(_ duration: UInt64) -> Bool {
        guard entries.count == Self.capacity, let last = entries.last else { return true }
        return duration > last.ticks
    }

    mutating func offer(_ request: ShownRequest) {
        let place = entries.firstIndex { request.comesBefore($0) } ?? entries.count
        guard place < Self.capacity else { return }
        entries.insert(request, at: place)
        if entries.count > Self.capacity { entries.removeLast() }
    }

    mutating func merge(_ other: SlowestRequests) { for request in other.entries { offer(request) } }

    mutating func change(_ body: (inout ShownRequest) -> Void) {
        for index in entries.indices { body(&entries[index]) }
    }
}

extension ShownRequest {
    /// A total order: of equals, the earlier one is kept.
    fileprivate func comesBefore(_ other: ShownRequest) -> Bool {
        (other.ticks, start, number) < (ticks, other.start, other.number)
    }
}
