// How a sample, a free or a timing becomes a row of numbers, and back.
//
// A service makes many of these records, each small and much like its neighbours: so they are packed by column, like
// polls. There is a table for each kind, all with the same columns: one that a kind does not use is all zero, and costs
// two bytes in 256 rows. Both directions stand side by side, because they have to agree column by column.

import Sessions

/// The columns of a table, in the file's order.
enum AllocationColumn: Int, CaseIterable {
    /// Less that of the record before.
    case at
    /// Place in the chunk's dictionary of threads.
    case thread
    /// From the poll's start until the block was allocated, or the call timed.
    case sinceStart
    /// Place in the chunk's dictionary of shapes.
    case shape
    case task
    case operation
    /// Bits that mean something else for each kind.
    case flags
    case bytes
    /// Of a free: the lifetime; of a timing: the duration.
    case ticks
    case nativeStack
    case type
}

/// One record as its columns have it; `at` is itself.
struct AllocationRow {
    var context: PollContext?
    var tid: UInt32 = 0
    var at: UInt64 = 0
    /// When the poll was in the middle of it: `at`, and of a free when the block was allocated.
    var made: UInt64 = 0
    var operation: UInt8 = 0
    var flags: UInt64 = 0
    var bytes: UInt64 = 0
    var ticks: UInt64 = 0
    var nativeStack: UInt32 = 0
    var type: UInt16 = 0
}

// MARK: Kinds

private enum Flag {
    static let isStackCut: UInt64 = 1
    static let isTracked: UInt64 = 2
    /// Of a free: above it is the place.
    static let placeShift: UInt64 = 1
    static let isCPUTime: UInt64 = 1
}

extension SampledAllocation {
    fileprivate var row: AllocationRow {
        AllocationRow(
            context: context, tid: tid, operation: operation, flags: isStackCut ? Flag.isStackCut : 0, bytes: bytes,
            nativeStack: nativeStack, type: type)
    }

    fileprivate init(_ row: AllocationRow) {
        self.init(
            context: row.context, tid: row.tid, bytes: row.bytes, operation: row.operation,
            nativeStack: row.nativeStack, isStackCut: row.flags & Flag.isStackCut != 0, type: row.type)
    }
}

extension AllocationSample {
    var row: AllocationRow {
        var row = allocation.row
        row.at = at.rawValue
        row.made = row.at
        if isTracked { row.flags |= Flag.isTracked }
        return row
    }

    init(_ row: AllocationRow) {
        self.init(
            allocation: SampledAllocation(row), at: Ticks(row.at), isTracked: row.flags & Flag.isTracked != 0)
    }
}

extension SampledFree {
    var row: AllocationRow {
        var row = allocation.row
        row.at = at.rawValue
        // Wrapping: of a damaged session, these are any numbers; they have to come back as they are.
        row.made = at.rawValue &- lifetimeTicks
        row.ticks = lifetimeTicks
        row.flags |= UInt64(place.rawValue) << Flag.placeShift
        return row
    }

    /// nil: a place that there is not.
    init?(_ row: AllocationRow) {
        guard let number = UInt8(exactly: row.flags >> Flag.placeShift), let place = Place(rawValue: number) else {
            return nil
        }
        self.init(allocation: SampledAllocation(row), at: Ticks(row.at), lifetimeTicks: row.ticks, place: place)
    }
}

extension AllocatorTiming {
    var row: AllocationRow {
        var row = AllocationRow(
            context: context, tid: tid, at: at.rawValue, made: at.rawValue, operation: operation, bytes: bytes)
        switch duration {
        case .ticks(let ticks): row.ticks = ticks
        case .cpuNanoseconds(let nanoseconds):
            row.ticks = nanoseconds
            row.flags = Flag.isCPUTime
        }
        return row
    }

    init(_ row: AllocationRow) {
        let isCPUTime = row.flags & Flag.isCPUTime != 0
        self.init(
            context: row.context, tid: row.tid, at: Ticks(row.at), operation: row.operation, bytes: row.bytes,
            duration: isCPUTime ? .cpuNanoseconds(row.ticks) : .ticks(row.ticks))
    }
}

// MARK: What records share

/// The thread of a record, and that of its poll: the same, unless a session is damaged.
struct AllocationThread {
    /// tid | tid of the poll << 32
    var rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(_ row: AllocationRow) { rawValue = UInt64(row.tid) | UInt64(row.context?.poll.tid ?? 0) << 32 }

    var tid: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
    var pollTID: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

    static let partCount = 2

    func part(_ index: Int) -> UInt64 { UInt64(index == 0 ? tid : pollTID) }

    /// nil when a part does not fit its field.
    init?(part: (Int) -> UInt64) {
        guard part(0) <= UInt32.max, part(1) <= UInt32.max else { return nil }
        rawValue = part(0) | part(1) << 32
    }
}

/// What of the poll hardly varies at one await point, or that there was no poll.
struct AllocationShape {
    /// kind | executor << 8 | flags << 16 | 1 << 24 | stack << 32; 0: outside polls
    var rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(_ context: PollContext?) {
        guard let context else {
            rawValue = 0
            return
        }
        rawValue =
            UInt64(context.kind) | UInt64(context.executor) << 8 | UInt64(context.flags) << 16 | 1 << 24
            | UInt64(context.stack) << 32
    }

    var isInPoll: Bool { rawValue != 0 }

    static let partCount = 5

    func part(_ index: Int) -> UInt64 {
        switch index {
        case 0: rawValue >> 32
        case 1: rawValue & 0xFF
        case 2: rawValue >> 8 & 0xFF
        case 3: rawValue >> 16 & 0xFF
        default: rawValue >> 24 & 0xFF
        }
    }

    /// nil when a part does not fit its field.
    init?(part: (Int) -> UInt64) {
        guard part(0) <= UInt32.max, (1...3).allSatisfy({ part($0) <= UInt8.max }), part(4) <= 1 else { return nil }
        let fields = part(0) << 32 | part(1) | part(2) << 8 | part(3) << 16
        guard part(4) == 1 || fields == 0 else { return nil }
        rawValue = fields | part(4) << 24
    }

    func context(thread: AllocationThread, start: UInt64, task: UInt32) -> PollContext? {
        guard isInPoll else { return nil }
        return PollContext(
            poll: PollIdentity(tid: thread.pollTID, start: Ticks(start)), stack: UInt32(part(0)), task: task,
            kind: UInt8(part(1)), executor: UInt8(part(2)), flags: UInt8(part(3)))
    }
}
