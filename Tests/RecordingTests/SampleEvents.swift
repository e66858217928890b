// Events of requests and pools for recordings: as a service leaves them, and as nobody would.

import CPollscopeLayout
import Sessions

@testable import Recording

enum SampleEvents {
    static let names = [
        RequestName(number: 1, text: "GET /quote", isCut: false),
        RequestName(number: 1_024, text: "POST /späte/{id}", isCut: true),
    ]

    static let pools: [PoolStatus] = {
        var postgres = PoolStatus(number: 1, name: "postgres", isOpen: true, capacity: 10, opened: Ticks(1 << 39))
        postgres.asked = 1_000
        postgres.acquired = 990
        postgres.failed = 7
        postgres.released = 985
        postgres.timedOut = 4
        postgres.releasedTwice = 1
        postgres.dropped = 2
        postgres.inUse = 5
        postgres.waiting = 3
        postgres.inUsePeak = 10
        postgres.waitingPeak = 200
        postgres.connectionsOpened = 12
        postgres.connectionsClosed = 2
        postgres.askedAfterClose = .max
        return [postgres, PoolStatus(number: 64, name: "", isOpen: false, capacity: 0, opened: Ticks(.max))]
    }()

    /// One event as a comparable value; `reserved` is nobody's.
    struct Fields: Hashable {
        var bytes: [UInt8]

        init(_ record: pollscope_event_record) {
            var record = record
            record.reserved = 0
            // Safe: the record has no padding.
            bytes = withUnsafeBytes(of: record) { Array($0) }
        }
    }

    /// What a look finds: one of each kind, twice, on two threads.
    static func look(_ number: Int, records: Int = 16) -> SessionEvents {
        var events = SessionEvents()
        for index in (number * records)..<((number + 1) * records) { events.records.append(event(index)) }
        events.recordsLost = number % 3 == 2 ? 2 : 0
        events.runs = [
            EvidenceRun(
                ring: 1, first: UInt64(number * records), count: UInt64(records), passedOver: number == 0 ? 7 : 0,
                lost: events.recordsLost)
        ]
        return events
    }

    static func event(_ index: Int) -> pollscope_event_record {
        let number = UInt64(index)
        var event = pollscope_event_record()
        event.sequence = UInt32(index)
        event.kind = UInt8(1 + index % 8)
        event.detail = UInt8(index % 5)
        event.flags = UInt16(index % 3)
        event.at_ticks = 1 << 41 + number * 90_000
        event.number = index % 4 == 3 ? 0 : 1 << 48 | (number + 1)
        event.other = index % 5 == 0 ? 0 : number &* 0x9E37_79B9_7F4A_7C15
        event.since_ticks = index % 3 == 0 ? 0 : event.at_ticks - 70_000
        event.blocked_ticks = number % 4 * 1_000
        event.tid = UInt32(100 + index % 2)
        event.task = UInt32(40 + index / 4)
        event.subject = UInt32(index % 7)
        return event
    }

    /// All that can be read, and whether that is all there is.
    static func read(_ reader: RecordingReader) -> (records: [Fields], lost: UInt64, error: RecordingError?) {
        var records: [Fields] = []
        var lost: UInt64 = 0
        do throws(RecordingError) {
            try reader.readEvents { batch in
                records += batch.records.map(Fields.init)
                lost &+= batch.lost
            }
        } catch {
            return (records, lost, error)
        }
        return (records, lost, nil)
    }
}

/// Events with any value in any field.
struct EventWorld: WildWorld {
    var random: SplitMix64

    private mutating func event() -> pollscope_event_record {
        var event = pollscope_event_record()
        event.sequence = small(UInt32.self)
        event.kind = UInt8(1 + random.next() % 8)
        event.detail = small(UInt8.self)
        event.flags = small(UInt16.self)
        event.at_ticks = number()
        event.number = number()
        event.other = number()
        event.since_ticks = number()
        event.blocked_ticks = number()
        event.tid = flag() ? UInt32(random.next() % 4) : small(UInt32.self)
        event.task = small(UInt32.self)
        event.subject = small(UInt32.self)
        return event
    }

