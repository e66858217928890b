// Allocation records that a test's session holds: their fields follow from their number, so that one that is torn can
// be told.

import CPollscopeLayout
import Sessions
import Synchronization

extension SyntheticSession {
    /// A sample, a free and a timing in turn; of twelve records three belong to no poll.
    static func allocation(number: UInt64) -> pollscope_allocation_record {
        var record = pollscope_allocation_record()
        record.sequence = UInt32(truncatingIfNeeded: number)
        record.at_ticks = 10_000 + number * 100
        record.bytes = number % 5_000
        record.tid = UInt32(1 + number % 7)
        if number % 12 < 9 {
            record.poll_kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
            record.poll_start_ticks = record.at_ticks - number % 89
            record.task = UInt32(truncatingIfNeeded: number &* 2_654_435_761)
            record.executor = UInt8(POLLSCOPE_EXECUTOR_MAIN.rawValue)
        }
        record.operation = UInt8(1 + number % 4)
        switch number % 3 {
        case 0:
            record.kind = UInt8(POLLSCOPE_ALLOCATION_SAMPLE.rawValue)
            record.flags = UInt8(number % 4)
        case 1:
            record.kind = UInt8(POLLSCOPE_ALLOCATION_FREE.rawValue)
            record.flags = UInt8(POLLSCOPE_ALLOCATION_OTHER_POLL.rawValue)
            record.ticks = number * 11
        default:
            record.kind = UInt8(POLLSCOPE_ALLOCATION_TIMING.rawValue)
            record.operation = UInt8(1 + number % 5)
            record.flags = number % 2 == 0 ? UInt8(POLLSCOPE_ALLOCATION_CPU_TIME.rawValue) : 0
            record.ticks = number % 500
        }
        return record
    }

    var allocations: UInt64 { header.pointee.allocations_head }

    func allocationPlace(_ number: UInt64) -> UnsafeMutableRawPointer {
        part(header.pointee.allocations.offset) + Int(number % UInt64(header.pointee.allocations.count)) * 64
    }

    func recordAllocation(_ change: (inout pollscope_allocation_record) -> Void = { _ in }) {
        var record = Self.allocation(number: allocations)
        change(&record)
        allocationPlace(allocations).storeBytes(of: record, as: pollscope_allocation_record.self)
        let head = MemoryLayout<pollscope_header>.offset(of: \.allocations_head)!
        // Safe: the field is eight aligned bytes of the mapped file.
        (UnsafeMutableRawPointer(header) + head).assumingMemoryBound(to: Atomic<UInt64>.self).pointee
            .store(allocations + 1, ordering: .releasing)
        Synchronization.atomicMemoryFence(ordering: .releasing)  // the next record is not begun before
    }

    func recordAllocations(_ count: Int) {
        for _ in 0..<count { recordAllocation() }
    }

    /// A sample, its free, or a timing, in a task's poll unless `change` says otherwise.
    func recordAllocation(
        kind: pollscope_allocation_kind, _ change: (inout pollscope_allocation_record) -> Void = { _ in }
    ) {
        recordAllocation {
            let isFree = kind == POLLSCOPE_ALLOCATION_FREE
            let number = $0.sequence
            $0 = pollscope_allocation_record()
            $0.sequence = number
            $0.kind = UInt8(kind.rawValue)
            $0.operation = UInt8(POLLSCOPE_ALLOCATION_MALLOC.rawValue)
            $0.flags = isFree ? UInt8(POLLSCOPE_ALLOCATION_SAME_POLL.rawValue) : 0
            $0.poll_kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
            $0.executor = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)
            $0.at_ticks = 50_000
            $0.poll_start_ticks = 49_000
            $0.ticks = 300
            $0.tid = 7
            $0.task = 70
            $0.bytes = 1_024
            change(&$0)
        }
    }

    // MARK: Types

    /// Claims an entry of the table of types. It is not published yet.
    func claimType(_ id: UInt16) { type(id).pointee.metadata = UInt64(id) << 16 }

    func publishType(_ id: UInt16, name: String) {
        let bytes = Array(name.utf8)
        let offset = Int(header.pointee.type_names_used)
        // Safe: the names of tests are shorter than the section.
        (part(header.pointee.type_names.offset) + offset).copyMemory(from: bytes, byteCount: bytes.count)
        header.pointee.type_names_used += UInt32(bytes.count)
        header.pointee.types_used += 1
        type(id).pointee.where = UInt64(offset) | UInt64(bytes.count) << 32 | 1 << 63
    }

    func type(_ id: UInt16) -> UnsafeMutablePointer<pollscope_type> {
        precondition(id > 0 && id <= header.pointee.types.count)
        return (part(header.pointee.types.offset) + Int(id - 1) * MemoryLayout<pollscope_type>.stride)
            .assumingMemoryBound(to: pollscope_type.self)
    }
}

