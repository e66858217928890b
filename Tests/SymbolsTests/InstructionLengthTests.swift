// Lengths of instructions: some by hand, and all of whole libraries, against another disassembler.

import CElfutils
import Glibc
import Testing

@testable import Symbols

struct InstructionLengthTests {
    private static func length(_ code: [UInt8]) -> Int? { X86Instruction(in: code, at: 0)?.length }

    @Test(
        arguments: [
            ([0x90], 1),  // nop
            ([0x48, 0x8b, 0x05, 1, 2, 3, 4], 7),  // mov 0x04030201(%rip), %rax
            ([0x8b, 0x44, 0x8d, 0x10], 4),  // mov 0x10(%rbp,%rcx,4), %eax
            ([0x8b, 0x04, 0x25, 1, 2, 3, 4], 7),  // mov 0x04030201, %eax
            ([0x66, 0xb8, 1, 2], 4),  // mov $0x201, %ax
            ([0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8], 10),  // movabs
            ([0xf6, 0xc1, 1], 3), ([0xf6, 0xd1], 2),  // test $1, %cl; not %cl
            ([0x66, 0xf7, 0xc1, 1, 2], 5),  // test $0x201, %cx
            ([0x66, 0x66, 0x48, 0xe8, 1, 2, 3, 4], 8),  // data16 call, as for thread-local variables
            ([0xc5, 0xf8, 0x77], 3),  // vzeroupper
            ([0xc4, 0xe3, 0x7d, 0x39, 0xc1, 1], 6),  // vextracti128 $1, %ymm0, %xmm1
            ([0x62, 0xf1, 0x7c, 0x48, 0x10, 0x47, 1], 7),  // vmovups 0x40(%rdi), %zmm0
            ([0x0f, 0x3a, 0x0f, 0xc1, 8], 5),  // palignr $8, %mm1, %mm0
        ] as [([UInt8], Int)])
    func lengthsByHand(code: [UInt8], length: Int) {
        #expect(Self.length(code) == length)
        #expect(Self.length(code + [0xcc, 0xcc]) == length)
        for cut in code.indices { #expect(Self.length(Array(code[..<cut])) == nil) }
    }

    @Test func branchesKnowTheirTargets() {
        func flow(_ code: [UInt8]) -> X86Instruction.Flow? { X86Instruction(in: code, at: 0)?.flow }
        #expect(flow([0x75, 0xf7]) == .branch(-9))
        #expect(flow([0x0f, 0x8c, 0xf0, 0xff, 0xff, 0xff]) == .branch(-16))
        #expect(flow([0xe2, 0xfe]) == .branch(-2))
        #expect(flow([0xeb, 0x7f]) == .jump(127))
        #expect(flow([0xe9, 0, 1, 0, 0]) == .jump(256))
        #expect(flow([0xff, 0xe0]) == .indirect)
        #expect(flow([0xff, 0x25, 0, 0, 0, 0]) == .indirect)
        #expect(flow([0xff, 0xd0]) == .next)
        #expect(flow([0xe8, 0, 0, 0, 0]) == .next)
        #expect(flow([0xc3]) == .end)
        #expect(flow([0x0f, 0x0b]) == .end)
        #expect(flow([0x06]) == nil)
    }

    private static let hasDisassembler =
        (try? Fixture.run(["sh", "-c", "objdump --version > /dev/null 2>&1"])) != nil

    /// What this machine's own libraries are made of: Swift's, C's, and cryptography in assembly.
    private static let libraries = [
        "libswiftCore.so", "libc.so.6", "libm.so.6", "libstdc++.so.6", "libcrypto.so.3",
    ]

    @Test(
        .enabled(if: hasDisassembler, "objdump is not there: install binutils to compare whole libraries"),
        arguments: libraries)
    func instructionsBeginWhereTheyShould(library: String) throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        guard let path = Self.path(of: library) else { return }
        let file = try ElfFile(path: path)
        guard file.machine == .x86_64 else { return }
        // A line an instruction: its address, its name; sections apart by a line without.
        let script = #"/^Disassembly/ { print "-" } /^ *[0-9a-f]+:\t/ { sub(":", "", $1); print $1, $2 }"#
        try Fixture.run([
            "sh", "-c",
            "objdump -d -z -w --no-show-raw-insn '\(path)' | awk '\(script)' > '\(fixture.path("lines"))'",
        ])
        let comparison = Comparison(of: file, with: try fixture.read("lines"))
        #expect(comparison.instructions > 50_000)
        #expect(comparison.differences == [], "of \(comparison.instructions) instructions of \(path)")
    }

    /// Where the loader finds a library: beside Swift's own, or where the system has it.
    private static func path(of library: String) -> String? {
        guard let handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL) else { return nil }
        defer { dlclose(handle) }
        // Its path is in the list of what is mapped now.
        guard let maps = fopen("/proc/self/maps", "r") else { return nil }
        defer { fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var size = 0
        defer { free(line) }
        while getline(&line, &size, maps) > 0, let text = line.map({ String(cString: $0) }) {
            let fields = text.split(whereSeparator: \.isWhitespace)
            if let path = fields.last, path.hasSuffix("/\(library)") { return String(path) }
        }
        return nil
    }

    /// Of functions that have a symbol: between them, cryptography keeps its tables.
    private struct Comparison {
        var instructions = 0
        /// The first few.
        var differences: [String] = []

        init(of file: ElfFile, with lines: [UInt8]) {
            var chunk: [UInt8] = []
            var chunkStart: UInt64 = 0
            var last: (address: UInt64, isKnown: Bool)?
            let symbols = SymbolTable(of: file, type: SHT_SYMTAB) ?? SymbolTable(of: file, type: SHT_DYNSYM)
            var function: SymbolTable.Function?
            var offset = 0
            while offset < lines.count {
                var address: UInt64 = 0
                let start = offset
                while lines[offset] != UInt8(ascii: " "), lines[offset] != UInt8(ascii: "\n") {
                    let digit = lines[offset]
                    address = address << 4 | UInt64(digit >= UInt8(ascii: "a") ? digit - 87 : digit & 15)
                    offset += 1
                }
                let isBreak = lines[start] == UInt8(ascii: "-")
                // Not `(bad)`, `.byte` and prefixes of nothing: text and numbers amid the code.
                let isKnown = !["(", ".", "rex"].contains { lines[offset...].dropFirst().starts(with: $0.utf8) }
                while lines[offset] != UInt8(ascii: "\n") { offset += 1 }
                offset += 1
                defer { last = isBreak ? nil : (address, isKnown) }
                guard !isBreak, let here = last, here.isKnown else { continue }
                if function.map({ here.address &- $0.address >= $0.size }) ?? true {
                    function = symbols?.function(at: here.address)
                }
                guard let size = function?.size, size > 0 else { continue }
                if here.address < chunkStart || here.address - chunkStart + 16 > UInt64(chunk.count) {
                    chunk = file.read(at: here.address, count: 1 << 20)
                    chunkStart = here.address
                }
                let place = Int(here.address - chunkStart)
                let length = X86Instruction(in: chunk, at: place)?.length
                instructions += 1
                // Waiting for the old floating-point unit is an instruction; objdump takes it for part of the next.
                if length == Int(address - here.address) || chunk[place] == 0x9b { continue }
                if differences.count < 10 {
                    differences.append(
                        "0x\(String(here.address, radix: 16)): \(length.map(String.init) ?? "unknown"), "
                            + "not \(address - here.address)")
                }
            }
        }
    }
}
