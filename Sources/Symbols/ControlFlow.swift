// The blocks of one function's machine code, and where each goes on.
//
// A block is entered at its start only, and left at its end. Jumps out of the function, those to addresses in
// registers and returns lead nowhere, except by the tables that compilers make of `switch`.

struct ControlFlow {
    private let codeBytes: Int
    /// Offsets of the blocks, in order.
    private(set) var starts: [Int]
    /// The offset of each block's last instruction.
    private(set) var lasts: [Int] = []
    /// The blocks that each block goes on with.
    private(set) var successors: [[Int32]] = []

    /// An instruction that does not just go on with the next one.
    private struct Turn {
        var offset: Int
        var next: Int
        var targets: [Int] = []
        var goesOn = false
    }

    /// `nil` when not all of `code`, which lies at `address`, is understood. `read` gives data of the file.
    init?(code: [UInt8], at address: UInt64, machine: ElfFile.Machine, read: (UInt64, Int) -> [UInt8]) {
        guard !code.isEmpty else { return nil }
        var offsets: [Int] = []
        let turns: [Turn]?
        switch machine {
        case .x86_64: turns = Self.x86Turns(code, address, &offsets, read)
        case .arm64: turns = Self.arm64Turns(code, &offsets)
        case .other: turns = nil
        }
        guard let turns else { return nil }
        codeBytes = code.count
        var isStart = [Bool](repeating: false, count: code.count + 1)
        isStart[0] = true
        for turn in turns {
            isStart[turn.next] = true
            for target in turn.targets { isStart[target] = true }
        }
        starts = offsets.filter { isStart[$0] }
        // Of each offset, for a jump can pass over an instruction's prefix.
        var blocks = [Int32](repeating: 0, count: code.count)
        for (number, start) in starts.enumerated() {
            let end = number + 1 < starts.count ? starts[number + 1] : code.count
            for offset in start..<end { blocks[offset] = Int32(number) }
        }
        var index = 0
        for (number, offset) in offsets.enumerated() {
            let next = number + 1 < offsets.count ? offsets[number + 1] : code.count
            let turn = index < turns.count && turns[index].offset == offset ? turns[index] : nil
            if turn != nil { index += 1 }
            guard turn != nil || next == code.count || isStart[next] else { continue }
            var here = (turn?.targets ?? []).map { blocks[$0] }
            if turn?.goesOn ?? true, next < code.count { here.append(blocks[next]) }
            lasts.append(offset)
            successors.append(here)
        }
    }

    /// The blocks that lead to each block.
    var predecessors: [[Int32]] {
        var result: [[Int32]] = Array(repeating: [], count: starts.count)
        for (block, nexts) in successors.enumerated() {
            for next in nexts { result[Int(next)].append(Int32(block)) }
        }
        return result
    }

    func size(of block: Int) -> Int {
        (block + 1 < starts.count ? starts[block + 1] : codeBytes) - starts[block]
    }

