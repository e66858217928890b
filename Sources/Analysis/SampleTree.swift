// The merged tree of what long polls did: samples with the same functions at the same lines are one branch.

import CPollscopeLayout
import Sessions

/// Gathers samples of one site.
struct SampleTree {
    static let cutFrames = "(outer frames missing)"
    static let otherStacks = "(other stacks)"

    private struct Branch {
        var ticks: UInt64 = 0
        var samples: UInt64 = 0
        var activities: Set<SampleActivity> = []
        /// In the order they came; by name.
        var children: [FoldedFrame: Int] = [:]
    }

    /// The first one is the root.
    private var branches = [Branch()]

    /// `path` is outermost first.
    mutating func add(_ weight: LongPollTable.Weight, activity: SampleActivity, path: [FoldedFrame]) {
        var branch = 0
        count(weight, activity, in: branch)
        for frame in path {
            if let known = branches[branch].children[frame] {
                branch = known
            } else {
                branches.append(Branch())
                branches[branch].children[frame] = branches.count - 1
                branch = branches.count - 1
            }
            count(weight, activity, in: branch)
        }
    }

    private mutating func count(_ weight: LongPollTable.Weight, _ activity: SampleActivity, in branch: Int) {
        // Wrapping: as in `SplitTicks`.
        branches[branch].ticks &+= weight.ticks
        branches[branch].samples &+= weight.samples
        branches[branch].activities.insert(activity)
    }

    /// Most time first; what is equal, by name.
    func nodes(clock: TickClock, architecture: SystemCallNames.Architecture) -> [SampleNode] {
        nodes(below: 0, clock: clock, architecture: architecture)
    }

    private func nodes(
        below branch: Int, clock: TickClock, architecture: SystemCallNames.Architecture
    ) -> [SampleNode] {
        let children = branches[branch].children.map { frame, index in
            let branch = branches[index]
            let states = Set(branch.activities.map(\.state))
            return SampleNode(
                place: CodePlace(function: frame.function, awaitPoint: nil, file: frame.file, line: frame.line),
                module: frame.module,
                seconds: clock.seconds(branch.ticks), samples: branch.samples,
                state: states.count == 1 ? states.first! : .mixed,
                call: Self.only(branch.activities.filter { $0.state == .blocked }.map(\.call))
                    .flatMap(CodeNames.call),
                systemCall: Self.only(branch.activities.filter { $0.state == .asleep }.map(\.systemCall))
                    .flatMap { $0 }.map { SystemCallNames.name($0, on: architecture) },
                isFolded: frame.isFolded,
                children: nodes(below: index, clock: clock, architecture: architecture))
        }
        return children.sorted { a, b in
            a.seconds != b.seconds
                ? a.seconds > b.seconds
                : (a.place.function, a.place.line ?? -1, a.place.file ?? "", a.module)
                    < (b.place.function, b.place.line ?? -1, b.place.file ?? "", b.module)
        }
    }

    private static func only<Value: Hashable>(_ values: [Value]) -> Value? {
        values.dropFirst().allSatisfy { $0 == values[0] } ? values.first : nil
    }
}

extension SampleTree {
    /// Lines of a stack in the table, outermost first.
    static func path(of stack: StackTrie.Node, in stacks: StackTrie, names: CodeNames) -> [FoldedFrame] {
        func line(_ text: String) -> FoldedFrame {
            FoldedFrame(function: text, module: "", file: nil, line: nil, isFolded: true)
        }
        let (root, frames) = stacks.frames(of: stack)
        switch root {
        case StackTrie.whole: return names.folded(frames)
        case StackTrie.cut: return [line(cutFrames)] + names.folded(frames)
        case StackTrie.otherStacks: return [line(otherStacks)]
        default: return [line(StackNames.notCaptured)]
        }
    }
}
