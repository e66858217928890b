// A site: the code that a poll resumed at, chosen from its async stack.

/// The innermost user function of an async stack, and the name of where the task was spawned.
public struct Site: Sendable, Hashable {
    public var function: String
    public var awaitPoint: Int?
    public var file: String?
    public var line: Int?
    /// Where the task was spawned: the outermost function that is not the runtime's.
    public var task: String
    public var origin: CodeOrigin

    public init(
        function: String, awaitPoint: Int?, file: String?, line: Int?, task: String, origin: CodeOrigin
    ) {
        self.function = function
        self.awaitPoint = awaitPoint
        self.file = file
        self.line = line
        self.task = task
        self.origin = origin
    }
}

extension Symbolizer {
    /// The site of an async stack of function entries, innermost first.
    ///
    /// As `site(of:)` has it.
    public func site(ofStack addresses: [UInt64]) -> Site { site(of: frames(ofStack: addresses)) }

    /// The frames of an async stack of function entries, innermost first.
    public func frames(ofStack addresses: [UInt64]) -> [SourceFrame] {
        var stack: [SourceFrame] = []
        for frame in addresses.lazy.flatMap(frames(at:)) {
            // A closure's partial apply forwarder has the closure's name, and stands behind it.
            if frame.line == nil, let last = stack.last, last.function == frame.function, last.module == frame.module {
                continue
            }
            stack.append(frame)
        }
        return stack
    }

    /// The frames of a task that has not begun: the function it will start with, and what the compiler put around it.
    ///
    /// `entry` is the task's entry function. Where that is the compiler's thunk, one of the words that its closure
    /// `captured` is an async function pointer to the closure or function that the user wrote; others, such as type
    /// metadata, are none and do not matter.
    public func frames(ofStart entry: UInt64, captured: some Sequence<UInt64>) -> [SourceFrame] {
        let start = frames(at: entry)
        guard !start.contains(where: { $0.origin != .runtime }) else { return start }
        for function in captured.lazy.compactMap(function(ofAsyncFunctionPointer:)) {
            let closure = frames(at: function)
            if closure.contains(where: { $0.origin != .runtime }) { return closure + start }
        }
        return start
    }

    /// The site among the frames of a stack, innermost first.
    ///
    /// User code first; where a stack has none, a dependency's; where it has only the runtime's, its innermost. The
    /// task is named by the outermost frame that is not the runtime's, whoever wrote it: that is where it was spawned.
    public func site(of stack: [SourceFrame]) -> Site {
        guard
            let site = stack.first(where: { $0.origin == .user })
                ?? stack.first(where: { $0.origin == .dependency }) ?? stack.first,
            let spawn = stack.last(where: { $0.origin != .runtime }) ?? stack.last
        else {
            return Site(
                function: "unknown", awaitPoint: nil, file: nil, line: nil, task: "unknown", origin: .runtime)
        }
        return Site(
            function: site.function, awaitPoint: site.awaitPoint, file: site.file, line: site.line,
            task: spawn.function, origin: site.origin)
    }
}