/// What a follower gave of allocations, held against what was written: nothing twice, torn or out of order, and what is
/// missing counted.
struct FollowedAllocations {
    private(set) var taken: UInt64 = 0
    private(set) var lost: UInt64 = 0
    private(set) var passedOver: UInt64 = 0
    private(set) var faults: [String] = []
    private var next: UInt64 = 0

    mutating func add(_ evidence: AllocationEvidence) {
        var numbers: [UInt64] = []
        for run in evidence.runs {
            if run.first != next + run.lost + run.passedOver { fault("\(run) does not go on from \(next)") }
            next = run.first + run.count
            lost += run.lost
            passedOver += run.passedOver
            taken += run.count
            numbers += run.first..<run.first + run.count
        }
        if evidence.recordsLost != evidence.runs.reduce(0, { $0 + $1.lost }) { fault("the runs lose something else") }
        expect(evidence.samples, of: numbers, kind: 0, Self.sample)
        expect(evidence.frees, of: numbers, kind: 1, Self.free)
        expect(evidence.timings, of: numbers, kind: 2, Self.timing)
    }

    private mutating func expect<Item: Equatable>(
        _ items: [Item], of numbers: [UInt64], kind: UInt64, _ item: (UInt64) -> Item
    ) {
        let expected = numbers.filter { $0 % 3 == kind }.map(item)
        if items != expected { fault("\(items.count) records of kind \(kind) are not the \(expected.count) written") }
    }

    private mutating func fault(_ text: String) {
        if faults.count < 10 { faults.append(text) }
    }

    private static func context(_ record: pollscope_allocation_record) -> PollContext? {
        record.poll_start_ticks == 0
            ? nil
            : PollContext(
                poll: PollIdentity(tid: record.tid, start: Ticks(record.poll_start_ticks)), stack: 0,
                task: record.task, kind: record.poll_kind, executor: record.executor, flags: 0)
    }

    private static func allocation(_ record: pollscope_allocation_record, isCut: Bool) -> SampledAllocation {
        SampledAllocation(
            context: context(record), tid: record.tid, bytes: record.bytes, operation: record.operation,
            nativeStack: 0, isStackCut: isCut, type: 0)
    }

    private static func sample(_ number: UInt64) -> AllocationSample {
        let record = SyntheticSession.allocation(number: number)
        return AllocationSample(
            allocation: allocation(record, isCut: number % 2 == 1), at: Ticks(record.at_ticks),
            isTracked: number % 4 < 2)
    }

    private static func free(_ number: UInt64) -> SampledFree {
        let record = SyntheticSession.allocation(number: number)
        return SampledFree(
            allocation: allocation(record, isCut: false), at: Ticks(record.at_ticks), lifetimeTicks: record.ticks,
            place: .otherPoll)
    }

    private static func timing(_ number: UInt64) -> AllocatorTiming {
        let record = SyntheticSession.allocation(number: number)
        return AllocatorTiming(
            context: context(record), tid: record.tid, at: Ticks(record.at_ticks), operation: record.operation,
            bytes: record.bytes,
            duration: number % 2 == 0 ? .cpuNanoseconds(record.ticks) : .ticks(record.ticks))
    }
}
