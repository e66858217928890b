// Native stacks of allocations in words: the line that allocates, the lines of the tree, and what the block is for.

import Sessions
import Symbols

/// Names the stacks that samples refer to, each once.
struct AllocationCode {
    static let otherPlaces = "(other places)"
    static let notInService = "not in the service's code"

    struct Named {
        /// The line of the user's code that allocates, itself or through a library; where there is none, the library's.
        var place: CodePlace
        var module: String
        /// There is such a line; else the runtime's own code is all that is on the stack.
        var hasLine: Bool
        /// For the merged tree, outermost first.
        var path: [FoldedFrame]
        /// What the block is for, as far as the stack tells.
        var word: String
    }

    private let stacks: [UInt32: AsyncStack]
    private let code: CodeNames
    private var known: [UInt32: Named] = [:]

    init(stacks: [UInt32: AsyncStack], code: CodeNames) {
        self.stacks = stacks
        self.code = code
    }

    mutating func name(_ stack: UInt32) -> Named {
        if let named = known[stack] { return named }
        let named = named(stack)
        known[stack] = named
        return named
    }

    private func named(_ stack: UInt32) -> Named {
        if stack == AllocationTable.otherPlaces {
            return .unknown(place: Self.otherPlaces, line: SampleTree.otherStacks)
        }
        guard stack != 0, let captured = stacks[stack], !captured.frames.isEmpty else {
            return .unknown(place: StackNames.notCaptured, line: StackNames.notCaptured)
        }
        let frames = code.frames(of: captured.frames)
        let caller = frames.first { $0.origin == .user } ?? frames.first { $0.origin == .dependency }
        let path = code.folded(captured.frames.reversed())
        return Named(
            place: caller.map { CodePlace(function: $0.function, awaitPoint: nil, file: $0.file, line: $0.line) }
                ?? CodePlace(
                    function: captured.isCut ? SampleTree.cutFrames : Self.notInService, awaitPoint: nil, file: nil,
                    line: nil),
            module: caller?.module ?? "", hasLine: caller != nil,
            path: captured.isCut ? [FoldedFrame(note: SampleTree.cutFrames)] + path : path,
            word: AllocationWords.word(for: frames))
    }
}

extension AllocationCode.Named {
    fileprivate static func unknown(place: String, line: String) -> AllocationCode.Named {
        AllocationCode.Named(
            place: CodePlace(function: place, awaitPoint: nil, file: nil, line: nil), module: "", hasLine: true,
            path: [FoldedFrame(note: line)], word: AllocationWords.unknown)
    }
}
