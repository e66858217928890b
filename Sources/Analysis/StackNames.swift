// Names for the stacks that polls refer to, each asked for once.

import CPollscopeLayout
import Sessions
import Symbols

/// Sites and frames by stack id, in the words of the report.
struct StackNames {
    static let notCaptured = "(stack not captured)"

    private let stacks: [UInt32: AsyncStack]
    private let name: (AsyncStack) -> NamedStack
    private var known: [UInt32: NamedStack] = [:]

    init(stacks: [UInt32: AsyncStack], name: @escaping (AsyncStack) -> NamedStack) {
        self.stacks = stacks
        self.name = name
    }

    mutating func site(of key: PollKey) -> SiteName {
        guard let named = named(key.stack) else {
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

    private static func text(_ function: String, kind: PollKind) -> String {
        switch kind {
        case .task, .other: function
        case .timer: "timer of \(function)"
        case .yield: "yield of \(function)"
        case .actor: function.hasPrefix("actor ") ? function : "actor \(function)"
        }
    }

    private mutating func named(_ stack: UInt32) -> NamedStack? {
        if let named = known[stack] { return named }
        guard stack != 0, let captured = stacks[stack] else { return nil }
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
