// Sites that a user asks for by a part of their name, and what to say when there is none.

import CPollscopeLayout
import Sessions

/// Part of a site's function, of its `file:line` or of its task's name, in upper or lower case.
public struct SitePattern: Sendable, Hashable {
    public let text: String
    private let lowercased: String

    public init(_ text: String) {
        self.text = text
        lowercased = text.lowercased()
    }

    public func matches(_ site: SiteName) -> Bool {
        texts(of: site).contains { $0.lowercased().contains(lowercased) }
    }

    /// Of what has a name only.
    public func matches(_ name: String) -> Bool { name.lowercased().contains(lowercased) }

    private func texts(of site: SiteName) -> [String] {
        let location = site.place.file.map { $0 + (site.place.line.map { ":\($0)" } ?? "") }
        return [site.place.function, site.task] + (location.map { [$0] } ?? [])
    }

    /// Of `names`, at most `count` that are nearest to the pattern: by the fewest letters to change, add, leave out or
    /// swap, in the name or in one of the words that it is made of.
    public func nearest(among names: some Sequence<String>, count: Int = 5) -> [String] {
        Set(names).map { name in (name, distance(to: name)) }
            .sorted { ($0.1, $0.0.count, $0.0) < ($1.1, $1.0.count, $1.0) }
            .prefix(count).map(\.0)
    }

    private func distance(to name: String) -> Int {
        let lower = name.lowercased()
        let words = lower.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        return ([lower] + words).map { EditDistance.between(lowercased, $0) }.min() ?? 0
    }
}

enum EditDistance {
    // Names of functions can be long; what is beyond this is not a slip of the finger.
    private static let lengthMax = 200

    /// The fewest letters to change, add, leave out, or swap with their neighbours.
    static func between(_ a: String, _ b: String) -> Int {
        let a = Array(a.prefix(lengthMax))
        let b = Array(b.prefix(lengthMax))
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i] + last.dropFirst()
            for j in 1...b.count {
                row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], beforeLast[j - 2] + 1)
                }
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}

/// Polls of the sites that match a pattern, known by their stacks and executors before anything is counted.
public struct PollFocus: Sendable {
    private static let stride = Int(POLLSCOPE_STACKS_MAX) + 1
    private var isIncluded = [Bool](repeating: false, count: stride * PollKind.allCases.count)
    /// Executors whose turns, and whose works without a stack, are included.
    private var turns = ExecutorSet()
    private var works = ExecutorSet()

    init(
        _ pattern: SitePattern, stacks: [UInt32: AsyncStack], executors: ExecutorNames = ExecutorNames(),
        naming name: @escaping (AsyncStack) -> NamedStack
    ) {
        var names = StackNames(stacks: stacks, executors: executors, name: name)
        for (id, stack) in stacks where UInt32(stack.kind) != POLLSCOPE_STACK_NATIVE.rawValue && id < Self.stride {
            for kind in PollKind.allCases where kind != .turn {
                let site = names.site(of: PollKey(stack: id, kind: kind, executor: 0))
                if pattern.matches(site) { isIncluded[Int(kind.rawValue) * Self.stride + Int(id)] = true }
            }
        }
        for executor in UInt8.min...UInt8.max {
            func matches(_ kind: PollKind) -> Bool {
                pattern.matches(names.site(of: PollKey(stack: 0, kind: kind, executor: executor)))
            }
            if matches(.turn) { turns.insert(executor) }
            if matches(.work) { works.insert(executor) }
        }
    }

    @inline(__always)
    func contains(_ poll: pollscope_poll_record, kind: PollKind) -> Bool {
        if kind == .turn { return turns.contains(poll.executor) }
        if kind == .work, poll.stack == 0 { return works.contains(poll.executor) }
        return poll.stack < Self.stride && isIncluded[Int(kind.rawValue) * Self.stride + Int(poll.stack)]
    }
}
