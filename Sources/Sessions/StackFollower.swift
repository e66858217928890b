// Follows the table of stacks: each stack that somebody refers to is taken once, when it is whole.

import CPollscopeLayout

/// Remembers which stacks of a session are known.
struct StackFollower {
    private let file: SessionFile
    private var isKnown: [Bool]  // by id; 0 is no stack
    /// Referred to, and not whole when they were last looked at.
    private var unpublished: Set<UInt32> = []

    init(file: SessionFile) {
        self.file = file
        isKnown = Array(repeating: false, count: Int(file.layout.stacks.count) + 1)
        isKnown[0] = true
    }

    /// The stacks that `look` refers to and no earlier look did, and those that were waited for.
    mutating func take(for look: SessionLook) -> [AsyncStack] {
        var wanted = unpublished
        for batch in look.batches {
            var last: UInt32 = 0
            for poll in batch.polls where poll.stack != last {
                last = poll.stack
                if isUnknown(last) { wanted.insert(last) }
            }
            if let stack = batch.running?.stack, isUnknown(stack) { wanted.insert(stack) }
        }
        for call in look.evidence.calls {
            if isUnknown(call.context.stack) { wanted.insert(call.context.stack) }
            if isUnknown(call.nativeStack) { wanted.insert(call.nativeStack) }
        }
        for poll in look.evidence.longPolls where isUnknown(poll.context.stack) { wanted.insert(poll.context.stack) }
        for sample in look.evidence.samples where isUnknown(sample.context.stack) {
            wanted.insert(sample.context.stack)
        }
        for allocation in look.allocations.samples.lazy.map(\.allocation) { want(allocation, &wanted) }
        for allocation in look.allocations.frees.lazy.map(\.allocation) { want(allocation, &wanted) }
        for timing in look.allocations.timings {
            if let stack = timing.context?.stack, isUnknown(stack) { wanted.insert(stack) }
        }
        return take(wanted)
    }

    /// Those of `ids` that nothing has referred to before, and those that were waited for.
    mutating func take(_ ids: some Sequence<UInt32>) -> [AsyncStack] {
        let wanted = unpublished.union(ids.filter { isUnknown($0) })
        unpublished = []
        var stacks: [AsyncStack] = []
        for id in wanted.sorted() {
            if let stack = file.publishedStack(id) {
                isKnown[Int(id)] = true
                stacks.append(stack)
            } else {
                unpublished.insert(id)
            }
        }
        return stacks
    }

    private func want(_ allocation: SampledAllocation, _ wanted: inout Set<UInt32>) {
        if let stack = allocation.context?.stack, isUnknown(stack) { wanted.insert(stack) }
        if isUnknown(allocation.nativeStack) { wanted.insert(allocation.nativeStack) }
    }

    /// Whether the file has such a stack, and it was not read before.
    private func isUnknown(_ id: UInt32) -> Bool { id < isKnown.count && !isKnown[Int(id)] }
}
