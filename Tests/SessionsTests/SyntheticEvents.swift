// Events, names of requests and pools in a session file that a test writes. The fields of an event follow from its number,
// so that one that is torn can be told.

import CPollscopeLayout
import Sessions
import Synchronization

extension SyntheticSession {
    // MARK: Events

    static func event(number: UInt64, tid: UInt32) -> pollscope_event_record {
        var record = pollscope_event_record()
        record.sequence = UInt32(truncatingIfNeeded: number)
        record.kind = UInt8(1 + number % 8)
        record.detail = UInt8(number % 5)
        record.flags = UInt16(number % 4)
        record.at_ticks = 10_000 + number * 100
        record.number = number + 1
        record.other = number &* 31
        record.since_ticks = 10_000 + number * 90
        record.blocked_ticks = number % 17
        record.tid = tid
        record.task = UInt32(truncatingIfNeeded: number &* 2_654_435_761)
        // Of a begin: a name that there is not.
        record.subject = UInt32(truncatingIfNeeded: 1_000_000 + number)
        return record
    }

    /// Events that the ring has seen.
    func events(_ ring: Int = 0) -> UInt64 { ringHeader(ring).pointee.events_head }

    func eventPlace(_ ring: Int, _ number: UInt64) -> UnsafeMutableRawPointer {
        part(header.pointee.events_offset) + (ring * eventRecords + Int(number % UInt64(eventRecords))) * 64
    }

    func recordEvent(ring: Int = 0, tid: UInt32 = 1, _ change: (inout pollscope_event_record) -> Void = { _ in }) {
        ringHeader(ring).pointee.events_ready = 1
        let number = events(ring)
        var record = Self.event(number: number, tid: tid)
        change(&record)
        eventPlace(ring, number).storeBytes(of: record, as: pollscope_event_record.self)
        let offset = MemoryLayout<pollscope_ring_header>.offset(of: \.events_head)!
        // Safe: the field is eight aligned bytes of the mapped file.
        (UnsafeMutableRawPointer(ringHeader(ring)) + offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee
            .store(number + 1, ordering: .releasing)
        Synchronization.atomicMemoryFence(ordering: .releasing)  // the next record is not begun before
    }

    func recordBegin(ring: Int = 0, name: UInt32) {
        recordEvent(ring: ring) {
            $0.kind = UInt8(POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue)
            $0.subject = name
        }
    }

    // MARK: Names

    func requestName(_ number: UInt32) -> UnsafeMutablePointer<pollscope_request_name> {
        precondition(number > 0 && number <= header.pointee.request_names.count)
        return
            (part(header.pointee.request_names.offset)
            + Int(number - 1) * MemoryLayout<pollscope_request_name>.stride)
            .assumingMemoryBound(to: pollscope_request_name.self)
    }

    /// Publishes a name; its text is at a place of its own for each number.
    func publishName(_ number: UInt32, _ bytes: [UInt8], isCut: Bool = false) {
        let offset = Int(number - 1) * 64
        (part(header.pointee.name_texts.offset) + offset).copyMemory(from: bytes, byteCount: bytes.count)
        requestName(number).pointee.hash = UInt64(number)
        requestName(number).pointee.where =
            UInt64(offset) | UInt64(bytes.count) << 32 | (isCut ? 1 << 48 : 0) | 1 << 63
    }

    func publishName(_ number: UInt32, _ text: String) { publishName(number, Array(text.utf8)) }

    // MARK: Pools

    func pool(_ index: Int) -> UnsafeMutablePointer<pollscope_pool_entry> {
        precondition(index >= 0 && index < Int(header.pointee.pools.count))
        return (part(header.pointee.pools.offset) + index * MemoryLayout<pollscope_pool_entry>.stride)
            .assumingMemoryBound(to: pollscope_pool_entry.self)
    }

    func openPool(_ index: Int, name: String, capacity: UInt32 = 10) {
        header.pointee.pools_used = max(header.pointee.pools_used, UInt32(index + 1))
        pool(index).pointee.capacity = capacity
        pool(index).pointee.opened_ticks = 500
        Self.fill(&pool(index).pointee.name, name)
        pool(index).pointee.state = POLLSCOPE_POOL_OPEN.rawValue
    }
}

/// What a follower gave of events, held against what was written: nothing twice, torn or out of order, and what is missing
/// counted.
struct FollowedEvents {
    private(set) var taken = 0
    private(set) var lost: UInt64 = 0
    private(set) var faults: [String] = []
    private var next: [UInt32?: UInt64] = [:]

    mutating func add(_ events: SessionEvents) {
        taken += events.records.count
        lost += events.recordsLost
        var numbers = 0
        for run in events.runs {
            if run.first != next[run.ring, default: 0] + run.lost + run.passedOver {
                fault("\(run) does not go on from \(next[run.ring, default: 0])")
            }
            next[run.ring] = run.first + run.count
            for number in run.first..<(run.first + run.count) {
                let record = events.records[numbers]
                if !Self.areSame(record, SyntheticSession.event(number: number, tid: record.tid)) {
                    fault("event \(number) is torn, or is another: \(record)")
                }
                numbers += 1
            }
        }
        if numbers != events.records.count { fault("\(events.records.count) events in runs of \(numbers)") }
    }

    private mutating func fault(_ text: String) {
        if faults.count < 10 { faults.append(text) }
    }

    static func areSame(_ a: pollscope_event_record, _ b: pollscope_event_record) -> Bool {
        // Safe: reads both structs' own bytes.
        withUnsafeBytes(of: a) { a in withUnsafeBytes(of: b) { b in a.elementsEqual(b) } }
    }
}
