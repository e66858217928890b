// The table of live tasks, and the question that is put to its process.

import CPollscopeLayout
import Glibc
import TestSupport
import Testing

@testable import Sessions

@Suite("Live tasks of a session")
struct TasksTableTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("The generations count what was made and what has ended")
    func totals() throws {
        let session = try SyntheticSession(in: folder)
        for round in 0..<5 {
            session.enterTask(3, id: UInt32(round))
            session.leaveTask(3)
        }
        session.enterTask(3, id: 5)
        session.enterTask(4, id: 6)
        session.taskEntry(7).pointee.task = UInt64(POLLSCOPE_TASK_BEING_CLAIMED)
        session.header.pointee.tasks_untracked = 10
        session.header.pointee.tasks_untracked_ended = 4
        let totals = try session.file().taskTotals()
        #expect(totals.created == 17)
        #expect(totals.ended == 9)
        #expect(totals.tracked == 2)
        #expect(totals.live == 8)
    }

    @Test("A generation that begins anew goes on counting")
    func generationsBeginAnew() throws {
        let session = try SyntheticSession(in: folder)
        session.taskEntry(0).pointee.generation = UInt32.max
        session.enterTask(0, id: 1)
        let totals = try session.file().taskTotals()
        #expect(totals.created == 1 << 32)
        #expect(totals.live == 1)
    }

    @Test("What a look found counts for the reader that asked; for others as long as the task has not run")
    func looks() throws {
        let session = try SyntheticSession(in: folder)
        for place in 0..<6 {
            session.enterTask(place, id: UInt32(place + 1), parent: 9, name: place == 0 ? "first" : "")
        }
        for place in 0..<6 { session.pollTask(place, from: 2_000, to: 3_000) }
        session.noteTask(
            0, look: 7, state: POLLSCOPE_TASK_AWAITS_TASK, stack: 4, awaited: 2, since: 2_900,
            flags: POLLSCOPE_TASK_CANCELLED)
        session.noteTask(1, look: 6, state: POLLSCOPE_TASK_AWAITS_GROUP)  // an earlier reader's
        session.noteTask(2, look: 7, state: POLLSCOPE_TASK_AWAITS_CONTINUATION, since: 3_000)
        session.pollTask(2, from: 4_000, to: 5_000)  // it ran
        session.noteTask(3, look: 7, state: POLLSCOPE_TASK_HAS_ENDED)
        session.noteTask(4, look: 8, state: POLLSCOPE_TASK_ENQUEUED, awaited: 77, since: 3_500)  // a later reader's
        session.noteTask(5, look: 7, state: POLLSCOPE_TASK_SUSPENDED)
        session.taskEntry(5).pointee.look_generation += 1  // of the task that was here before
        session.enterTask(6, id: 7)
        session.noteTask(6, look: 7, state: POLLSCOPE_TASK_AWAITS_GROUP)
        session.leaveTask(6)  // it lived when it was looked at
        session.enterTask(7, id: 8)
        session.noteTask(7, look: 7, state: POLLSCOPE_TASK_AWAITS_GROUP)
        session.leaveTask(7)
        session.taskEntry(7).pointee.generation += 1  // and another task is about to be here
        session.taskEntry(7).pointee.task = UInt64(POLLSCOPE_TASK_BEING_CLAIMED)

        let tasks = try session.file().liveTasks(look: 7).tasks
        #expect(tasks.map(\.id) == [1, 2, 3, 5, 6, 7], "the one that had ended is left out")
        #expect(tasks.map(\.state) == [.awaitsTask, .unknown, .awaitsContinuation, .enqueued, .unknown, .awaitsGroup])
        let first = tasks[0]
        #expect(first.name == "first" && first.parent == 9 && first.isCancelled)
        #expect(first.stack == 4 && first.awaitedTask == 2)
        #expect(first.since == Ticks(2_900))
        #expect(tasks[3].actor == 77 && tasks[3].awaitedTask == 0)
        #expect(tasks[3].since == Ticks(3_500))
        #expect(tasks[2].since == Ticks(3_000), "what was there when it was asked for")

        let whenever = try session.file().liveTasks(look: nil).tasks
        // Of what somebody asked for before, that counts which has not run since.
        #expect(whenever.map(\.state) == [.awaitsTask, .awaitsGroup, .unknown, .enqueued, .unknown])
    }

    @Test("Without a look the table tells what runs and what has not begun")
    func inferred() throws {
        let session = try SyntheticSession(in: folder)
        session.enterTask(0, id: 1, created: 1_500)
        session.enterTask(1, id: 2)
        session.pollTask(1, from: 2_000, to: nil)
        session.enterTask(2, id: 3)
        session.pollTask(2, from: 2_000, to: 2_500)
        session.pollTask(2, from: 3_000, to: nil)
        session.enterTask(3, id: 4)
        session.pollTask(3, from: 2_000, to: 2_500)
        let tasks = try session.file().liveTasks(look: nil).tasks
        #expect(tasks.map(\.state) == [.enqueued, .running, .running, .unknown])
        #expect(tasks.map(\.since) == [1_500, 2_000, 3_000, 2_500].map { Ticks($0) })
    }

    // MARK: Asking

    /// This process's own session: alive, as long as the test runs.
    private func livingSession(watcher: UInt32 = 1) throws -> SyntheticSession {
        let session = try SyntheticSession(in: folder)
        session.header.pointee.watcher_tid = watcher
        session.enterTask(0, id: 1)
        session.pollTask(0, from: 2_000, to: 3_000)
        return session
    }

    @Test("Who is asked is woken by the bell, and the reader by the answer", .timeLimit(.minutes(1)))
    func asked() throws {
        let session = try livingSession()
        let stack = session.claimStack()
        session.publishStack(stack, frames: [1, 2])
        let watcher = BackgroundWriter(session: session, rounds: 1) { session, _ in
            let header = session.header
            var rings = pollscope_bell_rings(header)
            while !pollscope_look_is_asked(header) {
                pollscope_bell_wait(header, rings, nil)
                rings = pollscope_bell_rings(header)
            }
            let number = header.pointee.look_asked
            session.noteTask(0, look: number, state: POLLSCOPE_TASK_AWAITS_GROUP, stack: 1)
            pollscope_look_answer(header, number)
        }
        watcher.start()
        let look = try session.file().lookAtTasks(within: 30)
        #expect(look.answer == .answered)
        #expect(look.tasks.map(\.state) == [.awaitsGroup])
        #expect(look.stacks[stack]?.frames == [1, 2])
        #expect(look.at > Ticks(3_000))
    }

    @Test("Who does not answer is not waited for without end")
    func silent() throws {
        let session = try livingSession()
        let look = try session.file().lookAtTasks(within: 0.01)
        #expect(look.answer == .silent)
        #expect(look.tasks.map(\.id) == [1])
    }

    @Test("Who has no watcher is not asked")
    func noWatcher() throws {
        let session = try livingSession(watcher: 0)
        #expect(try session.file().lookAtTasks(within: 30).answer == .noWatcher)
        #expect(session.header.pointee.look_asked == 0)
    }

    @Test("Who has ended is not asked; its last moment is the latest that is known")
    func ended() throws {
        let session = try livingSession()
        session.header.pointee.state = POLLSCOPE_SESSION_ENDED.rawValue
        session.pollTask(0, from: 2_500_000_000, to: 2_600_000_000)
        let look = try session.file().lookAtTasks(within: 30)
        #expect(look.answer == .processEnded)
        #expect(look.at == Ticks(2_600_000_000))
    }

    @Test("A session without the table says why there is none")
    func noTable() throws {
        let session = try livingSession()
        session.header.pointee.probes.0 = pollscope_probe(
            id: UInt16(POLLSCOPE_PROBE_TASKS.rawValue), state: UInt16(POLLSCOPE_PROBE_OFF.rawValue), reason_offset: 0,
            reason_bytes: 0, reserved: 0)
        session.header.pointee.probes_count = 1
        #expect(throws: SessionError.self) { try session.file().lookAtTasks(within: 30) }
    }

    @Test("Any bytes in the table are read without harm")
    func hostile() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let session = try SyntheticSession(in: folder, name: "hostile-\(generator.next()).session")
            session.header.pointee.state = POLLSCOPE_SESSION_ENDED.rawValue
            let bytes = UnsafeMutableRawBufferPointer(
                start: session.part(session.header.pointee.tasks.offset),
                count: Int(session.header.pointee.tasks.count) * MemoryLayout<pollscope_task_entry>.stride)
            for index in bytes.indices { bytes[index] = UInt8.random(in: 0...255, using: &generator) }
            let look = try session.file().lookAtTasks(within: 1)
            #expect(look.tasks.count <= 16)
            unlink(session.path)
        }
    }
}
