// Which of the functions at an address loop there: of those that were inlined into one another, each has its own loops.
//
// A loop is that of the innermost function that its header, its latches, most of its code and the address in question
// belong to. Header and latches alone would often be an iterator's, which was copied into the function that loops.

/// Remembers the loops of the functions of one module.
final class FrameLoops {
    private let code: ElfFile
    private let debug: DebugInfo?
    private var functions: [UInt64: LoopCode?] = [:]
    private var chains: [UInt64: [UInt64]] = [:]
    /// By header.
    private var owners: [UInt64: [UInt64]] = [:]

    // More than any function that is worth it has.
    private static let codeBytesMax: UInt64 = 1 << 20
    // Some of a function's instructions stray into the loops of those that were copied into it: one in ten, not more.
    private static let placesInOwner = 0.75
    private static let placesMax = 64

    init(code: ElfFile, debug: DebugInfo?) {
        self.code = code
        self.debug = debug
    }

    /// For each function at an address, outermost first, whether a loop of its own is around the address.
    ///
    /// Without debug information there is one function. `nil`: not known.
    func areInLoops(at address: UInt64, in function: SymbolTable.Function) -> [Bool]? {
        guard let code = loopCode(of: function) else { return nil }
        let chain = chain(at: address)
        var result = [Bool](repeating: false, count: max(1, chain.count))
        for loop in code.loops(around: address) {
            let shared = Self.shared(chain, owner(of: loop, in: code))
            result[max(0, shared.count - 1)] = true
        }
        return result
    }

    /// The function that a loop belongs to, and those around it, outermost first.
    private func owner(of loop: LoopCode.Loop, in code: LoopCode) -> [UInt64] {
        if let known = owners[loop.header] { return known }
        var owner = loop.latches.reduce(chain(at: loop.header)) { Self.shared($0, chain(at: $1)) }
        if owner.count > 1 {
            let places = code.places(in: loop, atMost: Self.placesMax).map(chain(at:))
            while owner.count > 1,
                Double(places.count { $0.starts(with: owner) }) < Self.placesInOwner * Double(places.count)
            {
                owner.removeLast()
            }
        }
        owners[loop.header] = owner
        return owner
    }

    private static func shared(_ one: [UInt64], _ other: [UInt64]) -> [UInt64] {
        Array(one.prefix(zip(one, other).prefix { $0 == $1 }.count))
    }

    private func loopCode(of function: SymbolTable.Function) -> LoopCode? {
        if let known = functions[function.address] { return known }
        var found: LoopCode?
        if function.size > 0, function.size <= Self.codeBytesMax {
            let bytes = code.read(at: function.address, count: Int(function.size))
            if bytes.count == Int(function.size) {
                found = LoopCode(code: bytes, at: function.address, machine: code.machine, read: code.read)
            }
        }
        functions[function.address] = .some(found)
        return found
    }

    private func chain(at address: UInt64) -> [UInt64] {
        if let known = chains[address] { return known }
        let chain = debug?.inlineChain(at: address) ?? []
        chains[address] = chain
        return chain
    }
}
