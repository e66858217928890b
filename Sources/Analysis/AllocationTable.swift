// Sampled allocations by where they were made and what they are: counted before anything has a name.

import Sessions

struct AllocationTable: Sendable {
    struct Key: Hashable, Sendable {
        var nativeStack: UInt32
        /// 0: none, or not known.
        var type: UInt16
        var operation: UInt8
        /// `nil`: outside polls.
        var poll: PollKey?
    }

    struct Entry: Sendable {
        var sum = SampledSum()
        var fates = SampledFates()
    }

    /// In place of a stack, once there are too many of them.
    static let otherPlaces = UInt32.max

    private static let entriesMax = 65_536

    private var entries: [Key: Entry] = [:]

    mutating func add(_ allocation: SampledAllocation, _ change: (inout Entry) -> Void) {
        var key = Key(
            nativeStack: allocation.nativeStack <= PollKey.stackMax ? allocation.nativeStack : 0,
            type: allocation.type, operation: allocation.operation, poll: allocation.context.map(PollKey.init))
        if entries.count >= Self.entriesMax, entries[key] == nil {
            key.nativeStack = Self.otherPlaces
            key.type = 0
            key.operation = 0
            // Of few kinds on few executors, unless the file is hostile.
            key.poll = key.poll.map { _ in PollKey(stack: 0, kind: .other, executor: 0) }
        }
        change(&entries[key, default: Entry()])
    }

    var count: Int { entries.count }

    /// In an order of their own, so that sums of one recording are the same to the last bit.
    var sorted: [(key: Key, entry: Entry)] {
        func order(_ key: Key) -> (UInt32, UInt16, UInt8, UInt32, UInt8, UInt8) {
            let poll = key.poll
            return (
                key.nativeStack, key.type, key.operation, poll?.stack ?? .max, poll?.kind.rawValue ?? .max,
                poll?.executor ?? .max
            )
        }
        return entries.map { (key: $0.key, entry: $0.value) }.sorted { order($0.key) < order($1.key) }
    }
}
