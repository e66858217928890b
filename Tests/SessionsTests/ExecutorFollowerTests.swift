// Executors come once and whole; holds and turns come with the polls, and are counted apart from them.

import CPollscopeLayout
import TestSupport
import Testing

@testable import Sessions

@Suite("Executors, holds and turns")
struct ExecutorFollowerTests {
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

    @Test("An executor comes once, whatever its place in the table, and whenever it is published")
    func executors() throws {
        session.publishExecutor(6, name: "com.example.files")
        session.claimExecutor(2, identity: 0x1002)
        let follower = try follower(from: .now)
        #expect(follower.look().executors == [SyntheticSession.identity(6, name: "com.example.files")])
        #expect(follower.look().executors.isEmpty)
        session.publishExecutor(2, kind: POLLSCOPE_EXECUTOR_LOOP, name: "NIO-ELT-0-#1")
        session.publishExecutor(0, kind: POLLSCOPE_EXECUTOR_TASK, name: "")
        #expect(
            follower.look().executors == [
                SyntheticSession.identity(0, kind: POLLSCOPE_EXECUTOR_TASK, name: ""),
                SyntheticSession.identity(2, kind: POLLSCOPE_EXECUTOR_LOOP, name: "NIO-ELT-0-#1"),
            ])
        #expect(follower.look().executors.isEmpty)
    }

    @Test("A name that fills its place, or that cannot be shown, is a name")
    func names() throws {
        let long = String(repeating: "x", count: Int(POLLSCOPE_EXECUTOR_NAME_BYTES))
        session.publishExecutor(1, name: long)
        session.publishExecutor(2, name: "a\u{1B}[31mb")
        #expect(try follower().look().executors.map(\.name) == [long, "a\u{FFFD}[31mb"])
    }

    @Test("Types come with the executors and the holds that refer to them")
    func types() throws {
        for id: UInt16 in 1...3 { session.publishType(id, name: "Quotes.Actor\(id)") }
        session.publishExecutor(0, type: 2, name: "")
        session.recordHold(type: 3)
        session.recordPoll()
        let follower = try follower()
        #expect(follower.look().types.map(\.name) == ["Quotes.Actor2", "Quotes.Actor3"])
        session.recordHold(type: 3)
        session.recordHold(type: 1)
        // A poll's waker is no type.
        session.record { $0.waker = 2 }
        #expect(follower.look().types.map(\.name) == ["Quotes.Actor1"])
    }

    @Test("Holds, turns and works come in order with the other polls")
    func order() throws {
        session.recordPolls(2)
        session.recordHold(type: 0)
        session.recordPoll()
        session.recordTurn()
        session.record { $0.kind = UInt8(POLLSCOPE_RECORD_WORK.rawValue) }
        session.record { $0.kind = UInt8(POLLSCOPE_RECORD_WORK.rawValue) + 1 }  // of no kind that there is
        session.recordPoll()
        let look = try follower().look()
        #expect(look.batches.map { $0.polls.map(\.sequence) } == [[0, 1, 2, 3, 4, 5], [7]])
        #expect(look.batches.map(\.lost) == [0, 1])
        #expect(look.batches[0].polls.map { UInt32($0.kind) }[2...] == [6, 2, 7, 8])
    }

    @Test("Holds and turns are counted apart: nobody enqueued them")
    func counters() throws {
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        session.recordPolls(10)
        for _ in 0..<3 { session.recordHold(type: 0) }
        for _ in 0..<2 { session.recordTurn(ring: 1) }
        session.recordPoll(ring: 1)
        session.header.pointee.executors_refused = 1
        session.part(session.header.pointee.tasks.offset).assumingMemoryBound(to: pollscope_task_entry.self)
            .pointee.generation = 5
        session.header.pointee.tasks_untracked = 4
        session.header.pointee.tasks_untracked_ended = 1
        session.header.pointee.works_unobserved = 5
        session.header.pointee.threads_created = 6
        let counters = try follower().counters()
        #expect(counters.polls == 11)
        #expect(counters.holds == 3)
        #expect(counters.turns == 2)
        #expect(counters.records == 16)
        #expect(counters.executorsRefused == 1)
        #expect(counters.tasksCreated == 9)
        #expect(counters.tasksEnded == 6)
        #expect(counters.tasksUntracked == 4)
        #expect(counters.worksUnobserved == 5)
        #expect(counters.threadsCreated == 6)
    }

    @Test("A turn that runs is shown, and is no running poll; a poll in it is one")
    func runningTurn() throws {
        let ring = session.ringHeader(0)
        ring.pointee.running.kind = UInt8(POLLSCOPE_RECORD_TURN.rawValue)
        ring.pointee.running.start_ticks = 99_000
        let follower = try follower()
        #expect(follower.counters().running == 0)
        #expect(follower.look().batches.first?.running?.start_ticks == 99_000)
        ring.pointee.running.kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
        ring.pointee.running.start_ticks = 99_500
        ring.pointee.depth = 1
        #expect(follower.counters().running == 1)
    }

    @Test("A hold that began with the poll that still runs is not that poll")
    func heldAndRunning() throws {
        session.recordPoll()
        session.recordHold(type: 0)
        session.ringHeader(0).pointee.running.kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
        session.ringHeader(0).pointee.running.start_ticks = SyntheticSession.poll(number: 1, ring: 0).start_ticks
        session.ringHeader(0).pointee.depth = 1
        let follower = try follower()
        #expect(follower.counters().running == 1)
        #expect(follower.look().batches.first?.running != nil)
    }

    @Test("A recording of what was there begins with the first hold's wait, whatever its flags")
    func beginning() throws {
        session.record {
            $0.kind = UInt8(POLLSCOPE_RECORD_HOLD.rawValue)
            $0.flags = UInt8(POLLSCOPE_POLL_TIMER.rawValue)
            $0.start_ticks = 20_000
            $0.wait_ticks = 15_000
        }
        #expect(try follower().look().begin == Ticks(5_000))
    }

    @Test("Allocations belong to polls of any kind, and to no hold")
    func allocationsOfKinds() throws {
        for kind in [POLLSCOPE_RECORD_TURN, POLLSCOPE_RECORD_WORK, POLLSCOPE_RECORD_HOLD] {
            session.recordAllocation(kind: POLLSCOPE_ALLOCATION_SAMPLE) { $0.poll_kind = UInt8(kind.rawValue) }
        }
        let allocations = try follower().look().allocations
        #expect(allocations.samples.map { $0.allocation.context?.kind } == [7, 8])
        #expect(allocations.recordsLost == 1)
    }
}
