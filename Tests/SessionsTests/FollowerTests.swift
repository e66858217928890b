// Follows rings that a test writes: what is new is taken once, and what was overwritten is counted exactly.

import CPollscopeLayout
import Sessions
import TestSupport
import Testing

@Suite("Follower")
struct FollowerTests {
    let folder: TestFolder
    let session: SyntheticSession

    init() throws {
        folder = try TestFolder()
        session = try SyntheticSession(in: folder)
    }

    private func follower(from start: SessionFollower.Start = .oldest) throws -> SessionFollower {
        SessionFollower(file: try session.file(), from: start)
    }

    private func sequences(_ look: SessionLook) -> [UInt32] { look.batches.flatMap { $0.polls.map(\.sequence) } }

    @Test("Polls come in the order of their ends, once, with their thread")
    func inOrder() throws {
        session.claim(ring: 0, slot: 3, tid: 77, claimed: 5, name: "pool-1")
        session.recordPolls(10)
        let follower = try follower()
        let look = follower.look()
        let batch = try #require(look.batches.first)
        #expect(look.batches.count == 1)
        #expect(batch.thread == ThreadIdentity(tid: 77, slot: 3, claimed: Ticks(5), name: "pool-1"))
        #expect(batch.firstSequence == 0)
        #expect(batch.lost == 0)
        #expect(sequences(look) == Array(0..<10))
        #expect(follower.look().batches.isEmpty)
        session.recordPolls(3)
        let next = follower.look()
        #expect(sequences(next) == [10, 11, 12])
        #expect(next.batches.first?.firstSequence == 10)
        #expect(next.batches.first?.thread.tid == 77)
    }

