// The instructions that make a resume function's address, on both machines.

import Testing

@testable import Symbols

struct SuspensionCodeTests {
    @Test
    func x86UsesOneInstruction() {
        // nop; lea 0x10(%rip), %rdi; nop; lea -0x0f(%rip), %rcx; lea (%rax), %rdx
        let code: [UInt8] = [
            0x90, 0x48, 0x8d, 0x3d, 0x10, 0, 0, 0, 0x90, 0x48, 0x8d, 0x0d, 0xf1, 0xff, 0xff, 0xff, 0x48, 0x8d, 0x10,
        ]
        func find(_ target: UInt64) -> [UInt64] {
            SuspensionCode.references(in: code, at: 0x1000, machine: .x86_64) { $0 == target }.map(\.instruction)
        }
        #expect(find(0x1018) == [0x1001])
        #expect(find(0x1001) == [0x1009])
        #expect(find(0x1019) == [])
    }

    @Test
    func arm64UsesAPageAndAnOffset() {
        // As clang assembles them: adrp x0, +1 page; nop; add x0, x0, #0x123; adr x1, .+8; adrp x2, −1 page; add x3, x2, #8
        let words: [UInt32] = [
            0xb000_0000, 0xd503_201f, 0x9104_8c00, 0x1000_0041, 0xf0ff_ffe2, 0x9100_2043,
        ]
        let code = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        func find(_ target: UInt64) -> [UInt64] {
            SuspensionCode.references(in: code, at: 0x40_0000, machine: .arm64) { $0 == target }.map(\.instruction)
        }
        #expect(find(0x40_1123) == [0x40_0008])
        #expect(find(0x40_0014) == [0x40_000c])
        #expect(find(0x3f_f008) == [0x40_0014])
        #expect(find(0x40_1124) == [])
    }

    @Test(arguments: 0..<9)
    func shortCodeHasNone(length: Int) {
        let code = [UInt8](repeating: 0x48, count: length)
        for machine in [ElfFile.Machine.x86_64, .arm64, .other] {
            #expect(SuspensionCode.references(in: code, at: .max, machine: machine) { $0 == 0 } == [])
        }
    }
}
