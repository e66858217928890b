// Native stacks in the words of the report: the user's functions one by one, whatever lies between them in one word.

import CPollscopeLayout
import Symbols

/// A line of a folded native stack.
struct FoldedFrame: Hashable {
    var function: String
    var module: String
    var file: String?
    var line: Int?
    /// It stands for a chain of frames that are nobody's own code.
    var isFolded: Bool
}

/// A line of one stack, and whether a loop is around it there.
struct FoldedLine {
    var frame: FoldedFrame
    /// A loop of its function, or of one that was copied into that line; of a chain, of any function in it.
    /// `nil`: not known.
    var isInLoop: Bool?
}

/// Names return addresses, and picks out of stacks what a reader can act on.
struct CodeNames {
    /// Functions at a return address, innermost first.
    let name: (UInt64) -> [SourceFrame]

    init(name: @escaping (UInt64) -> [SourceFrame]) { self.name = name }

    /// All functions of a stack, innermost first, inlined ones included; `addresses` are innermost first.
    func frames(of addresses: some Sequence<UInt64>) -> [SourceFrame] {
        var stack: [SourceFrame] = []
        for address in addresses {
            let frames = name(address)
            for frame in frames.isEmpty ? [Self.unnamed(address)] : frames {
                // What C calls in place of a Swift closure has the closure's name, and stands behind it.
                if frame.line == nil, let last = stack.last, last.function == frame.function,
                    last.module == frame.module
                {
                    continue
                }
                stack.append(frame)
            }
        }
        return stack
    }

    private static func unnamed(_ address: UInt64) -> SourceFrame {
        SourceFrame(
            function: "0x" + String(address, radix: 16), module: "", origin: .runtime, address: address)
    }

    // MARK: Folding

    static let unknownCode = "(code outside all modules)"

    // More than real stacks have once they are folded; trees of them are walked by recursion.
    private static let linesMax = 120

    /// From the outermost frame of the user's inward; a chain of the runtime's frames is one line, named by the
    /// function that was called. `addresses` are outermost first.
    func folded(_ addresses: [UInt64]) -> [FoldedFrame] { foldedLines(addresses).map(\.frame) }

    /// As `folded`.
    func foldedLines(_ addresses: [UInt64]) -> [FoldedLine] {
        let frames = Array(frames(of: addresses.reversed()).reversed())
        let begin =
            frames.firstIndex { $0.origin == .user } ?? frames.firstIndex { $0.origin == .dependency } ?? 0
        var lines: [FoldedLine] = []
        var chain: [SourceFrame] = []
        func append(_ frame: FoldedFrame?, isInLoop: Bool?) {
            guard let frame else { return }
            // A function that calls itself from one line is one line.
            if frame == lines.last?.frame {
                lines[lines.count - 1].isInLoop = Self.any([lines[lines.count - 1].isInLoop, isInLoop])
            } else if lines.count < Self.linesMax {
                lines.append(FoldedLine(frame: frame, isInLoop: isInLoop))
            }
        }
        for frame in frames[begin...] {
            if frame.origin == .runtime {
                chain.append(frame)
                continue
            }
            append(Self.fold(chain, isInnermost: false), isInLoop: Self.any(chain.map(\.isInLoop)))
            chain = []
            append(
                FoldedFrame(
                    function: frame.function, module: frame.module, file: frame.file, line: frame.line,
                    isFolded: false), isInLoop: frame.isInLoop)
        }
        let innermost = Self.fold(chain, isInnermost: !lines.isEmpty)
        let loops = chain.map(\.isInLoop)
        append(innermost, isInLoop: Self.any(loops))
        if innermost == nil, let caller = lines.last, chain.allSatisfy(\.isInlined) {
            lines[lines.count - 1].isInLoop = Self.any([caller.isInLoop] + loops)
        }
        return lines
    }

    /// Whether any is, as far as that is known.
    private static func any(_ loops: [Bool?]) -> Bool? {
        loops.contains(true) ? true : loops.contains(nil) ? nil : false
    }

    /// `nil` for what is not worth a line: thunks, and innermost functions that are part of the line that calls them.
    private static func fold(_ chain: [SourceFrame], isInnermost: Bool) -> FoldedFrame? {
        if isInnermost, chain.allSatisfy(\.isInlined) { return nil }
        guard let called = chain.first(where: { !$0.isCompilerMade }) else { return nil }
        // Such as the kernel's own code in the process; its addresses tell nobody anything.
        guard !called.module.isEmpty else {
            return FoldedFrame(function: unknownCode, module: "", file: nil, line: nil, isFolded: true)
        }
        return FoldedFrame(
            function: PublicNames.name(of: called.function), module: called.module, file: nil, line: nil,
            isFolded: true)
    }

    // MARK: Calls

    /// Who made a call: the innermost function of the user's, and the library's function that it called to that end.
    struct Caller: Hashable {
        var place: CodePlace
        var via: String?
    }

    /// `addresses` are innermost first. A dependency's function stands in where there is none of the user's; where
    /// there is none either, the innermost function.
    func caller(of addresses: [UInt64], call: String) -> Caller? {
        let frames = frames(of: addresses)
        // A program without debug information does not tell what the probes put in place of C's function from its own.
        guard
            let index = frames.firstIndex(where: { $0.origin == .user && $0.function != call })
                ?? frames.firstIndex(where: { $0.origin == .dependency }) ?? frames.indices.first
        else { return nil }
        let caller = frames[index]
        let via = frames[..<index].last { !$0.isCompilerMade }.map { PublicNames.name(of: $0.function) }
        return Caller(
            place: CodePlace(function: caller.function, awaitPoint: nil, file: caller.file, line: caller.line),
            via: via == call ? nil : via)
    }

    /// The name of an observed call (enum pollscope_call); `nil`: none.
    static func call(_ number: UInt16) -> String? {
        guard number != 0 else { return nil }
        let name = String(cString: pollscope_call_name(number))
        return name.isEmpty ? "call \(number)" : name
    }
}
