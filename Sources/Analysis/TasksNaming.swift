// What a live task waits for and where, in words: from its state and the names on its stack.

import CPollscopeLayout
import Sessions
import Symbols

/// Names the stacks of live tasks, each once.
struct TasksNaming {
    private let stacks: [UInt32: AsyncStack]
    private let types: [UInt16: String]
    private let name: (AsyncStack) -> NamedStack
    private var known: [UInt32: NamedStack] = [:]

    init(stacks: [UInt32: AsyncStack], types: [UInt16: String], name: @escaping (AsyncStack) -> NamedStack) {
        self.stacks = stacks
        self.types = types
        self.name = name
    }

    /// `nil`: the stack is not known.
    mutating func named(_ id: UInt32) -> NamedStack? {
        if let named = known[id] { return named }
        guard let stack = stacks[id] else { return nil }
        let named = name(stack)
        known[id] = named
        return named
    }

    mutating func place(_ id: UInt32) -> CodePlace? { named(id).map { CodePlace($0.site) } }

    func isCut(_ id: UInt32) -> Bool { stacks[id]?.isCut ?? false }

    private func isStart(_ id: UInt32) -> Bool {
        stacks[id].map { UInt32($0.kind) == POLLSCOPE_STACK_START.rawValue } ?? false
    }

    /// `parentOfAwaited`: who made the task that it waits for; `nil`: not known.
    mutating func wait(of task: LiveTask, parentOfAwaited: UInt32?) -> TaskWait {
        let called = named(task.stack).flatMap { Self.called(in: $0.frames) }
        switch task.state {
        case .unknown: return TaskWait(kind: .unknown, what: nil)
        case .running: return TaskWait(kind: .running, what: nil)
        case .enqueued:
            let hasBegun = task.polls > 0 && !isStart(task.stack)
            return TaskWait(kind: hasBegun ? .executor : .start, what: executor(of: task))
        case .awaitsTask:
            return TaskWait(kind: parentOfAwaited == task.id ? .child : .task, what: nil)
        case .awaitsGroup: return TaskWait(kind: .group, what: nil)
        case .awaitsContinuation, .suspended:
            if let called, Self.isSleep(called) { return TaskWait(kind: .sleep, what: called) }
            if let called, Self.isYield(called) { return TaskWait(kind: .yield, what: nil) }
            return TaskWait(kind: task.state == .suspended ? .other : .continuation, what: called)
        }
    }

    private func executor(of task: LiveTask) -> String? {
        guard let type = types[task.executorType] else { return task.actor == 0 ? nil : "an actor" }
        let name = type.split(separator: ".").last.map(String.init) ?? type
        if task.actor != 0 { return "actor \(name)" }
        return name == "DispatchMainExecutor" ? "the main actor" : name
    }

    /// The library's function through which the user's code waits: the outermost of the frames before the user's.
    static func called(in frames: [SourceFrame]) -> String? {
        let own = frames.firstIndex { $0.origin == .user } ?? frames.firstIndex { $0.origin == .dependency }
        return frames[..<(own ?? frames.count)].last { !$0.isCompilerMade }
            .map { PublicNames.name(of: $0.function) }
    }

    private static func isSleep(_ function: String) -> Bool {
        // Task.sleep(for:), ContinuousClock.sleep(until:), Clock.sleep(for:), …
        function.contains("sleep(") || function.contains("_sleep(")
    }

    private static func isYield(_ function: String) -> Bool { function.hasSuffix(".yield()") }
}

extension CodePlace {
    init(_ site: Site) {
        self.init(function: site.function, awaitPoint: site.awaitPoint, file: site.file, line: site.line)
    }
}
