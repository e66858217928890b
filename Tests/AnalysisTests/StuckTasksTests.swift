// Tasks that stood still at the end of a recording: groups, times, and what else happened at the same place.

import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

@Suite struct StuckTasksTests {
    /// Stack n is `function(n / 10)`; a tick is a nanosecond.
    private func task(
        _ id: UInt32, stack: UInt32 = 20, state: LiveTask.State = .awaitsContinuation, stuckSeconds: Double = 3,
        name: String = "", start: UInt32 = 50, spawn: UInt32 = 60
    ) -> LiveTask {
        var task = LiveTask(id: id, created: Ticks(1_000))
        task.state = state
        task.stack = stack
        task.startStack = start
        task.spawnStack = spawn
        task.polls = 1
        task.name = name
        task.since = Ticks(5_000_001_000 - UInt64(stuckSeconds * 1e9))
        return task
    }

    private func report(_ tasks: [StuckTask], count: UInt64? = nil, polls: [pollscope_poll_record] = []) -> ReportModel
    {
        var facts = Made.facts(
            statuses: [Made.status(at: 0), Made.status(at: 5)],
            stacks: [10, 20, 21, 30, 50, 60, 70].map { Made.stack($0) })
        var totals = TaskTotals()
        totals.tracked = 40
        facts.stuckTasks = StuckTaskLook(
            answer: .answered, at: Ticks(5_000_001_000), totals: totals, count: count ?? UInt64(tasks.count),
            tasks: tasks)
        facts.types[9] = ObjectType(id: 9, name: "App.Ledger")
        var analysis = PollAnalysis(calibration: facts.calibration, span: facts.span)
        analysis.add(chunk: [MadeBatch(0, polls)])
        return ReportModel(facts: facts, analysis: analysis, naming: Made.name)
    }

    @Test func nobodyLookedIsNotNobodyIsStuck() {
        let model = ReportModel(
            facts: Made.facts(), analysis: PollAnalysis(calibration: Made.calibration), naming: Made.name)
        #expect(model.stuckTasks.isEmpty && model.stuckTasksLook == nil)
        #expect(report([]).stuckTasksLook?.stuck == 0)
    }

    @Test func tasksOfOneKindAtOnePlaceAreOne() throws {
        let model = report(
            [
                StuckTask(task(1, stuckSeconds: 2, name: "b")),
                StuckTask(task(2, stack: 21, stuckSeconds: 4, name: "a")),
                StuckTask(task(3, stuckSeconds: 1)), StuckTask(task(4, stack: 30, stuckSeconds: 4.5)),
                StuckTask(task(5, state: .awaitsGroup, stuckSeconds: 3)),
            ], count: 4_900)
        #expect(model.stuckTasks.map(\.site.place.function) == ["function3()", "function2()", "function2()"])
        #expect(model.stuckTasks.map(\.wait.kind) == [.continuation, .continuation, .group])
        #expect(model.stuckTasks.map(\.count) == [1, 3, 1])
        let group = model.stuckTasks[1]
        #expect(abs(group.oldestSeconds - 4) < 1e-9)
        #expect(abs(group.medianSeconds - 2) < 1e-9)
        #expect(group.tasks.map(\.id) == [2, 1, 3])
        #expect(group.tasks.map(\.name) == ["a", "b", nil])
        #expect(group.code?.function == "function5()")
        #expect(group.maker?.function == "function6()")
        let look = try #require(model.stuckTasksLook)
        #expect(look.answer == .answered)
        #expect((look.live, look.stuck, look.kept) == (40, 4_900, 5))
        #expect(abs(look.atSeconds - 5) < 1e-9)
    }

    /// What a rule asks: do others get on where this one does not?
    @Test func whatResumedAtTheSamePlaceIsCounted() {
        let model = report(
            [StuckTask(task(1, stack: 20)), StuckTask(task(2, stack: 30))],
            polls: [
                Made.poll(2_000, 100, stack: 20), Made.poll(3_000, 100, stack: 21), Made.poll(4_000, 100, stack: 50),
                Made.poll(5_000, 100, stack: 30, flags: [POLLSCOPE_POLL_TIMER]),
            ])
        #expect(model.stuckTasks.map(\.site.place.function) == ["function2()", "function3()"])
        #expect(model.stuckTasks.map(\.resumed) == [2, 0])
    }

    @Test func aChildAndAnExecutorAreTold() {
        var parent = task(1, state: .awaitsTask)
        parent.awaitedTask = 7
        var queued = task(2, stack: 30, state: .enqueued, stuckSeconds: 2)
        (queued.actor, queued.executorType) = (5, 9)
        let waits = report([StuckTask(parent, awaitsChild: true), StuckTask(parent), StuckTask(queued)])
            .stuckTasks.map(\.wait)
        #expect(Set(waits.map(\.kind)) == [.child, .task, .executor])
        #expect(waits.last == TaskWait(kind: .executor, what: "actor Ledger"))
    }

    /// Of a process that ended before anybody asked.
    @Test func withoutAPlaceThereIsWhatTheyWereMadeOf() {
        let group = report([StuckTask(task(1, stack: 0, state: .unknown))]).stuckTasks[0]
        #expect(
            group.site
                == SiteName(
                    place: CodePlace(function: StackNames.notCaptured, awaitPoint: nil, file: nil, line: nil),
                    task: "function5()"))
        #expect(group.code?.function == "function5()")
        #expect(group.stack.isEmpty)
    }

    @Test func anyBytesDoNoHarm() {
        var random = Wild(state: 3)
        let tasks = (0..<200).map { _ in
            var task = self.task(UInt32(truncatingIfNeeded: random.next()))
            task.since = random.next() % 3 == 0 ? nil : Ticks(random.next())
            task.created = Ticks(random.next())
            task.stack = UInt32(random.next() % 100)
            task.state = LiveTask.State.allCases[Int(random.next() % UInt64(LiveTask.State.allCases.count))]
            task.awaitedTask = UInt32(truncatingIfNeeded: random.next())
            task.executorType = UInt16(truncatingIfNeeded: random.next())
            return StuckTask(task, awaitsChild: random.next() % 2 == 0)
        }
        let groups = report(tasks, count: .max).stuckTasks
        #expect(groups.reduce(0) { $0 + $1.count } == 200)
        #expect(groups.allSatisfy { $0.oldestSeconds >= $0.medianSeconds && $0.medianSeconds >= 0 })
        #expect(groups.allSatisfy { $0.tasks.count <= 8 })
    }
}
