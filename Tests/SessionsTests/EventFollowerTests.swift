// Follows what a session tells of requests and pools: each event is taken once, and what is gone is counted.

import CPollscopeLayout
import TestSupport
import Testing

@testable import Sessions

@Suite("Events, names of requests and pools")
struct EventFollowerTests {
    let folder: TestFolder
    let session: SyntheticSession

    init() throws {
        folder = try TestFolder()
        session = try SyntheticSession(in: folder)
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
    }

    private func follower(from start: SessionFollower.Start = .oldest) throws -> SessionFollower {
        SessionFollower(file: try session.file(), from: start)
    }

    // MARK: Events

    @Test("Events come once, whole, and in the order they were written, ring after ring")
    func inOrder() throws {
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        for _ in 0..<3 {
            session.recordEvent(ring: 1, tid: 2)
            session.recordEvent()
        }
        let follower = try follower()
        var followed = FollowedEvents()
        let events = follower.look().events
        followed.add(events)
        #expect(events.records.map(\.tid) == [1, 1, 1, 2, 2, 2])
        #expect(
            events.runs == [
                EvidenceRun(ring: 0, first: 0, count: 3, passedOver: 0, lost: 0),
                EvidenceRun(ring: 1, first: 0, count: 3, passedOver: 0, lost: 0),
            ])
        #expect(follower.look().events.isEmpty)
        session.recordEvent()
        followed.add(follower.look().events)
        #expect(followed.taken == 7)
        #expect(followed.faults == [])
    }

    @Test("A ring that has no room for events has none, whatever its head says")
    func notReady() throws {
        session.recordEvent()
        session.ringHeader(0).pointee.events_ready = 0
        let follower = try follower(from: .beginning)
        #expect(follower.look().events.isEmpty)
        session.ringHeader(0).pointee.events_ready = 1
        #expect(follower.look().events.records.count == 1)
    }

    @Test("What was overwritten is lost, and counted; from the oldest on, it is history")
    func overwritten() throws {
        for _ in 0..<40 { session.recordEvent() }
        // Of a full ring the oldest record may be overwritten at any moment: 15 of 16 are taken.
        let fromBeginning = try follower(from: .beginning).look().events
        #expect(fromBeginning.recordsLost == 25)
        #expect(fromBeginning.runs == [EvidenceRun(ring: 0, first: 25, count: 15, passedOver: 0, lost: 25)])
        let fromOldest = try follower(from: .oldest).look().events
        #expect(fromOldest.recordsLost == 0)
        #expect(fromOldest.runs == [EvidenceRun(ring: 0, first: 25, count: 15, passedOver: 25, lost: 0)])
        var followed = FollowedEvents()
        followed.add(fromBeginning)
        #expect(followed.faults == [])
    }

    @Test("From now on means what comes after")
    func fromNow() throws {
        for _ in 0..<5 { session.recordEvent() }
        let follower = try follower(from: .now)
        session.recordEvent()
        let events = follower.look().events
        #expect(events.runs == [EvidenceRun(ring: 0, first: 5, count: 1, passedOver: 5, lost: 0)])
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        session.recordEvent(ring: 1, tid: 2)
        #expect(follower.look().events.runs == [EvidenceRun(ring: 1, first: 0, count: 1, passedOver: 0, lost: 0)])
    }

    @Test("What is no event counts as lost: of no kind that there is, or with another number")
    func damaged() throws {
        for _ in 0..<10 { session.recordEvent() }
        session.eventPlace(0, 2).storeBytes(of: 77, as: UInt32.self)
        session.eventPlace(0, 4).storeBytes(of: 0, toByteOffset: 4, as: UInt8.self)
        session.eventPlace(0, 5).storeBytes(of: 9, toByteOffset: 4, as: UInt8.self)
        let events = try follower().look().events
        #expect(events.recordsLost == 3)
        #expect(events.records.map(\.sequence) == [0, 1, 3, 6, 7, 8, 9])
        #expect(events.runs.map(\.first) == [0, 3, 6])
        #expect(events.runs.map(\.lost) == [0, 1, 2])
    }

    @Test("A number goes on beyond 32 bits")
    func longNumbers() throws {
        session.ringHeader(0).pointee.events_ready = 1
        session.ringHeader(0).pointee.events_head = 1 << 32 - 2
        let follower = try follower(from: .now)
        for _ in 0..<5 { session.recordEvent() }
        let events = follower.look().events
        #expect(events.runs == [EvidenceRun(ring: 0, first: 1 << 32 - 2, count: 5, passedOver: 1 << 32 - 2, lost: 0)])
        #expect(events.records.map(\.sequence) == [.max - 1, .max, 0, 1, 2])
    }

    @Test("A poll that a look has comes with the events before its end")
    func withPolls() throws {
        let follower = try follower()
        for round in 1...20 {
            session.recordEvent()
            session.recordPoll()
            let look = follower.look()
            #expect(look.pollCount == 1)
            #expect(look.events.records.count == 1, "round \(round)")
        }
    }

    // MARK: Names

    @Test("A name comes once, with the first request that has it, when it is whole")
    func names() throws {
        session.publishName(3, "GET /users/{id}")
        session.publishName(4, "POST /risk")
        let follower = try follower()
        #expect(follower.look().requestNames.isEmpty, "nobody has it")
        for name: UInt32 in [3, 0, 3, 5, 9, .max] { session.recordBegin(name: name) }
        session.recordEvent {
            $0.kind = UInt8(POLLSCOPE_EVENT_TASK_MADE.rawValue); $0.subject = 4
        }
        #expect(
            follower.look().requestNames == [RequestName(number: 3, text: "GET /users/{id}", isCut: false)])
        #expect(follower.look().requestNames.isEmpty)
        session.publishName(5, "late")
        #expect(follower.look().requestNames.map(\.text) == ["late"])
        session.recordBegin(name: 3)
        #expect(follower.look().requestNames.isEmpty)
    }

    @Test("A name is text that can be shown, and ends with a whole character")
    func printable() throws {
        session.publishName(1, Array("a\u{1B}[31mb\n".utf8) + [0xFF, 0xC3])
        session.publishName(2, Array("späte".utf8.dropLast(2)), isCut: true)
        session.publishName(3, Array("spä".utf8), isCut: true)
        session.publishName(4, Array("💡".utf8.dropLast(1)), isCut: true)
        session.publishName(5, [0x80, 0x80, 0x80, 0x80], isCut: true)
        session.publishName(6, [])
        for name: UInt32 in 1...6 { session.recordBegin(name: name) }
        let names = try follower().look().requestNames
        #expect(names.map(\.text) == ["a\u{FFFD}[31mb\u{FFFD}\u{FFFD}\u{FFFD}", "spä", "spä", "", "����", ""])
        #expect(names.map(\.isCut) == [false, true, true, true, true, false])
    }

    @Test("A name that lies outside the texts is none, and one that claims to be longer than names are is cut")
    func places() throws {
        session.requestName(1).pointee.where = UInt64(512 - 10) | 20 << 32 | 1 << 63
        session.requestName(2).pointee.where = 0xFFFF_FFFF | 0xFFFF << 32 | 1 << 63
        session.requestName(3).pointee.where = 0xFFFF << 32 | 1 << 63
        for name: UInt32 in 1...3 { session.recordBegin(name: name) }
        let names = try follower().look().requestNames
        #expect(names.map(\.number) == [3])
        #expect(names.first?.text.unicodeScalars.count == Int(POLLSCOPE_REQUEST_NAME_MAX))
    }

    // MARK: Pools

    @Test("A status has all pools, closed ones included, with what is counted of them")
    func pools() throws {
        session.openPool(0, name: "postgres", capacity: 10)
        session.openPool(2, name: "re\u{1B}dis\n", capacity: 0)
        let entry = session.pool(2)
        entry.pointee.state = POLLSCOPE_POOL_CLOSED.rawValue
        entry.pointee.asked = 1
        entry.pointee.acquired = 2
        entry.pointee.failed = 3
        entry.pointee.released = 4
        entry.pointee.timed_out = 5
        entry.pointee.released_twice = 6
        entry.pointee.dropped = 7
        entry.pointee.in_use = 8
        entry.pointee.waiting = 9
        entry.pointee.in_use_peak = 10
        entry.pointee.waiting_peak = .max
        entry.pointee.connections_opened = 12
        entry.pointee.connections_closed = 13
        entry.pointee.after_close = .max
        let pools = try follower().status(now: nil).pools
        var redis = PoolStatus(number: 3, name: "re�dis�", isOpen: false, capacity: 0, opened: Ticks(500))
        redis.asked = 1
        redis.acquired = 2
        redis.failed = 3
        redis.released = 4
        redis.timedOut = 5
        redis.releasedTwice = 6
        redis.dropped = 7
        redis.inUse = 8
        redis.waiting = 9
        redis.inUsePeak = 10
        redis.waitingPeak = UInt64(UInt32.max)
        redis.connectionsOpened = 12
        redis.connectionsClosed = 13
        redis.askedAfterClose = .max
        let postgres = PoolStatus(number: 1, name: "postgres", isOpen: true, capacity: 10, opened: Ticks(500))
        #expect(pools == [postgres, redis])
    }

    @Test("A pool that is being made is not there yet, and what is no pool is none")
    func noPools() throws {
        #expect(try follower().status(now: nil).pools.isEmpty)
        session.openPool(1, name: "postgres")
        session.pool(1).pointee.state = 0
        session.openPool(3, name: "redis")
        session.pool(3).pointee.state = 3
        #expect(try follower().status(now: nil).pools.isEmpty)
        session.header.pointee.pools_used = .max
        session.pool(1).pointee.state = POLLSCOPE_POOL_OPEN.rawValue
        let full = String(repeating: "x", count: Int(POLLSCOPE_POOL_NAME_BYTES))
        SyntheticSession.fill(&session.pool(1).pointee.name, full)
        #expect(try follower().status(now: nil).pools.map(\.name) == [full])
    }

    // MARK: The session's own words

    @Test("What there was no room for is counted, and the probe has a name")
    func counters() throws {
        session.header.pointee.events_unrecorded = 1
        session.header.pointee.names_refused = 2
        session.header.pointee.pools_refused = 3
        let counters = try follower().counters()
        #expect(counters.eventsUnrecorded == 1)
        #expect(counters.requestNamesRefused == 2)
        #expect(counters.poolsRefused == 3)
        let probe = ProbeStatus(id: UInt16(POLLSCOPE_PROBE_REQUESTS.rawValue), state: 1, reason: "")
        #expect(probe.name == "requests and pools")
    }
}
