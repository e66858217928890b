// From a look at live tasks to the model: times, names, the tree, and groups by where tasks wait.

import CPollscopeLayout
import Sessions
import Symbols

extension TasksModel {
    /// - Parameters:
    ///   - secondsPerTick: of the session's clock.
    ///   - name: the words for a stack, as `Symbolizer.name(_:)` gives them.
    public init(
        look: TaskLook, info: SessionInfo, isStopped: Bool, secondsPerTick: Double,
        name: @escaping (AsyncStack) -> NamedStack
    ) {
        processID = info.processID
        executable = info.executable
        answer = look.answer
        self.isStopped = isStopped
        totals = look.totals
        var naming = TasksNaming(stacks: look.stacks, types: look.types, name: name)
        let parents = Dictionary(look.tasks.map { ($0.id, $0.parent) }) { first, _ in first }
        tasks = Self.depthFirst(look.tasks).map { task, depth in
            Self.report(
                on: task, depth: depth, parentOfAwaited: parents[task.awaitedTask], at: look.at,
                secondsPerTick: secondsPerTick, &naming)
        }
        groups = Self.groups(of: tasks)
    }

    // MARK: The tree

    /// Each task behind its maker, with the number of its makers that live.
    private static func depthFirst(_ tasks: [LiveTask]) -> [(task: LiveTask, depth: Int)] {
        let tasks = tasks.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
        let places = Dictionary(tasks.enumerated().map { ($1.id, $0) }) { first, _ in first }
        var children: [Int: [Int]] = [:]
        var roots: [Int] = []
        for (index, task) in tasks.enumerated() {
            // A maker is older; a file that says otherwise could say anything, such as a ring of makers.
            if task.parent != 0, let parent = places[task.parent], parent < index {
                children[parent, default: []].append(index)
            } else {
                roots.append(index)
            }
        }
        var result: [(LiveTask, Int)] = []
        var waiting = roots.reversed().map { (index: $0, depth: 0) }
        while let next = waiting.popLast() {
            result.append((tasks[next.index], next.depth))
            for child in (children[next.index] ?? []).reversed() { waiting.append((child, next.depth + 1)) }
        }
        return result
    }

    // MARK: One task

    private static func report(
        on task: LiveTask, depth: Int, parentOfAwaited: UInt32?, at now: Ticks, secondsPerTick: Double,
        _ naming: inout TasksNaming
    ) -> TaskReport {
        func seconds(since then: Ticks) -> Double {
            then < now ? Double(now.rawValue - then.rawValue) * secondsPerTick : 0
        }
        let named = naming.named(task.stack)
        let code = naming.place(task.startStack)
        let unknown = CodePlace(function: StackNames.notCaptured, awaitPoint: nil, file: nil, line: nil)
        return TaskReport(
            id: task.id, name: task.name.isEmpty ? nil : task.name,
            kind: task.isLate
                ? .unknown : task.isAsyncLet ? .asyncLet : task.isGroupChild || task.isChild ? .groupChild : .task,
            parent: task.parent == 0 ? nil : task.parent, depth: depth, priority: task.priority,
            isCancelled: task.isCancelled, polls: task.polls, ageSeconds: seconds(since: task.created),
            wait: naming.wait(of: task, parentOfAwaited: parentOfAwaited),
            awaited: task.awaitedTask == 0 ? nil : task.awaitedTask, waitSeconds: task.since.map(seconds(since:)),
            place: named.map { CodePlace($0.site) } ?? unknown,
            stack: (named?.frames ?? []).map(StackFrame.init), isStackCut: naming.isCut(task.stack),
            // Of one that has not begun, the stack says it.
            code: code ?? (task.polls == 0 ? named.map { CodePlace($0.site) } : nil),
            maker: naming.place(task.spawnStack))
    }

    // MARK: Groups

    private struct Key: Hashable {
        var wait: TaskWait
        var place: CodePlace
        var stack: [StackFrame]
        var isStackCut: Bool
    }

    private static func groups(of tasks: [TaskReport]) -> [TaskGroupReport] {
        var members: [Key: [Int]] = [:]
        for (index, task) in tasks.enumerated() {
            // The runtime's own frames are the same wherever the user's and the kind of wait are.
            let stack = task.stack.filter { !$0.isRuntime }
            let key = Key(
                wait: task.wait, place: task.place, stack: stack.isEmpty ? task.stack : stack,
                isStackCut: task.isStackCut)
            members[key, default: []].append(index)
        }
        let names = Dictionary(tasks.map { ($0.id, $0.name) }) { first, _ in first }
        return members.map { group($0.key, $0.value, of: tasks, names: names) }
            .sorted { first, second in
                if first.tasks.count != second.tasks.count { return first.tasks.count > second.tasks.count }
                let (a, b) = (first.oldestSeconds ?? 0, second.oldestSeconds ?? 0)
                return a != b ? a > b : first.tasks.min()! < second.tasks.min()!
            }
    }

    private static func group(
        _ key: Key, _ members: [Int], of tasks: [TaskReport], names: [UInt32: String?]
    ) -> TaskGroupReport {
        let members = members.sorted { first, second in
            let (a, b) = (tasks[first].waitSeconds ?? -1, tasks[second].waitSeconds ?? -1)
            return a != b ? a > b : first < second
        }
        let seconds = members.compactMap { tasks[$0].waitSeconds }
        return TaskGroupReport(
            wait: key.wait, place: key.place, stack: tasks[members[0]].stack, isStackCut: key.isStackCut,
            tasks: members, cancelled: members.count { tasks[$0].isCancelled }, oldestSeconds: seconds.first,
            medianSeconds: seconds.isEmpty ? nil : seconds[seconds.count / 2],
            codes: counted(members.compactMap { tasks[$0].code }),
            makers: counted(members.compactMap { tasks[$0].maker }),
            parents: counted(
                members.compactMap { tasks[$0].parent.map { TaskName(id: $0, name: names[$0] ?? nil) } }))
    }

    /// The different ones of `values`, the most frequent first, else as they come.
    private static func counted<Value: Hashable & Sendable>(_ values: [Value]) -> [TaskGroupReport.Counted<Value>] {
        var counts: [Value: (count: Int, first: Int)] = [:]
        for (index, value) in values.enumerated() { counts[value, default: (0, index)].count += 1 }
        return counts.sorted { ($1.value.count, $0.value.first) < ($0.value.count, $1.value.first) }
            .map { TaskGroupReport.Counted(value: $0.key, count: $0.value.count) }
    }
}