    /// The block that an offset is in.
    func block(at offset: Int) -> Int {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    // MARK: x86-64

    private static func x86Turns(
        _ code: [UInt8], _ address: UInt64, _ offsets: inout [Int], _ read: (UInt64, Int) -> [UInt8]
    ) -> [Turn]? {
        var turns: [Turn] = []
        var offset = 0
        var tables = 0
        func inside(_ target: Int) -> [Int] { code.indices.contains(target) ? [target] : [] }
        while offset < code.count {
            guard let instruction = X86Instruction(in: code, at: offset) else { return nil }
            offsets.append(offset)
            let next = offset + instruction.length
            switch instruction.flow {
            case .next: break
            case .jump(let distance):
                turns.append(Turn(offset: offset, next: next, targets: inside(next + distance)))
            case .branch(let distance):
                turns.append(Turn(offset: offset, next: next, targets: inside(next + distance), goesOn: true))
            case .indirect:
                var turn = Turn(offset: offset, next: next)
                if tables < tablesMax, let table = x86Table(code, address, offsets) {
                    turn.targets = entries(table, address, code.count, read)
                    tables += 1
                }
                turns.append(turn)
            case .end: turns.append(Turn(offset: offset, next: next))
            }
            offset = next
        }
        return turns
    }

    // More than a function of any source has.
    private static let tablesMax = 256
    private static let casesMax = 4_096
    // In instructions. A table's look-up stands right before its jump; its address can have been taken out of loops.
    private static let lookUpDistance = 8
    private static let addressDistance = 20_000

    /// The table that the jump that comes last goes by: `lea table(%rip), %b`, `movslq (%b,%i,4), %r`, `add %b, %r`,
    /// `jmp *%r`.
    private static func x86Table(_ code: [UInt8], _ address: UInt64, _ offsets: [Int]) -> UInt64? {
        var base: UInt8?
        for steps in 1..<max(1, min(offsets.count, addressDistance)) {
            if base == nil, steps > lookUpDistance { break }
            let offset = offsets[offsets.count - 1 - steps]
            let end = offsets[offsets.count - steps]
            guard code[offset] & 0xf0 == 0x40 else { continue }
            let register = code[offset + 2] >> 3 & 7 | (code[offset] & 4) << 1
            if let base {
                // lea: 48 8D, RIP-relative.
                guard end - offset == 7, code[offset + 1] == 0x8d, code[offset + 2] & 0xc7 == 5, register == base else {
                    continue
                }
                let distance = Int32(bitPattern: word(code, offset + 3))
                // Wrapping: it is a file's, and reading checks it.
                return address &+ UInt64(end) &+ UInt64(bitPattern: Int64(distance))
            }
            // movslq: 48 63, with a SIB byte of scale 4.
            if end - offset >= 4, code[offset + 1] == 0x63, code[offset + 2] & 7 == 4, code[offset + 3] >> 6 == 2 {
                base = code[offset + 3] & 7 | (code[offset] & 1) << 3
            }
        }
        return nil
    }

    /// A table has distances from its own address, and ends where they lead out of the function.
    private static func entries(
        _ table: UInt64, _ address: UInt64, _ size: Int, _ read: (UInt64, Int) -> [UInt8]
    ) -> [Int] {
        let bytes = read(table, casesMax * 4)
        var targets: Set<Int> = []
        for offset in stride(from: 0, to: bytes.count - 3, by: 4) {
            let distance = Int64(Int32(bitPattern: word(bytes, offset)))
            // Wrapping: it is a file's, and is compared before it is used.
            let target = table &+ UInt64(bitPattern: distance) &- address
            guard target < UInt64(size) else { break }
            targets.insert(Int(target))
        }
        return targets.sorted()
    }

    // MARK: arm64

    /// All instructions are 32 bits.
    private static func arm64Turns(_ code: [UInt8], _ offsets: inout [Int]) -> [Turn]? {
        guard code.count % 4 == 0 else { return nil }
        var turns: [Turn] = []
        var tableJumps: [Int] = []
        var lastAddress: Int?
        for offset in stride(from: 0, to: code.count, by: 4) {
            offsets.append(offset)
            let instruction = word(code, offset)
            /// A signed distance in instructions, of so many bits from bit `low` on.
            func target(_ bits: UInt32, from low: UInt32) -> [Int] {
                let distance = Int32(bitPattern: instruction << (32 - bits - low)) >> (32 - bits)
                let target = offset + Int(distance) * 4
                return code.indices.contains(target) ? [target] : []
            }
            var turn = Turn(offset: offset, next: offset + 4)
            if instruction & 0xfc00_0000 == 0x1400_0000 {  // b
                turn.targets = target(26, from: 0)
            } else if instruction & 0xff00_0000 == 0x5400_0000 || instruction & 0x7e00_0000 == 0x3400_0000 {
                turn.targets = target(19, from: 5)  // b.cond, cbz, cbnz
                turn.goesOn = true
            } else if instruction & 0x7e00_0000 == 0x3600_0000 {  // tbz, tbnz
                turn.targets = target(14, from: 5)
                turn.goesOn = true
            } else if instruction & 0xfe00_0000 == 0xd600_0000, instruction & 0x0060_0000 != 0x0020_0000 {
                // br, ret and their authenticated kin; a call goes on.
                let isReturn = instruction & 0x0040_0000 != 0
                if !isReturn, let lastAddress, offset - lastAddress <= lookUpDistance * 4 {
                    tableJumps.append(turns.count)
                }
            } else if instruction & 0xffe0_001f == 0xd420_0000 || instruction >> 16 == 0 {
                // brk, udf: ends.
            } else {
                // adr: what a table's distances count from.
                if instruction & 0x9f00_0000 == 0x1000_0000 { lastAddress = offset }
                continue
            }
            turns.append(turn)
        }
        guard !tableJumps.isEmpty else { return turns }
        // The tables have many forms; their targets are the blocks that nothing else leads to.
        let named = Set(turns.flatMap(\.targets))
        let lonely = turns.filter { !$0.goesOn && $0.next < code.count && !named.contains($0.next) }.map(\.next)
        for jump in tableJumps { turns[jump].targets = lonely }
        return turns
    }

    private static func word(_ code: [UInt8], _ offset: Int) -> UInt32 {
        UInt32(code[offset]) | UInt32(code[offset + 1]) << 8 | UInt32(code[offset + 2]) << 16
            | UInt32(code[offset + 3]) << 24
    }
}
