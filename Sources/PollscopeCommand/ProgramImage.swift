// What an ELF file says of itself that decides, before it is run, whether a library can be preloaded into it.
//
// The bytes are a stranger's: every offset is checked, every count bounded, and what makes no sense is not there.

import CPollscopeLayout
import Glibc

struct ProgramImage {
    private(set) var is64Bit = true
    private(set) var machine = UInt16(EM_NONE)
    /// The dynamic linker that it asks for; nil: it is fully static, or a library.
    private(set) var interpreter: String?
    /// It has Pollscope's probes linked in.
    private(set) var hasProbes = false
    /// It has code that was written in Swift.
    private(set) var hasSwift = false
    /// The shared libraries that it needs, by name.
    private(set) var libraries: [String] = []

    static var nativeMachine: UInt16 {
        #if arch(x86_64)
            UInt16(EM_X86_64)
        #else
            UInt16(EM_AARCH64)
        #endif
    }

    var isNative: Bool { is64Bit && machine == Self.nativeMachine }

    /// The Swift runtime is in the program, not in a shared library.
    var hasOwnRuntime: Bool { hasSwift && !libraries.contains("libswiftCore.so") }

    /// Nil: the file is no ELF file.
    init?(_ file: FileBytes) {
        let start = file.bytes(at: 0, count: MemoryLayout<Elf64_Ehdr>.size)
        guard start.starts(with: [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]), start.count >= 20
        else { return nil }
        is64Bit = start[4] == UInt8(ELFCLASS64)
        let isLittleEndian = start[5] == UInt8(ELFDATA2LSB)
        let (low, high) = isLittleEndian ? (start[18], start[19]) : (start[19], start[18])
        machine = UInt16(high) << 8 | UInt16(low)
        guard isNative, isLittleEndian, let header = FileBytes.value(Elf64_Ehdr.self, in: start) else { return }
        read(file, header)
    }

    // More than any linker writes.
    private static let segmentsMax = 1_000, sectionsMax = 10_000, tableMax = 1 << 20

    private mutating func read(_ file: FileBytes, _ header: Elf64_Ehdr) {
        let segments = file.values(
            Elf64_Phdr.self, at: header.e_phoff, count: min(Int(header.e_phnum), Self.segmentsMax))
        for segment in segments {
            let bytes = { file.bytes(at: segment.p_offset, count: Int(min(segment.p_filesz, UInt64(Self.tableMax)))) }
            switch Int32(bitPattern: segment.p_type) {
            case PT_INTERP: interpreter = String(decoding: bytes().prefix { $0 != 0 }, as: UTF8.self)
            case PT_NOTE: hasProbes = hasProbes || Self.hasMark(bytes(), alignment: segment.p_align == 8 ? 8 : 4)
            case PT_DYNAMIC: libraries = Self.libraries(bytes(), segments: segments, of: file)
            default: break
            }
        }
        hasSwift = sectionNames(file, header).contains { $0.hasPrefix("swift5_") }
    }

    private static func hasMark(_ notes: [UInt8], alignment: Int) -> Bool {
        let mark = Array(POLLSCOPE_NOTE_OWNER.utf8) + [0]
        let headBytes = MemoryLayout<Elf64_Nhdr>.size
        var rest = notes[...]
        while let head = FileBytes.value(Elf64_Nhdr.self, in: rest) {
            let owner = rest.dropFirst(headBytes).prefix(Int(head.n_namesz))
            if head.n_type == POLLSCOPE_NOTE_PROBES, owner.elementsEqual(mark) { return true }
            let name = (headBytes + Int(head.n_namesz) + alignment - 1) / alignment * alignment
            rest = rest.dropFirst(name + (Int(head.n_descsz) + alignment - 1) / alignment * alignment)
        }
        return false
    }

    private static func libraries(_ dynamic: [UInt8], segments: [Elf64_Phdr], of file: FileBytes) -> [String] {
        // Pairs of a tag and its value.
        let words = FileBytes.values(UInt64.self, in: dynamic)
        let entries = stride(from: 0, to: words.count - 1, by: 2).map { (tag: words[$0], value: words[$0 + 1]) }
        func value(_ tag: Int32) -> UInt64? { entries.first { $0.tag == UInt64(tag) }?.value }
        guard let address = value(DT_STRTAB), let size = value(DT_STRSZ),
            let segment = segments.first(where: {
                $0.p_type == UInt32(PT_LOAD) && $0.p_vaddr <= address && address - $0.p_vaddr < $0.p_filesz
            })
        else { return [] }
        let (offset, overflow) = segment.p_offset.addingReportingOverflow(address - segment.p_vaddr)
        let names = overflow ? [] : file.bytes(at: offset, count: Int(min(size, UInt64(tableMax))))
        return entries.filter { $0.tag == UInt64(DT_NEEDED) }.map { FileBytes.text(in: names, at: $0.value) }
    }

    private func sectionNames(_ file: FileBytes, _ header: Elf64_Ehdr) -> [String] {
        let sections = file.values(
            Elf64_Shdr.self, at: header.e_shoff, count: min(Int(header.e_shnum), Self.sectionsMax))
        guard Int(header.e_shstrndx) < sections.count else { return [] }
        let table = sections[Int(header.e_shstrndx)]
        let names = file.bytes(at: table.sh_offset, count: Int(min(table.sh_size, UInt64(Self.tableMax))))
        return sections.map { FileBytes.text(in: names, at: UInt64($0.sh_name)) }
    }
}
