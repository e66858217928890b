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
        /// Of these, those that are known to be in a loop, and those that are known to be in none.
        var loopTicks: UInt64 = 0
        var straightTicks: UInt64 = 0
        var activities: Set<SampleActivity> = []

        var size: Double { Double(ticks) }

        mutating func add(_ other: Seen) {
            // Wrapping: as in `SplitTicks`.
            ticks &+= other.ticks
            samples &+= other.samples
            loopTicks &+= other.loopTicks
            straightTicks &+= other.straightTicks
            activities.formUnion(other.activities)
        }

        /// What is so for most of the time.
        var isInLoop: Bool? {
            if loopTicks > ticks / 2 { return true }
            return straightTicks > ticks / 2 ? false : nil
        }
    }

    private var tree = MergedTree<Seen>()

    /// `path` is outermost first.
    mutating func add(_ weight: LongPollTable.Weight, activity: SampleActivity, path: [FoldedLine]) {
        let seen = Seen(ticks: weight.ticks, samples: weight.samples, activities: [activity])
        tree.add(path: path.map(\.frame), whole: seen) { line in
            var here = seen
            here.loopTicks = path[line].isInLoop == true ? weight.ticks : 0
            here.straightTicks = path[line].isInLoop == false ? weight.ticks : 0
            return here
        }
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
                isFolded: frame.isFolded, isInLoop: seen.isInLoop, children: children)
        }
    }

    private static func only<Value: Hashable>(_ values: [Value]) -> Value? {
        values.dropFirst().allSatisfy { $0 == values[0] } ? values.first : nil
    }
}

extension SampleTree {
    /// Lines of a stack in the table, outermost first.
    static func path(of stack: StackTrie.Node, in stacks: StackTrie, names: CodeNames) -> [FoldedLine] {
        let (root, frames) = stacks.frames(of: stack)
        switch root {
        case StackTrie.whole: return names.foldedLines(frames)
        case StackTrie.cut: return [FoldedLine(frame: FoldedFrame(note: cutFrames))] + names.foldedLines(frames)
        case StackTrie.otherStacks: return [FoldedLine(frame: FoldedFrame(note: otherStacks))]
        default: return [FoldedLine(frame: FoldedFrame(note: StackNames.notCaptured))]
        }
    }
}
