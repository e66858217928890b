// A merged tree of stacks: stacks whose outer lines are the same share their branches.

/// What is added up along a stack.
protocol TreeWeight {
    /// Nothing.
    init()
    mutating func add(_ other: Self)
    /// What branches are sorted by, most first.
    var size: Double { get }
}

struct MergedTree<Weight: TreeWeight> {
    private struct Branch {
        var weight = Weight()
        var children: [FoldedFrame: Int] = [:]
    }

    /// The first one is the root.
    private var branches = [Branch()]

    /// Adds to all lines of a stack; `path` is outermost first.
    mutating func add(_ weight: Weight, path: [FoldedFrame]) {
        add(path: path, whole: weight) { _ in weight }
    }

    /// Adds to each line of a stack what the stack weighs there; `path` is outermost first.
    mutating func add(path: [FoldedFrame], whole: Weight, weight: (Int) -> Weight) {
        var branch = 0
        branches[branch].weight.add(whole)
        for (line, frame) in path.enumerated() {
            if let known = branches[branch].children[frame] {
                branch = known
            } else {
                branches.append(Branch())
                branches[branch].children[frame] = branches.count - 1
                branch = branches.count - 1
            }
            branches[branch].weight.add(weight(line))
        }
    }

    /// Makes nodes of the branches, children first: the largest first, and what is equal by name.
    func nodes<Node>(_ make: (FoldedFrame, Weight, [Node]) -> Node) -> [Node] { nodes(below: 0, make) }

    // Paths have a bounded length (`CodeNames.folded`).
    private func nodes<Node>(below branch: Int, _ make: (FoldedFrame, Weight, [Node]) -> Node) -> [Node] {
        branches[branch].children
            .map { frame, index in (frame: frame, index: index, size: branches[index].weight.size) }
            .sorted { a, b in a.size != b.size ? a.size > b.size : a.frame.comesBefore(b.frame) }
            .map { make($0.frame, branches[$0.index].weight, nodes(below: $0.index, make)) }
    }
}

extension FoldedFrame {
    /// A line that says of a stack why its lines are not there.
    init(note: String) { self.init(function: note, module: "", file: nil, line: nil, isFolded: true) }

    fileprivate func comesBefore(_ other: FoldedFrame) -> Bool {
        (function, line ?? -1, file ?? "", module) < (other.function, other.line ?? -1, other.file ?? "", other.module)
    }
}
