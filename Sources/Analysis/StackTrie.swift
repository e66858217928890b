// Native stacks in a bounded table: stacks share what their outer frames have in common.

/// Stacks of return addresses by number. Once the table is full, stacks that are not in it are "other stacks".
struct StackTrie: Sendable {
    typealias Node = Int32

    /// Stacks that reach the poll's first frame grow from here.
    static let whole: Node = 0
    /// Stacks that could not be unwound so far: outer frames are missing.
    static let cut: Node = 1
    static let otherStacks: Node = 2
    static let noStack: Node = 3

    private struct Link: Hashable {
        var parent: Node
        var address: UInt64
    }

    private let capacity: Int
    private var links = [Link](repeating: Link(parent: -1, address: 0), count: 4)
    private var index: [Link: Node] = [:]

    /// Distinct frames in their places, of all stacks; a million samples of one service have some ten thousand.
    init(capacity: Int = 131_072) { self.capacity = capacity }

    /// The stack of these frames, innermost first.
    mutating func insert(_ frames: [UInt64], isCut: Bool) -> Node {
        guard !frames.isEmpty else { return Self.noStack }
        var node = isCut ? Self.cut : Self.whole
        for address in frames.reversed() {
            let link = Link(parent: node, address: address)
            if let known = index[link] {
                node = known
            } else {
                guard links.count < capacity else { return Self.otherStacks }
                node = Node(links.count)
                links.append(link)
                index[link] = node
            }
        }
        return node
    }

    /// The frames of a stack, outermost first, and where they grow from.
    func frames(of stack: Node) -> (root: Node, frames: [UInt64]) {
        var frames: [UInt64] = []
        var node = stack
        while links[Int(node)].parent >= 0 {
            frames.append(links[Int(node)].address)
            node = links[Int(node)].parent
        }
        return (node, frames.reversed())
    }
}