    @Test("A new owner of a ring begins a new batch, and the numbers go on")
    func newOwner() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5, name: "first")
        session.recordPolls(4)
        session.giveBack(ring: 0)
        session.claim(ring: 0, slot: 1, tid: 2, claimed: 9, name: "second")
        session.recordPolls(2)
        let look = try follower().look()
        #expect(look.batches.map(\.thread.tid) == [1, 2])
        #expect(look.batches.map(\.thread.name) == ["first", "second"])
        #expect(look.batches.map(\.firstSequence) == [0, 4])
        #expect(look.batches.map(\.polls.count) == [4, 2])
        #expect(look.batches.allSatisfy { $0.lost == 0 })
    }

    @Test("A ring that is read in time loses nothing when it wraps")
    func wraps() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        let follower = try follower()
        var followed = FollowedPolls()
        for _ in 0..<20 {
            session.recordPolls(37)
            followed.add(follower.look())
        }
        #expect(followed.faults == [])
        #expect(followed.taken == [0: 740])
        #expect(followed.lost[0] == 0)
    }

    @Test("What was overwritten between two looks is lost, and counted")
    func overwritten() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        let follower = try follower()
        session.recordPolls(40)
        _ = follower.look()
        session.recordPolls(100)
        let look = follower.look()
        let batch = try #require(look.batches.first)
        #expect(look.batches.count == 1)
        // Of a full ring the oldest record may be overwritten at any moment, so 63 of 64 are taken.
        #expect(batch.polls.count == 63)
        #expect(batch.lost == 37)
        #expect(batch.firstSequence == 77)
        #expect(sequences(look) == Array(77..<140))
    }

    @Test("What was overwritten before anybody looked is history, not loss")
    func history() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.recordPolls(500)
        let look = try follower().look()
        #expect(look.batches.reduce(0) { $0 + $1.lost } == 0)
        #expect(sequences(look) == Array(437..<500))
    }

    @Test("From now on means what comes after, in rings that are there and in new ones")
    func fromNow() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.recordPolls(200)
        let follower = try follower(from: .now)
        #expect(follower.look().batches.isEmpty)
        session.recordPolls(3)
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        session.recordPolls(2, ring: 1)
        let look = follower.look()
        #expect(look.batches.map(\.firstSequence) == [200, 0])
        #expect(look.batches.map(\.polls.count) == [3, 2])
        #expect(look.batches.map(\.thread.tid) == [1, 2])
        #expect(look.batches.allSatisfy { $0.lost == 0 })
    }

    @Test("A new ring that wraps before the first look at it has lost what is gone")
    func newRingOverflows() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        let follower = try follower(from: .now)
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        session.recordPolls(300, ring: 1)
        var followed = FollowedPolls()
        followed.add(follower.look())
        #expect(followed.faults == [])
        #expect(followed.taken[1] == 63)
        #expect(followed.lost[1] == 237)
    }

    @Test("Polls after a loss belong to the ring's new owner, though the record that said so was overwritten")
    func ownerChangesInLostPart() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5, name: "first")
        session.recordPolls(10)
        let follower = try follower()
        _ = follower.look()
        session.giveBack(ring: 0)
        session.claim(ring: 0, slot: 1, tid: 2, claimed: 9, name: "second")
        session.recordPolls(200)
        let look = follower.look()
        #expect(look.batches.map(\.thread.tid) == [2])
        #expect(look.batches.first?.thread.name == "second")
        #expect(look.batches.first?.lost == 137)
    }

    @Test("In all small worlds: taken and lost are all there were, in order, and nothing twice")
    func smallWorlds() throws {
        let steps = [0, 1, 2, 62, 63, 64, 65, 127, 128, 129, 300]
        for a in steps {
            for b in steps {
                for c in steps {
                    let folder = try TestFolder()
                    let session = try SyntheticSession(in: folder)
                    session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
                    let follower = SessionFollower(file: try session.file(), from: .now)
                    var followed = FollowedPolls()
                    for (index, count) in [a, b, c].enumerated() {
                        if index == 2 {
                            session.giveBack(ring: 0)
                            session.claim(ring: 0, slot: 1, tid: 2, claimed: 6)
                        }
                        session.recordPolls(count)
                        followed.add(follower.look())
                    }
                    session.recordPoll()  // a loss at the very end shows when the next one comes
                    followed.add(follower.look())
                    #expect(followed.faults == [], "\(a), \(b), \(c)")
                    #expect(
                        followed.taken[0, default: 0] + followed.lost[0, default: 0] == UInt64(a + b + c + 1),
                        "\(a), \(b), \(c)")
                    if max(a, b, c) < 63 { #expect(followed.lost[0, default: 0] == 0, "\(a), \(b), \(c)") }
                }
            }
        }
    }

    @Test("Numbers go on where their 32 bits do not")
    func longNumbers() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        // A ring that has recorded 2^32 - 3 polls.
        let before: UInt64 = 1 << 32 - 3
        session.skip(to: before, ring: 0)
        let follower = try follower(from: .now)
        session.recordPolls(10)
        var followed = FollowedPolls(from: [0: before])
        followed.add(follower.look())
        #expect(followed.faults == [])
        #expect(followed.taken[0] == 10)
        #expect(followed.lost[0] == 0)
        session.recordPolls(100)
        followed.add(follower.look())
        #expect(followed.faults == [])
        #expect(followed.lost[0] == 37)
    }

    // MARK: What runs

    @Test("The poll that runs is shown with its stack, until it is recorded")
    func running() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        let stack = session.claimStack()
        session.publishStack(stack, frames: [0x1000, 0x2000])
        session.recordPolls(2)
        let ring = session.ringHeader(0)
        ring.pointee.running.task = 42
        ring.pointee.running.stack = stack
        ring.pointee.running.kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
        ring.pointee.running.start_ticks = 99_000
        ring.pointee.depth = 1
        let follower = try follower()
        let look = follower.look()
        #expect(look.batches.first?.running?.task == 42)
        #expect(look.batches.first?.running?.start_ticks == 99_000)
        #expect(look.batches.first?.running?.duration_ticks == 1_000, "the time since its start")
        #expect(look.stacks.first?.frames == [0x1000, 0x2000])
        #expect(follower.counters().running == 1)
        // It is looked at again: it still runs, and nothing is new.
        let again = follower.look()
        #expect(again.batches.count == 1)
        #expect(again.batches.first?.polls.isEmpty == true)
        #expect(again.batches.first?.running?.task == 42)
        #expect(again.stacks.isEmpty)
    }

    @Test("A poll that was recorded right before its thread was killed is not running besides")
    func recordedAndRunning() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.recordPolls(5)
        session.ringHeader(0).pointee.running.start_ticks = SyntheticSession.poll(number: 4, ring: 0).start_ticks
        session.ringHeader(0).pointee.depth = 1
        let follower = try follower()
        #expect(follower.counters().running == 0)
        #expect(follower.look().batches.first?.running == nil)
        // And not at a later look, either, when the record is no longer new.
        #expect(follower.look().batches.allSatisfy { $0.running == nil })
    }

    @Test("Polls that run inside one another are all counted")
    func nested() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.ringHeader(0).pointee.running.start_ticks = 99_000
        session.ringHeader(0).pointee.depth = 3
        #expect(try follower().counters().running == 3)
    }

    // MARK: Stacks, threads, counters

    @Test("A stack comes once; one that is being written comes when it is whole")
    func stacks() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        let early = session.claimStack()
        session.publishStack(early, frames: [1, 2, 3], kind: 2, isCut: true)
        let late = session.claimStack()
        session.recordPoll(stack: early)
        session.recordPoll(stack: late)
        session.recordPoll(stack: 1000)  // beyond the table
        let follower = try follower()
        #expect(follower.look().stacks == [AsyncStack(id: early, kind: 2, isCut: true, frames: [1, 2, 3])])
        #expect(follower.look().stacks.isEmpty)
        session.publishStack(late, frames: [7])
        #expect(follower.look().stacks == [AsyncStack(id: late, kind: 1, isCut: false, frames: [7])])
        session.recordPoll(stack: early)
        #expect(follower.look().stacks.isEmpty)
    }

    @Test("Threads that only enqueue are known; a slot that changes hands is two of them")
    func threads() throws {
        session.claimSlot(2, tid: 30, claimed: 5, name: "event-loop")
        let follower = try follower()
        #expect(
            follower.look().threads == [ThreadIdentity(tid: 30, slot: 2, claimed: Ticks(5), name: "event-loop")])
        #expect(follower.look().threads.isEmpty)
        session.claimSlot(2, tid: 31, claimed: 8, name: "0123456789abcdef")  // a name that fills its place
        #expect(
            follower.look().threads == [ThreadIdentity(tid: 31, slot: 2, claimed: Ticks(8), name: "0123456789abcdef")])
    }

    @Test("Counters add up over slots and rings")
    func counters() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        session.claimSlot(5, tid: 3, claimed: 7, name: "outside")
        session.recordPolls(10)
        session.recordPolls(20, ring: 1)
        session.slot(0).pointee.enqueues = 30
        session.slot(5).pointee.enqueues = 5
        session.header.pointee.enqueues_unslotted = 2
        session.header.pointee.polls_unrecorded = 3
        session.header.pointee.jobs_refused = 4
        session.header.pointee.stacks_refused = 5
        session.header.pointee.rings_refused = 6
        session.header.pointee.ring_refusal_errno = 28
        let counters = try follower().counters()
        #expect(counters.polls == 30)
        #expect(counters.enqueues == 37)
        #expect(counters.running == 0)
        #expect(counters.pollsUnrecorded == 3)
        #expect(counters.pending == 4)
        #expect(counters.jobsRefused == 4)
        #expect(counters.stacksRefused == 5)
        #expect(counters.ringsRefused == 6)
        #expect(counters.ringRefusalErrno == 28)
    }

    @Test("More polls than enqueues leave nothing pending")
    func noPending() {
        var counters = SessionCounters()
        counters.polls = 5
        counters.enqueues = 4
        #expect(counters.pending == 0)
    }
}
