// Names for the stacks that polls refer to, each asked for once.

import CPollscopeLayout
import Sessions
import Symbols

/// Sites, executors and frames of polls, in the words of the report.
struct StackNames {
    static let notCaptured = "(stack not captured)"

    private(set) var executors: ExecutorNames
    private var stacks: [UInt32: AsyncStack]
    private let name: (AsyncStack) -> NamedStack
    /// The type of the actors that are held at a stack, if it is one.
    private let actorOfStack: (UInt32) -> UInt16?
    private var known: [UInt32: NamedStack] = [:]

    init(
        stacks: [UInt32: AsyncStack], executors: ExecutorNames = ExecutorNames(),
        actorOfStack: @escaping (UInt32) -> UInt16? = { _ in nil }, name: @escaping (AsyncStack) -> NamedStack
    ) {
        self.stacks = stacks
        self.executors = executors
        self.actorOfStack = actorOfStack
        self.name = name
    }

    /// Takes what was captured since, of a session that goes on.
    mutating func add(_ later: [AsyncStack]) {
        for stack in later { stacks[stack.id] = stack }
    }

    /// Of a session that goes on, in which others have come.
    mutating func replace(executors others: ExecutorNames) { executors = others }

    /// The executor that polls ran on: of actors, their type.
    func executor(of key: PollKey) -> String { executor(key.executor, actor: actor(of: key)) }
    func executor(of key: SiteKey) -> String { executor(key.executor, actor: key.actor) }

    /// The type of the actor that polls ran on; `nil`: on none, or it is not known.
    func actor(of key: PollKey) -> UInt16? {
        UInt32(key.executor) == POLLSCOPE_EXECUTOR_ACTOR.rawValue ? actorOfStack(key.stack) : nil
    }

    private func executor(_ executor: UInt8, actor: UInt16?) -> String {
        actor.map(executors.actor) ?? executors[executor]
    }

    mutating func site(of key: PollKey) -> SiteName {
        if let name = nameWithoutStack(key) {
            return SiteName(
                place: CodePlace(function: name, awaitPoint: nil, file: nil, line: nil), task: name)
        }
        guard let named = named(key.stack, isWork: key.kind == .work) else {
            return SiteName(
                place: CodePlace(function: Self.notCaptured, awaitPoint: nil, file: nil, line: nil),
                task: Self.notCaptured)
        }
        let site = named.site
        return SiteName(
            place: CodePlace(
                function: Self.text(site.function, kind: key.kind), awaitPoint: site.awaitPoint,
                file: site.file, line: site.line),
            task: site.task)
    }

    mutating func frames(of stack: UInt32) -> [StackFrame] {
        (named(stack)?.frames ?? []).map(StackFrame.init)
    }

    func isCut(_ stack: UInt32) -> Bool { stacks[stack]?.isCut ?? false }

    /// What is no code of its own, or not known to be any, is named by its executor.
    private func nameWithoutStack(_ key: PollKey) -> String? {
        switch key.kind {
        case .turn: "turn of \(executors[key.executor])"
        case .work where key.stack == 0: "work on \(executors[key.executor])"
        default: nil
        }
    }

    private static func text(_ function: String, kind: PollKind) -> String {
        switch kind {
        case .task, .other, .turn, .work: function
        case .timer: "timer of \(function)"
        case .yield: "yield of \(function)"
        case .actor: function.hasPrefix("actor ") ? function : "actor \(function)"
        }
    }

    /// Of a work, the closure that the service wrote comes behind the compiler's thunk around it.
    private mutating func named(_ stack: UInt32, isWork: Bool = false) -> NamedStack? {
        if let named = known[stack] { return named }
        guard stack != 0, var captured = stacks[stack] else { return nil }
        if isWork, captured.frames.count > 1 { captured.frames.removeFirst() }
        let named = name(captured)
        known[stack] = named
        return named
    }
}

extension StackFrame {
    init(_ frame: SourceFrame) {
        self.init(
            place: CodePlace(
                function: frame.function, awaitPoint: frame.awaitPoint, file: frame.file, line: frame.line),
            module: frame.module, isRuntime: frame.origin == .runtime, isInlined: frame.isInlined)
    }
}
