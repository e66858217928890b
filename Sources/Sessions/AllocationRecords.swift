// Makes values of the records of single allocations, whose bytes nobody vouches for.

import CPollscopeLayout

/// A record of a single allocation, of whichever kind.
enum AllocationRecord {
    case sample(AllocationSample)
    case free(SampledFree)
    case timing(AllocatorTiming)

    private static let allocating =
        UInt8(POLLSCOPE_ALLOCATION_MALLOC.rawValue)...UInt8(POLLSCOPE_ALLOCATION_ALIGNED.rawValue)
    private static let release = UInt8(POLLSCOPE_ALLOCATION_RELEASE.rawValue)

    /// nil: no record at all, one with another number, or one that contradicts itself.
    init?(_ record: pollscope_allocation_record, number: UInt64) {
        // Outside polls there is no kind of poll, inside there is one.
        let isInPoll = record.poll_start_ticks != 0
        let isPollKind = SessionFollower.isPoll(kind: record.poll_kind)
        guard record.sequence == UInt32(truncatingIfNeeded: number), isInPoll ? isPollKind : record.poll_kind == 0
        else { return nil }
        let isAllocation = Self.allocating.contains(record.operation)
        switch UInt32(record.kind) {
        case POLLSCOPE_ALLOCATION_SAMPLE.rawValue:
            guard isAllocation else { return nil }
            self = .sample(
                AllocationSample(
                    allocation: SampledAllocation(record), at: Ticks(record.at_ticks),
                    isTracked: !record.has(POLLSCOPE_ALLOCATION_UNTRACKED)))
        case POLLSCOPE_ALLOCATION_FREE.rawValue:
            guard isAllocation, let place = SampledFree.Place(record) else { return nil }
            self = .free(
                SampledFree(
                    allocation: SampledAllocation(record), at: Ticks(record.at_ticks), lifetimeTicks: record.ticks,
                    place: place))
        case POLLSCOPE_ALLOCATION_TIMING.rawValue:
            guard isAllocation || record.operation == Self.release else { return nil }
            self = .timing(
                AllocatorTiming(
                    context: record.context, tid: record.tid, at: Ticks(record.at_ticks), operation: record.operation,
                    bytes: record.bytes,
                    duration: record.has(POLLSCOPE_ALLOCATION_CPU_TIME)
                        ? .cpuNanoseconds(record.ticks) : .ticks(record.ticks)))
        default: return nil
        }
    }
}

extension pollscope_allocation_record {
    fileprivate func has(_ flag: pollscope_allocation_flags) -> Bool { UInt32(flags) & flag.rawValue != 0 }

    /// nil: outside polls.
    fileprivate var context: PollContext? {
        guard poll_start_ticks != 0 else { return nil }
        return PollContext(
            poll: PollIdentity(tid: tid, start: Ticks(poll_start_ticks)), stack: poll_stack, task: task,
            kind: poll_kind, executor: executor, flags: 0)
    }
}

extension SampledAllocation {
    fileprivate init(_ record: pollscope_allocation_record) {
        self.init(
            context: record.context, tid: record.tid, bytes: record.bytes, operation: record.operation,
            nativeStack: record.native_stack, isStackCut: record.has(POLLSCOPE_ALLOCATION_STACK_CUT),
            type: record.type)
    }
}

extension SampledFree.Place {
    /// nil: in two places at once, or in the same poll or task as an allocation that was made in none.
    fileprivate init?(_ record: pollscope_allocation_record) {
        let places: [(pollscope_allocation_flags, SampledFree.Place)] = [
            (POLLSCOPE_ALLOCATION_SAME_POLL, .samePoll), (POLLSCOPE_ALLOCATION_SAME_TASK, .sameTask),
            (POLLSCOPE_ALLOCATION_OTHER_POLL, .otherPoll),
        ]
        let said = places.filter { record.has($0.0) }
        guard said.count <= 1 else { return nil }
        self = said.first?.1 ?? .outsidePolls
        if record.poll_start_ticks == 0, self == .samePoll || self == .sameTask { return nil }
    }
}
