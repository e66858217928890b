// A writer that never waits, and a follower that looks while it writes.

import Sessions
import TestSupport
import Testing

@Suite("Concurrent writer", .serialized)
struct ConcurrentWriterTests {
    @Test(
        "Nothing is duplicated, torn or out of order, and nothing is missing but what is counted",
        .timeLimit(.minutes(1)), arguments: [64, 256, 4096, 65536])
    func followed(ringRecords: Int) throws {
        let folder = try TestFolder()
        let session = try SyntheticSession(in: folder, ringRecords: ringRecords)
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        let follower = SessionFollower(file: try session.file(), from: .now)
        var followed = FollowedPolls()
        let writer = BackgroundWriter(session: session, rounds: 400_000) { session, number in
            session.recordPoll(ring: number & 1)
            if number % 1000 == 999 {
                session.giveBack(ring: number & 1)
                session.claim(ring: number & 1, slot: number & 1, tid: UInt32(number), claimed: UInt64(number))
            }
        }
        writer.start()
        while !writer.isDone { followed.add(follower.look()) }
        followed.add(follower.look())
        // What was lost at the very end shows when the next poll comes.
        for ring in 0..<2 { session.recordPoll(ring: ring) }
        followed.add(follower.look())

        #expect(followed.faults == [])
        for ring in 0..<2 {
            let number = UInt32(ring)
            #expect(followed.taken[number, default: 0] + followed.lost[number, default: 0] == session.polls(ring))
            #expect(followed.taken[number, default: 0] > 0)
        }
        #expect(follower.counters().polls == session.polls(0) + session.polls(1))
    }

    @Test(
        "No evidence is duplicated, torn or out of order, and none is missing but what is counted",
        .timeLimit(.minutes(1)), arguments: [16, 256])
    func evidence(records: Int) throws {
        let folder = try TestFolder()
        let session = try SyntheticSession(in: folder, evidenceRecords: records, samples: records)
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        let follower = SessionFollower(file: try session.file(), from: .now)
        var followed = FollowedEvidence()
        let writer = BackgroundWriter(session: session, rounds: 200_000) { session, number in
            switch number % 3 {
            case 0: session.recordCall(ring: number & 1)
            case 1: session.recordLongPoll(ring: number & 1)
            default: session.recordSample()
            }
        }
        writer.start()
        while !writer.isDone { followed.add(follower.look().evidence) }
        followed.add(follower.look().evidence)

        #expect(followed.faults == [])
        #expect(UInt64(followed.taken) + followed.lost == session.evidence(0) + session.evidence(1))
        #expect(UInt64(followed.samplesTaken) + followed.samplesLost == session.header.pointee.samples_head)
        #expect(followed.taken > 0)
        #expect(followed.samplesTaken > 0)
    }

    @Test(
        "No event is duplicated, torn or out of order, and none is missing but what is counted",
        .timeLimit(.minutes(1)), arguments: [64, 1024])
    func events(records: Int) throws {
        let folder = try TestFolder()
        let session = try SyntheticSession(in: folder, eventRecords: records)
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        let follower = SessionFollower(file: try session.file(), from: .now)
        var followed = FollowedEvents()
        let writer = BackgroundWriter(session: session, rounds: 200_000) { session, number in
            session.recordEvent(ring: number & 1)
        }
        writer.start()
        while !writer.isDone { followed.add(follower.look().events) }
        followed.add(follower.look().events)

        #expect(followed.faults == [])
        #expect(UInt64(followed.taken) + followed.lost == session.events(0) + session.events(1))
        #expect(followed.taken > 0)
    }

    @Test(
        "No allocation record is duplicated, torn or out of order, and none is missing but what is counted",
        .timeLimit(.minutes(1)), arguments: [16, 1024])
    func allocations(records: Int) throws {
        let folder = try TestFolder()
        let session = try SyntheticSession(in: folder, allocations: records)
        let follower = SessionFollower(file: try session.file(), from: .now)
        var followed = FollowedAllocations()
        let writer = BackgroundWriter(session: session, rounds: 200_000) { session, _ in session.recordAllocation() }
        writer.start()
        while !writer.isDone { followed.add(follower.look().allocations) }
        followed.add(follower.look().allocations)

        #expect(followed.faults == [])
        #expect(followed.taken + followed.lost == session.allocations)
        #expect(followed.passedOver == 0)
        #expect(followed.taken > 0)
    }

    @Test("What is known of a poll is there when the poll is, or is counted as lost", .timeLimit(.minutes(1)))
    func evidenceBeforePolls() throws {
        let folder = try TestFolder()
        let session = try SyntheticSession(in: folder, ringRecords: 4096, evidenceRecords: 4096)
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        let follower = SessionFollower(file: try session.file(), from: .now)
        let writer = BackgroundWriter(session: session, rounds: 200_000) { session, _ in
            let start = SyntheticSession.poll(number: session.polls(0), ring: 0).start_ticks
            session.recordLongPoll { $0.poll_start_ticks = start }
            session.recordPoll(ring: 0)
        }
        var known: Set<UInt64> = []
        var missing: UInt64 = 0
        var lost: UInt64 = 0
        var polls = 0
        func take() {
            let look = follower.look()
            known.formUnion(look.evidence.longPolls.map(\.context.poll.start.rawValue))
            lost += look.evidence.recordsLost
            for poll in look.batches.flatMap(\.polls) {
                polls += 1
                if known.remove(poll.start_ticks) == nil { missing += 1 }
            }
        }
        writer.start()
        while !writer.isDone { take() }
        take()
        #expect(polls > 0)
        #expect(missing <= lost, "of \(polls) polls")
    }
}
