// Which tasks have stood still, and what the live tasks are, from a session's table.

import CPollscopeLayout
import TestSupport
import Testing

@testable import Sessions

@Suite("Tasks that stand still")
struct StuckTaskTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func task(_ id: UInt32, since: UInt64?, awaits: UInt32 = 0, parent: UInt32 = 0) -> LiveTask {
        var task = LiveTask(id: id, created: Ticks(0))
        task.since = since.map { Ticks($0) }
        task.awaitedTask = awaits
        task.parent = parent
        return task
    }

    /// A tick is a millisecond.
    private func look(_ tasks: [LiveTask], at now: UInt64 = 5_000) -> TaskLook {
        TaskLook(answer: .answered, tasks: tasks, totals: TaskTotals(), at: Ticks(now), stacks: [:], types: [:])
    }

    @Test("Those that have been in one state for a second, the longest first")
    func stuck() {
        let stuck = StuckTaskLook(
            look([
                task(1, since: 4_001), task(2, since: 4_000), task(3, since: nil), task(4, since: 9_000),
                task(5, since: 100), task(6, since: 100),
            ]), secondsPerTick: 0.001)
        #expect(stuck.tasks.map(\.task.id) == [5, 6, 2])
        #expect(stuck.count == 3)
        #expect(stuck.at == Ticks(5_000))
    }

    @Test("Of many the longest are kept, and all are counted")
    func many() {
        let tasks = (0..<100).map { task($0, since: UInt64($0)) }.reversed()
        let stuck = StuckTaskLook(look(Array(tasks)), secondsPerTick: 0.001, keeping: 10)
        #expect(stuck.count == 100)
        #expect(stuck.tasks.map(\.task.id) == Array(0..<10))
    }

    @Test("Who waits for a child of its own does, also if that runs again and again")
    func children() {
        let stuck = StuckTaskLook(
            look([
                task(1, since: 1, awaits: 2), task(2, since: 4_999, parent: 1), task(3, since: 2, awaits: 2),
                task(4, since: 3, awaits: 9),
            ]), secondsPerTick: 0.001)
        #expect(stuck.tasks.map(\.awaitsChild) == [true, false, false])
    }

    @Test("The census counts tasks by what they were made of and by whom")
    func census() throws {
        let session = try SyntheticSession(in: folder)
        for place in 0..<6 {
            session.enterTask(place, id: UInt32(place) + 1)
            session.taskEntry(place).pointee.start_stack = place < 4 ? 3 : 5
            session.taskEntry(place).pointee.spawn_stack = place == 0 ? 0 : 7
        }
        session.leaveTask(5)
        session.taskEntry(6).pointee.task = UInt64(POLLSCOPE_TASK_BEING_CLAIMED)
        session.header.pointee.tasks_untracked = 10
        session.header.pointee.tasks_untracked_ended = 4
        let census = try session.file().taskCensus(at: Ticks(99))
        #expect(census.at == Ticks(99))
        #expect(census.live == 11)
        #expect(census.tracked == 5)
        #expect(
            census.groups == [
                .init(startStack: 3, spawnStack: 7, tasks: 3), .init(startStack: 3, spawnStack: 0, tasks: 1),
                .init(startStack: 5, spawnStack: 7, tasks: 1),
            ])
    }
}
