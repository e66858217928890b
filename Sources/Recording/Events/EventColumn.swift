// How an event becomes a row of numbers, and back.
//
// A service writes two of these records for a request, and more for its tasks and pools. Each column holds what is left of
// a field when what can be guessed was taken away: a thread goes on numbering where it was, what ends began a little
// before, the next task that is made has the next number. What is a difference is written so that small ones of either
// sign are small numbers. Ids of a tracing system are random, and would make whole columns as wide as they are: they have
// a table of their own.
//
// Both directions stand side by side, because they have to agree column by column.

import CPollscopeLayout

/// The columns, in the file's order.
enum EventColumn: Int, CaseIterable {
    /// Less that of the thread's event before.
    case at
    /// Place in the chunk's dictionary of threads.
    case thread
    /// Less the one that follows on the thread's event before.
    case sequence
    /// Place in the chunk's dictionary of shapes.
    case shape
    /// Place in the chunk's dictionary of subjects; of a task that was made: 0.
    case subject
    /// Of a task that was made: its number less that of the last one. Else 0.
    case made
    /// Less that of the thread's event before.
    case task
    /// The number's upper 16 bits, and the others less the one that is guessed. Likewise of `other`.
    case numberRing
    case numberIndex
    case otherRing
    case otherIndex
    /// `at` less `since`.
    case since
    case blocked
}

/// What of an event hardly varies, and which of its fields are not zero.
struct EventShape {
    /// kind | detail << 8 | flags << 16 | presence << 32
    let rawValue: UInt64

    static let hasNumber: UInt64 = 1
    static let hasOther: UInt64 = 2
    static let hasSince: UInt64 = 4
    static let kinds =
        UInt8(POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue)...UInt8(POLLSCOPE_EVENT_CONNECTION_CLOSED.rawValue)

    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(_ record: pollscope_event_record) {
        var presence = record.number == 0 ? 0 : Self.hasNumber
        if UInt32(record.kind) != POLLSCOPE_EVENT_REQUEST_TRACED.rawValue {
            if record.other != 0 { presence |= Self.hasOther }
            if record.since_ticks != 0 { presence |= Self.hasSince }
        }
        rawValue =
            UInt64(record.kind) | UInt64(record.detail) << 8 | UInt64(record.flags) << 16 | presence << 32
    }

    var kind: UInt8 { UInt8(truncatingIfNeeded: rawValue) }
    var detail: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 8) }
    var flags: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 16) }

    func has(_ field: UInt64) -> Bool { rawValue >> 32 & field != 0 }

    var isTrace: Bool { UInt32(kind) == POLLSCOPE_EVENT_REQUEST_TRACED.rawValue }
    var isTaskMade: Bool { UInt32(kind) == POLLSCOPE_EVENT_TASK_MADE.rawValue }
    var isRequestBegan: Bool { UInt32(kind) == POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue }
    /// Its number is made of its own place in its ring.
    var makesNumber: Bool { isRequestBegan || UInt32(kind) == POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue }

    static let partCount = 4

    func part(_ index: Int) -> UInt64 {
        switch index {
        case 0: UInt64(kind)
        case 1: UInt64(detail)
        case 2: UInt64(flags)
        default: rawValue >> 32
        }
    }

    /// nil when a part does not fit its field, or there is no such event.
    init?(part: (Int) -> UInt64) {
        let all = Self.hasNumber | Self.hasOther | Self.hasSince
        guard let kind = UInt8(exactly: part(0)), Self.kinds.contains(kind), part(1) <= UInt8.max,
            part(2) <= UInt16.max, part(3) <= all
        else { return nil }
        rawValue = part(0) | part(1) << 8 | part(2) << 16 | part(3) << 32
        if isTrace, part(3) & ~Self.hasNumber != 0 { return nil }
    }
}

/// What the events of a chunk are told by: the same on both sides.
struct EventHistory {
    /// The last event of a thread, by its place in the dictionary.
    private struct Thread {
        var at: UInt64
        var sequence: UInt32
        var task: UInt32
    }

    private var threads: [Thread] = []
    private var at: UInt64 = 0
    private var made: UInt32 = 0
    /// The highest number seen of a ring, without the ring: by the ring's low bits. Two rings that share a place guess
    /// badly, and nothing else.
    private var highest = [UInt64](repeating: 0, count: rings)
    private static let rings = 256

    static let ringShift: UInt64 = 48
    private static let indexMask: UInt64 = 1 << ringShift - 1

    mutating func removeAll() {
        threads.removeAll(keepingCapacity: true)
        at = 0
        made = 0
        for ring in 0..<Self.rings { highest[ring] = 0 }
    }

    /// The thread's last event; before its first, the last one of all.
    private mutating func last(ofThread place: Int) -> Thread {
        while threads.count <= place { threads.append(Thread(at: at, sequence: .max, task: 0)) }
        return threads[place]
    }

    /// Where a number is guessed to be in its ring.
    private func guess(_ shape: EventShape, sequence: UInt32, ring: UInt64) -> UInt64 {
        let highest = highest[Int(ring) & (Self.rings - 1)]
        // A sequence is the low half of how many records the ring had before.
        return shape.makesNumber ? (highest & ~0xFFFF_FFFF) + UInt64(sequence) + 1 : highest
    }

