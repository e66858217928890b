// A writer that never waits, and a follower that looks while it writes.

import Glibc
import Sessions
import Synchronization
import TestSupport
import Testing

@Suite("Concurrent writer", .serialized)
struct ConcurrentWriterTests {
    /// The writer's part of the session: one thread writes, as the protocol has it.
    private final class Writer: Sendable {
        // Safe: only the writing thread touches it between start and isDone.
        nonisolated(unsafe) let session: SyntheticSession
        let polls: Int
        let isDone = Atomic<Bool>(false)

        init(session: SyntheticSession, polls: Int) {
            self.session = session
            self.polls = polls
        }

        func start() {
            var thread = pthread_t()
            let writer = Unmanaged.passRetained(self)
            let error = pthread_create(
                &thread, nil,
                { context in
                    // Safe: the retain of the line above the call is taken back exactly once, here.
                    Unmanaged<Writer>.fromOpaque(context!).takeRetainedValue().write()
                    return nil
                }, writer.toOpaque())
            precondition(error == 0)
            pthread_detach(thread)
        }

        private func write() {
            for number in 0..<polls {
                session.recordPoll(ring: number & 1)
                if number % 1000 == 999 {
                    session.giveBack(ring: number & 1)
                    session.claim(ring: number & 1, slot: number & 1, tid: UInt32(number), claimed: UInt64(number))
                }
            }
            isDone.store(true, ordering: .releasing)
        }
    }

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
        let writer = Writer(session: session, polls: 400_000)
        writer.start()
        while !writer.isDone.load(ordering: .acquiring) { followed.add(follower.look()) }
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
}
