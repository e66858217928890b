// Where live tasks wait, in words and in groups.

import CPollscopeLayout
import Sessions
import Symbols
import Testing

@testable import Analysis

@Suite("Groups of live tasks")
struct TasksGroupingTests {
    private func task(
        _ id: UInt32, parent: UInt32 = 0, state: LiveTask.State = .awaitsContinuation, stack: UInt32 = 10,
        awaited: UInt32 = 0, polls: UInt32 = 1, since: UInt64? = 50, name: String = ""
    ) -> LiveTask {
        var task = LiveTask(id: id, created: Ticks(UInt64(id)))
        task.parent = parent
        task.polls = polls
        task.startStack = 1
        task.spawnStack = parent == 0 ? 0 : 2
        task.name = name
        task.state = state
        task.stack = stack
        task.awaitedTask = awaited
        task.since = since.map { Ticks($0) }
        return task
    }

    private func frame(_ function: String, _ origin: CodeOrigin, line: Int? = 1) -> SourceFrame {
        SourceFrame(
            function: function, awaitPoint: 1, file: "f.swift", line: line, module: "m", origin: origin, address: 0)
    }

    /// Stacks by id: what they consist of, innermost first.
    private func frames(_ id: UInt32) -> [SourceFrame] {
        switch id {
        case 1: [frame("closure 1 in serve()", .user)]
        case 2: [frame("serve()", .user)]
        case 10: [frame("withCheckedContinuation(_:)", .runtime), frame("leak()", .user), frame("serve()", .user)]
        case 11:
            [
                frame("thunk", .runtime), frame("withCheckedContinuation(_:)", .runtime), frame("leak()", .user),
                frame("serve()", .user),
            ]
        case 12: [frame("leak()", .user), frame("other()", .user)]
        case 20: [frame("_sleep(until:)", .runtime), frame("Task.sleep(for:)", .runtime), frame("nap()", .user)]
        case 21: [frame("Task.yield()", .runtime), frame("spin()", .user)]
        default: [frame("f\(id)()", .user)]
        }
    }

    private func model(
        _ tasks: [LiveTask], types: [UInt16: String] = [:], kinds: [UInt32: pollscope_stack_kind] = [:]
    ) -> TasksModel {
        var stacks: [UInt32: AsyncStack] = [:]
        for id in tasks.flatMap({ [$0.stack, $0.startStack, $0.spawnStack] }) where id != 0 {
            let kind = kinds[id] ?? POLLSCOPE_STACK_RESUME
            stacks[id] = AsyncStack(id: id, kind: UInt8(kind.rawValue), isCut: false, frames: [UInt64(id)])
        }
        var totals = TaskTotals()
        totals.tracked = UInt64(tasks.count)
        let look = TaskLook(
            answer: .answered, tasks: tasks, totals: totals, at: Ticks(100), stacks: stacks, types: types)
        let info = SessionInfo(
            processID: 7, processStart: 1, executable: "/srv/shop", runtimeVersion: "", processors: 2, clock: 3,
            wallNanoseconds: 0, ringRecords: 64, pollCostTicks: 0, probes: [])
        return TasksModel(look: look, info: info, isStopped: false, secondsPerTick: 1) { stack in
            let frames = frames(stack.id)
            return NamedStack(site: Symbolizer(modules: [ModuleImage]()).site(of: frames), frames: frames)
        }
    }

    @Test("Tasks with the same functions on their stacks are one group, whatever the runtime has between them")
    func groups() throws {
        let model = model([
            task(1, stack: 12), task(2, stack: 10, since: 90), task(3, stack: 11, since: 50),
            task(4, stack: 10, since: nil),
            task(5, stack: 0, since: 20),
        ])
        #expect(model.groups.map(\.tasks.count) == [3, 1, 1])
        let largest = try #require(model.groups.first)
        #expect(largest.place.function == "leak()")
        #expect(largest.wait == TaskWait(kind: .continuation, what: "withCheckedContinuation(_:)"))
        #expect(largest.tasks.map { model.tasks[$0].id } == [3, 2, 4], "those that wait longest come first")
        #expect(largest.oldestSeconds == 50)
        #expect(largest.medianSeconds == 10)
        #expect(largest.codes.map(\.value.function) == ["closure 1 in serve()"])
        #expect(largest.codes.map(\.count) == [3])
        #expect(model.groups[1].place.function == "(stack not captured)", "of two of a size the older one comes first")
    }

    @Test("What a task waits for is told by its state and by the library's function that it called")
    func waits() {
        func wait(_ task: LiveTask, _ others: LiveTask...) -> TaskWait? {
            model([task] + others).tasks.first { $0.id == task.id }?.wait
        }
        #expect(wait(task(1, stack: 20)) == TaskWait(kind: .sleep, what: "Task.sleep(for:)"))
        #expect(wait(task(1, stack: 21)) == TaskWait(kind: .yield, what: nil))
        #expect(wait(task(1, state: .suspended, stack: 30)) == TaskWait(kind: .other, what: nil))
        #expect(wait(task(1, state: .awaitsGroup)) == TaskWait(kind: .group, what: nil))
        #expect(wait(task(1, state: .running)) == TaskWait(kind: .running, what: nil))
        #expect(wait(task(1, state: .awaitsTask, awaited: 2), task(2, parent: 1))?.kind == .child)
        #expect(wait(task(1, state: .awaitsTask, awaited: 2), task(2))?.kind == .task)
        #expect(wait(task(1, state: .awaitsTask, awaited: 2))?.kind == .task, "of one that has ended nothing is known")
    }

    @Test(
        "An executor has the name of its type",
        arguments: [
            ("Shop.Ledger", 5, "actor Ledger"), ("Swift.DispatchMainExecutor", 0, "the main actor"),
            ("Shop.Pool", 0, "Pool"),
        ]) func executors(type: String, actor: UInt32, name: String)
    {
        var waiting = task(1, state: .enqueued)
        waiting.executorType = 3
        waiting.actor = actor
        #expect(model([waiting], types: [3: type]).tasks.first?.wait == TaskWait(kind: .executor, what: name))
        waiting.polls = 0
        #expect(model([waiting], types: [3: type]).tasks.first?.wait == TaskWait(kind: .start, what: name))
    }

    @Test("A task stands behind the one that made it")
    func tree() {
        let model = model([
            task(5, parent: 2), task(1), task(2, parent: 1), task(3), task(4, parent: 2), task(6, parent: 3),
            task(7, parent: 99), task(8, parent: 9), task(9, parent: 8),
        ])
        #expect(model.tasks.map(\.id) == [1, 2, 4, 5, 3, 6, 7, 8, 9])
        #expect(model.tasks.map(\.depth) == [0, 1, 2, 2, 0, 1, 0, 0, 1], "two that made each other are a damaged file")
        #expect(model.tasks.first { $0.id == 7 }?.parent == 99, "its maker has ended")
    }
}