    /// Where the number of another request is guessed to be; connections have small numbers.
    private func guess(ofOther shape: EventShape, ring: UInt64) -> UInt64 {
        shape.isRequestBegan ? highest[Int(ring) & (Self.rings - 1)] : 0
    }

    private mutating func note(_ number: UInt64) {
        let ring = Int(number >> Self.ringShift) & (Self.rings - 1)
        highest[ring] = max(highest[ring], number & Self.indexMask)
    }

    /// Gives the row of an event to `put`, but for its places in dictionaries.
    mutating func code(
        _ record: pollscope_event_record, _ shape: EventShape, thread place: Int, put: (EventColumn, UInt64) -> Void
    ) {
        let last = last(ofThread: place)
        // Wrapping: times and numbers of a damaged session are any, and have to come back as they are.
        put(.at, Self.code(record.at_ticks &- last.at))
        put(.sequence, Self.code(record.sequence &- (last.sequence &+ 1)))
        put(.task, Self.code(record.task &- last.task))
        put(.made, shape.isTaskMade ? Self.code(record.subject &- made) : 0)
        put(.since, shape.has(EventShape.hasSince) ? record.at_ticks &- record.since_ticks : 0)
        put(.blocked, shape.isTrace ? 0 : record.blocked_ticks)
        let other = shape.has(EventShape.hasOther) ? record.other : 0
        let otherRing = other >> Self.ringShift
        put(.otherRing, otherRing)
        put(.otherIndex, other == 0 ? 0 : Self.code(other & Self.indexMask &- guess(ofOther: shape, ring: otherRing)))
        let ring = record.number >> Self.ringShift
        let guessed = guess(shape, sequence: record.sequence, ring: ring)
        put(.numberRing, ring)
        put(.numberIndex, record.number == 0 ? 0 : Self.code(record.number & Self.indexMask &- guessed))
        note(record.number)
        threads[place] = Thread(at: record.at_ticks, sequence: record.sequence, task: record.task)
        at = record.at_ticks
        if shape.isTaskMade { made = record.subject }
    }

    /// Fills in what `code` made of an event. `cell`: its row.
    /// - Returns: false when a cell does not fit its field, or says something of a field that the event has not.
    @inline(__always)
    mutating func decode(
        _ record: inout pollscope_event_record, _ shape: EventShape, thread place: Int, cell: (EventColumn) -> UInt64
    ) -> Bool {
        let words = cell(.sequence) | cell(.task) | cell(.made)
        let rings = cell(.otherRing) | cell(.numberRing)
        guard words <= UInt32.max, rings <= UInt16.max else { return false }
        let last = last(ofThread: place)
        // Wrapping: the reverse of the above.
        record.at_ticks = last.at &+ Self.difference(cell(.at))
        record.sequence = last.sequence &+ 1 &+ Self.difference(UInt32(cell(.sequence)))
        record.task = last.task &+ Self.difference(UInt32(cell(.task)))
        if shape.isTaskMade {
            made = made &+ Self.difference(UInt32(cell(.made)))
            record.subject = made
        } else if cell(.made) != 0 {
            return false
        }
        record.since_ticks = shape.has(EventShape.hasSince) ? record.at_ticks &- cell(.since) : 0
        record.blocked_ticks = cell(.blocked)
        if shape.has(EventShape.hasOther) {
            let ring = cell(.otherRing)
            let index = guess(ofOther: shape, ring: ring) &+ Self.difference(cell(.otherIndex))
            guard index <= Self.indexMask else { return false }
            record.other = ring << Self.ringShift | index
        } else if cell(.otherRing) | cell(.otherIndex) != 0 {
            return false
        }
        if shape.has(EventShape.hasNumber) {
            let ring = cell(.numberRing)
            let guessed = guess(shape, sequence: record.sequence, ring: ring)
            let index = guessed &+ Self.difference(cell(.numberIndex))
            guard index <= Self.indexMask else { return false }
            record.number = ring << Self.ringShift | index
        } else if cell(.numberRing) | cell(.numberIndex) != 0 {
            return false
        }
        note(record.number)
        threads[place] = Thread(at: record.at_ticks, sequence: record.sequence, task: record.task)
        at = record.at_ticks
        return true
    }

    /// 0, -1, 1, -2 … become 0, 1, 2, 3 …
    private static func code<Number: FixedWidthInteger & UnsignedInteger>(_ difference: Number) -> Number {
        // Shifts past the number's own bits are meant.
        let sign: Number = difference >> (Number(Number.bitWidth) - 1) == 0 ? 0 : .max
        return (difference << 1) ^ sign
    }

    private static func code(_ difference: UInt32) -> UInt64 { UInt64(code(difference) as UInt32) }

    private static func difference<Number: FixedWidthInteger & UnsignedInteger>(_ code: Number) -> Number {
        (code >> 1) ^ (code & 1 == 0 ? 0 : .max)
    }
}
