// The merged tree of what long polls did: samples with the same functions at the same lines are one branch.

import CPollscopeLayout
import Sessions

/// Gathers samples of one site.
struct SampleTree {
    static let cutFrames = "(outer frames missing)"
    static let otherStacks = "(other stacks)"

    private struct Seen: TreeWeight {
        var ticks: UInt64 = 0
        var samples: UInt64 = 0
        var activities: Set<SampleActivity> = []

        var size: Double { Double(ticks) }

        mutating func add(_ other: Seen) {
            // Wrapping: as in `SplitTicks`.
            ticks &+= other.ticks
            samples &+= other.samples
            activities.formUnion(other.activities)
        }
    }

    private var tree = MergedTree<Seen>()

    /// `path` is outermost first.
    mutating func add(_ weight: LongPollTable.Weight, activity: SampleActivity, path: [FoldedFrame]) {
        tree.add(Seen(ticks: weight.ticks, samples: weight.samples, activities: [activity]), path: path)
    }

    /// Most time first; what is equal, by name.
    func nodes(clock: TickClock, architecture: SystemCallNames.Architecture) -> [SampleNode] {
        tree.nodes { frame, seen, children in
            let states = Set(seen.activities.map(\.state))
            return SampleNode(
                place: CodePlace(function: frame.function, awaitPoint: nil, file: frame.file, line: frame.line),
                module: frame.module,
                seconds: clock.seconds(seen.ticks), samples: seen.samples,
                state: states.count == 1 ? states.first! : .mixed,
                call: Self.only(seen.activities.filter { $0.state == .blocked }.map(\.call)).flatMap(CodeNames.call),
                systemCall: Self.only(seen.activities.filter { $0.state == .asleep }.map(\.systemCall))
                    .flatMap { $0 }.map { SystemCallNames.name($0, on: architecture) },
                isFolded: frame.isFolded, children: children)
        }
    }

    private static func only<Value: Hashable>(_ values: [Value]) -> Value? {
        values.dropFirst().allSatisfy { $0 == values[0] } ? values.first : nil
    }
}

extension SampleTree {
    /// Lines of a stack in the table, outermost first.
    static func path(of stack: StackTrie.Node, in stacks: StackTrie, names: CodeNames) -> [FoldedFrame] {
        let (root, frames) = stacks.frames(of: stack)
        switch root {
        case StackTrie.whole: return names.folded(frames)
        case StackTrie.cut: return [FoldedFrame(note: cutFrames)] + names.folded(frames)
        case StackTrie.otherStacks: return [FoldedFrame(note: otherStacks)]
        default: return [FoldedFrame(note: StackNames.notCaptured)]
        }
    }
}
