// A site: the code that a poll resumed at, chosen from its async stack.

/// The innermost user function of an async stack, and the name of where the task was spawned.
public struct Site: Sendable, Hashable {
    public var function: String
    public var awaitPoint: Int?
    public var file: String?
    public var line: Int?
    /// The function that the task was started with: the outermost user frame's.
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
    /// User code first; where a stack has none, a library's; where it has only the runtime's, its innermost.
    public func site(ofStack addresses: [UInt64]) -> Site {
        let stack = addresses.flatMap(frames(at:))
        guard
            let site = stack.first(where: { $0.origin == .user })
                ?? stack.first(where: { $0.origin == .library }) ?? stack.first,
            let spawn = stack.last(where: { $0.origin == .user })
                ?? stack.last(where: { $0.origin == .library }) ?? stack.last
        else {
            return Site(
                function: "unknown", awaitPoint: nil, file: nil, line: nil, task: "unknown", origin: .runtime)
        }
        return Site(
            function: site.function, awaitPoint: site.awaitPoint, file: site.file, line: site.line,
            task: spawn.function, origin: site.origin)
    }
}
