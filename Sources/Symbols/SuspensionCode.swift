// Finds where an async function makes the address of one of its resume functions: that is where it suspends there.
//
// The line table knows the line that a resume function goes on with, in release builds often none, or the line of
// whatever was inlined there. The await itself stands in the code before it: to suspend, a function stores the
// address of the part to resume at. Machine code makes that address in one or two instructions relative to the
// program counter, easy to find without a disassembler, since we know the address to look for.

enum SuspensionCode {
    /// An instruction that makes an address.
    struct Reference: Hashable {
        var instruction: UInt64
        var target: UInt64
    }

    /// The instructions in `code`, which lies at `address`, that make an address for which `isTarget` holds.
    static func references(
        in code: [UInt8], at address: UInt64, machine: ElfFile.Machine, where isTarget: (UInt64) -> Bool
    ) -> [Reference] {
        switch machine {
        case .x86_64: x86References(in: code, at: address, where: isTarget)
        case .arm64: arm64References(in: code, at: address, where: isTarget)
        case .other: []
        }
    }

    /// `lea target(%rip), %reg`: REX.W 8D, a ModRM byte that says RIP-relative, and a 32-bit displacement.
    private static func x86References(
        in code: [UInt8], at address: UInt64, where isTarget: (UInt64) -> Bool
    ) -> [Reference] {
        guard code.count >= 7 else { return [] }
        var found: [Reference] = []
        for start in 0...(code.count - 7)
        where code[start + 1] == 0x8d && code[start] & 0xf8 == 0x48 && code[start + 2] & 0xc7 == 0x05 {
            let displacement = Int32(truncatingIfNeeded: word(code, start + 3))
            let next = address &+ UInt64(start + 7)
            let target = next &+ UInt64(bitPattern: Int64(displacement))
            if isTarget(target) { found.append(Reference(instruction: address &+ UInt64(start), target: target)) }
        }
        return found
    }

    /// `adrp x, page` with a later `add y, x, #low`, or `adr x, target`.
    private static func arm64References(
        in code: [UInt8], at address: UInt64, where isTarget: (UInt64) -> Bool
    ) -> [Reference] {
        var found: [Reference] = []
        var pages = [UInt64?](repeating: nil, count: 32)
        for offset in stride(from: 0, to: code.count - 3, by: 4) {
            let instruction = word(code, offset)
            let here = address &+ UInt64(offset)
            let destination = Int(instruction & 31)
            if instruction & 0x1f00_0000 == 0x1000_0000 {
                // adr, adrp: a signed 21-bit immediate, low two bits apart.
                let immediate = UInt64(instruction >> 5 & 0x7ffff) << 2 | UInt64(instruction >> 29 & 3)
                let signed = UInt64(bitPattern: Int64(bitPattern: immediate << 43) >> 43)
                if instruction >> 31 == 0 {
                    let target = here &+ signed
                    if isTarget(target) { found.append(Reference(instruction: here, target: target)) }
                } else {
                    pages[destination] = (here & ~0xfff) &+ (signed << 12)
                }
            } else if instruction & 0xff80_0000 == 0x9100_0000 {
                // add (64-bit, immediate): 12 bits, shifted by 12 when bit 22 is set.
                let immediate = UInt64(instruction >> 10 & 0xfff) << (instruction >> 22 & 1 == 1 ? 12 : 0)
                let source = Int(instruction >> 5 & 31)
                guard let page = pages[source] else { continue }
                let target = page &+ immediate
                if isTarget(target) { found.append(Reference(instruction: here, target: target)) }
            }
        }
        return found
    }

    private static func word(_ code: [UInt8], _ offset: Int) -> UInt32 {
        UInt32(code[offset]) | UInt32(code[offset + 1]) << 8 | UInt32(code[offset + 2]) << 16
            | UInt32(code[offset + 3]) << 24
    }
}
