// Follows the table of types: the name of each type that somebody refers to is taken once, when it is whole.

import CPollscopeLayout

/// Remembers which types of a session are known.
struct TypeFollower {
    private let file: SessionFile
    private var isKnown: [Bool]  // by id; 0 is no type
    /// Referred to, and not whole when they were last looked at.
    private var unpublished: Set<UInt16> = []

    init(file: SessionFile) {
        self.file = file
        isKnown = Array(repeating: false, count: Int(file.layout.types.count) + 1)
        isKnown[0] = true
    }

    /// The types that `look` refers to and none did before, and those that were waited for.
    mutating func take(for look: SessionLook) -> [ObjectType] {
        var wanted = unpublished
        let evidence = look.allocations
        for sample in evidence.samples where isUnknown(sample.allocation.type) { wanted.insert(sample.allocation.type) }
        for free in evidence.frees where isUnknown(free.allocation.type) { wanted.insert(free.allocation.type) }
        for executor in look.executors where isUnknown(executor.type) { wanted.insert(executor.type) }
        for batch in look.batches {
            for hold in batch.polls where UInt32(hold.kind) == POLLSCOPE_RECORD_HOLD.rawValue {
                // A hold has the actor's type where a poll has its waker.
                if isUnknown(hold.waker) { wanted.insert(hold.waker) }
            }
        }
        return take(wanted)
    }

    /// Those of `ids` that nothing has referred to before, and those that were waited for.
    mutating func take(_ ids: some Sequence<UInt16>) -> [ObjectType] {
        let wanted = unpublished.union(ids.filter { isUnknown($0) })
        unpublished = []
        var types: [ObjectType] = []
        for id in wanted.sorted() {
            if let type = file.publishedType(id) {
                isKnown[Int(id)] = true
                types.append(type)
            } else {
                unpublished.insert(id)
            }
        }
        return types
    }

    /// Whether the file has such a type, and it was not read before.
    private func isUnknown(_ id: UInt16) -> Bool { Int(id) < isKnown.count && !isKnown[Int(id)] }
}