    mutating func events() -> SessionEvents {
        var events = SessionEvents()
        for _ in 0..<(random.next() % (flag() ? 8 : 600)) { events.records.append(event()) }
        if flag() { events.recordsLost = number() }
        return events
    }
}

/// Events as a service writes them: requests on several threads at once, each of which makes two tasks and asks a pool once;
/// what began on one thread ends on another as often as not.
struct RealisticEvents {
    private struct Open {
        var number: UInt64
        var begun: UInt64
        var task: UInt32
        var lease: UInt64 = 0
        var leased: UInt64 = 0
    }

    private var random: SplitMix64
    private var now: UInt64 = 1 << 50
    private var heads: [UInt64]
    private var nextTask: UInt32 = 1_000_000
    private var open: [Open] = []

    init(seed: UInt64, threads: Int = 4) {
        random = SplitMix64(seed: seed)
        heads = (0..<threads).map { 1_000_000 + UInt64($0) * 77_777 }
    }

    /// What a look finds on one thread.
    mutating func events(thread: Int, count: Int) -> [pollscope_event_record] {
        (0..<count).map { _ in
            now += 2_000 + random.next() % 60_000
            var event = pollscope_event_record()
            event.sequence = UInt32(truncatingIfNeeded: heads[thread])
            event.at_ticks = now
            event.tid = UInt32(5_000 + thread)
            fill(&event, ownNumber: UInt64(thread) << 48 | (heads[thread] + 1))
            heads[thread] += 1
            return event
        }
    }

    private mutating func fill(_ event: inout pollscope_event_record, ownNumber: UInt64) {
        func kind(_ kind: pollscope_event_kind) -> UInt8 { UInt8(kind.rawValue) }
        if open.count < 40 || random.next() % 6 == 0 {
            event.kind = kind(POLLSCOPE_EVENT_REQUEST_BEGAN)
            event.detail = UInt8(POLLSCOPE_REQUEST_WHOLE.rawValue)
            event.subject = UInt32(1 + random.next() % 12)
            event.number = ownNumber
            event.task = nextTask
            nextTask += 1
            open.append(Open(number: ownNumber, begun: event.at_ticks, task: event.task))
            return
        }
        let index = Int(random.next() % UInt64(open.count))
        event.task = open[index].task
        switch random.next() % 5 {
        case 0, 1:
            event.kind = kind(POLLSCOPE_EVENT_TASK_MADE)
            event.subject = nextTask
            nextTask += 1
        case 2 where open[index].lease == 0:
            event.kind = kind(POLLSCOPE_EVENT_POOL_ACQUIRED)
            event.detail = UInt8(POLLSCOPE_OUTCOME_OK.rawValue)
            event.number = ownNumber
            event.since_ticks = now - 300 - random.next() % 2_000_000
            event.other = 1 + random.next() % 10
            event.subject = 1
            (open[index].lease, open[index].leased) = (ownNumber, now)
        case 3 where open[index].lease != 0:
            event.kind = kind(POLLSCOPE_EVENT_POOL_RELEASED)
            event.number = open[index].lease
            event.since_ticks = open[index].leased
            event.other = 1 + random.next() % 10
            event.subject = 1
            open[index].lease = 0
        default:
            event.kind = kind(POLLSCOPE_EVENT_REQUEST_ENDED)
            event.detail = UInt8(POLLSCOPE_OUTCOME_OK.rawValue)
            event.number = open[index].number
            event.since_ticks = open[index].begun
            event.flags = UInt16(POLLSCOPE_EVENT_IN_POLL.rawValue)
            event.blocked_ticks = random.next() % 4 == 0 ? random.next() % 300_000 : 0
            open.remove(at: index)
        }
    }
}
