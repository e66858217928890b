// Loops in machine code that was put together by hand.

import Testing

@testable import Symbols

struct LoopCodeTests {
    private static let base: UInt64 = 0x40_0000

    private func headers(
        _ code: [UInt8], around offset: UInt64, machine: ElfFile.Machine = .x86_64, table: [UInt8] = []
    ) throws -> [UInt64] {
        let loops = try #require(
            LoopCode(code: code, at: Self.base, machine: machine) { address, _ in
                address == Self.base + 0x1000 ? table : []
            })
        return loops.loops(around: Self.base + offset).map { $0.header - Self.base }
    }

    @Test func loopsLieInLoops() throws {
        // xor %eax, %eax; 2: nop; 3: call; 8: jne 3; a: jne 2; c: ret
        let code: [UInt8] = [0x31, 0xc0, 0x90, 0xe8, 0, 0, 0, 0, 0x75, 0xf9, 0x75, 0xf6, 0xc3]
        #expect(try headers(code, around: 0) == [])
        #expect(try headers(code, around: 2) == [2])
        #expect(try headers(code, around: 7) == [3, 2])
        #expect(try headers(code, around: 10) == [2])
        #expect(try headers(code, around: 12) == [])
    }

    /// What is seldom needed stands behind the function, and jumps back.
    @Test func aJumpBackAloneIsNoLoop() throws {
        // test %edi, %edi; 2: jne a; 4: call; 9: ret; a: nop; b: jmp 4
        let code: [UInt8] = [0x85, 0xff, 0x75, 0x06, 0xe8, 0, 0, 0, 0, 0xc3, 0x90, 0xeb, 0xf7]
        for offset in 0..<UInt64(code.count) { #expect(try headers(code, around: offset) == []) }
    }

    @Test func theWayOutOfALoopIsNotInIt() throws {
        // 0: dec %edi; 2: je 9; 4: call; 9: test %eax, %eax; b: jne 14; d: jmp 0; f: call (no way there); 14: call; 19: ret
        let code: [UInt8] = [
            0xff, 0xcf, 0x74, 0x05, 0xe8, 0, 0, 0, 0, 0x85, 0xc0, 0x75, 0x07, 0xeb, 0xf1, 0xe8, 0, 0, 0, 0, 0xe8, 0, 0,
            0, 0, 0xc3,
        ]
        #expect(try headers(code, around: 5) == [0])
        #expect(try headers(code, around: 0x10) == [])
        #expect(try headers(code, around: 0x15) == [])
    }

    @Test func aSwitchGoesByItsTable() throws {
        // 0: lea 0x1000 on, %rcx; 7: movslq (%rcx,%rdi,4), %rax; b: add %rcx, %rax; e: jmp *%rax; 10: call; 15: jmp 7; 17: ret
        let code: [UInt8] = [
            0x48, 0x8d, 0x0d, 0xf9, 0x0f, 0, 0, 0x48, 0x63, 0x04, 0xb9, 0x48, 0x01, 0xc8, 0xff, 0xe0, 0xe8, 0, 0, 0, 0,
            0xeb, 0xf0, 0xc3,
        ]
        func entry(_ target: Int32) -> [UInt8] {
            let distance = UInt32(bitPattern: target - 0x1000)
            return (0..<4).map { UInt8(truncatingIfNeeded: distance >> (8 * $0)) }
        }
        let table = entry(0x10) + entry(0x17) + entry(0x10) + [0, 0, 0, 0x7f]
        #expect(try headers(code, around: 0x10, table: table) == [7])
        #expect(try headers(code, around: 0x17, table: table) == [])
        #expect(try headers(code, around: 0, table: table) == [])
        #expect(try headers(code, around: 0x10) == [])
    }

    @Test func aJumpPastAPrefixIsOneToItsInstruction() throws {
        // 0: nop; 1: lock incl (%rdi); 4: jmp 2
        #expect(try headers([0x90, 0xf0, 0xff, 0x07, 0xeb, 0xfc], around: 1) == [0])
    }

    @Test(arguments: [0x35ff_ffe0, 0x54ff_ffe1, 0x3707_ffe0] as [UInt32])
    func arm64BranchesBack(branch: UInt32) throws {
        // nop; bl; the branch to the bl: cbnz, b.ne or tbnz; ret
        let code = Self.bytes([0xd503_201f, 0x9400_0000, branch, 0xd65f_03c0])
        #expect(try headers(code, around: 0, machine: .arm64) == [])
        #expect(try headers(code, around: 4, machine: .arm64) == [4])
        #expect(try headers(code, around: 8, machine: .arm64) == [4])
        #expect(try headers(code, around: 12, machine: .arm64) == [])
    }

    @Test func arm64SwitchesGoToBlocksThatNothingElseLeadsTo() throws {
        // 0: adr x10, 16; 4: ldrb w11, [x9, x8]; 8: add x10, x10, x11, lsl #2; 12: br x10; 16: bl; 20: b 0; 24: ret
        let code = Self.bytes([
            0x1000_008a, 0x3868_692b, 0x8b0b_094a, 0xd61f_0140, 0x9400_0000, 0x17ff_fffb, 0xd65f_03c0,
        ])
        #expect(try headers(code, around: 16, machine: .arm64) == [0])
        #expect(try headers(code, around: 24, machine: .arm64) == [])
    }

    @Test func whatIsNotUnderstoodIsNotKnown() {
        for code in [[], [0x90, 0x06], [0xe8, 0, 0]] as [[UInt8]] {
            #expect(LoopCode(code: code, at: 0, machine: .x86_64) == nil)
        }
        #expect(LoopCode(code: [0x1f, 0x20, 0x03], at: 0, machine: .arm64) == nil)
        #expect(LoopCode(code: [0x90], at: 0, machine: .other) == nil)
    }

    /// Every instruction jumps back, as far as it can: as many loops as there can be.
    @Test func loopsEndSomewhere() throws {
        let code = (0..<40_000).flatMap { index -> [UInt8] in
            [0x75, UInt8(bitPattern: Int8(max(-128, -2 * index - 2)))]
        }
        let loops = try #require(LoopCode(code: code, at: 0, machine: .x86_64))
        #expect((1...32).contains(loops.loops(around: 60_000).count))
        #expect(LoopCode(code: code + code, at: 0, machine: .x86_64) == nil)
    }

    @Test func anyBytesHaveAnAnswer() {
        var generator = SystemRandomNumberGenerator()
        for round in 0..<3_000 {
            var code = (0..<round % 200).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // Mostly what is known, or the first instruction ends it.
            if round % 3 != 0 { code = code.map { [0x75, 0xeb, 0xff, 0xe0, 0x90, 0xc3, 0x48, 0x8d, $0][Int($0 % 9)] } }
            for machine in [ElfFile.Machine.x86_64, .arm64] {
                let loops = LoopCode(code: code, at: .max - 20, machine: machine) { _, _ in code }
                for offset in stride(from: UInt64(0), to: 220, by: 7) {
                    _ = loops?.loops(around: (.max - 20) &+ offset)
                }
            }
        }
    }

    private static func bytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
}
