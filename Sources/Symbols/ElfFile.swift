// A handle on one ELF file: its sections as bytes, its identity, and the bytes at a virtual address.
//
// libelf checks headers against the size of the file; every offset that comes out of the file's own bytes is
// checked here again. The file is read, not mapped: a file that shrinks meanwhile must not be a SIGBUS.

import CElfutils
import Glibc

final class ElfFile {
    enum Failure: Error {
        case cannotOpen(errno: Int32)
        case notELF
    }

    enum Machine {
        case x86_64, arm64, other
    }

    let path: String
    let machine: Machine
    let buildID: [UInt8]
    /// The file name in `.gnu_debuglink`.
    let debugLink: String?
    let sectionNames: Set<String>
    /// Where calls of other images' functions jump on from: code of the linker's that no symbol names.
    private let linkage: [Range<UInt64>]
    private let descriptor: Int32
    /// For libdw, which reads the debug sections through the same handle.
    let handle: OpaquePointer
    private let segments: [Segment]

    private struct Segment {
        var address: UInt64
        var offset: UInt64
        var size: UInt64
        var isExecutable: Bool

        func contains(_ address: UInt64) -> Bool { self.address <= address && address - self.address < size }
    }

    // More than any linker writes; a lying header must not make us walk for ever.
    private static let sectionCountMax = 100_000
    private static let segmentCountMax = 1_000

    init(path: String) throws(Failure) {
        // O_NONBLOCK: a path may name a FIFO, and opening one must not wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .cannotOpen(errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notELF
        }
        elf_version(UInt32(EV_CURRENT))
        guard let handle = elf_begin(descriptor, ELF_C_READ, nil) else {
            close(descriptor)
            throw .notELF
        }
        var header = GElf_Ehdr()
        guard elf_kind(handle) == ELF_K_ELF, gelf_getclass(handle) == Int32(ELFCLASS64),
            gelf_getehdr(handle, &header) != nil, header.identifiesLittleEndian
        else {
            elf_end(handle)
            close(descriptor)
            throw .notELF
        }
        self.path = path
        self.descriptor = descriptor
        self.handle = handle
        machine =
            switch Int32(header.e_machine) {
            case EM_X86_64: .x86_64
            case EM_AARCH64: .arm64
            default: .other
            }
        segments = Self.loadSegments(of: handle)
        var names: Set<String> = []
        var id: [UInt8] = []
        var link: String?
        var linkage: [Range<UInt64>] = []
        for (name, section, sectionHeader) in Self.sections(of: handle) {
            names.insert(name)
            if name == ".plt" || name.hasPrefix(".plt.") {
                let (end, overflow) = sectionHeader.sh_addr.addingReportingOverflow(sectionHeader.sh_size)
                if !overflow { linkage.append(sectionHeader.sh_addr..<end) }
            }
            if sectionHeader.sh_type == UInt32(SHT_NOTE), id.isEmpty {
                id = Self.bytes(of: section) { Self.buildID(inNotes: $0) } ?? []
            } else if name == ".gnu_debuglink" {
                link =
                    Self.bytes(of: section) { bytes in
                        bytes.firstIndex(of: 0).map { String(decoding: bytes[..<$0], as: UTF8.self) }
                    } ?? nil
            }
        }
        sectionNames = names
        buildID = id
        debugLink = link
        self.linkage = linkage
    }

    deinit {
        elf_end(handle)
        close(descriptor)
    }

    /// Up to `count` bytes of code or data at a virtual address; fewer at the end of a segment, none outside.
    func read(at address: UInt64, count: Int) -> [UInt8] {
        guard count > 0,
            let segment = segments.first(where: { $0.contains(address) })
        else { return [] }
        let skip = address - segment.address
        let length = Int(min(UInt64(count), segment.size - skip))
        let (offset, overflow) = segment.offset.addingReportingOverflow(skip)
        guard !overflow, let position = off_t(exactly: offset) else { return [] }
        // Safe: the buffer has `length` bytes, and pread writes at most that many.
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, length, position))
        }
    }

    /// Whether there is code at a virtual address; `nil` when there is nothing of the file.
    func isExecutable(_ address: UInt64) -> Bool? {
        segments.first { $0.contains(address) }?.isExecutable
    }

    func isLinkage(_ address: UInt64) -> Bool { linkage.contains { $0.contains(address) } }

    /// The bytes of a symbol section and of the string table it names, for as long as the closure runs.
    ///
    /// The bytes belong to libelf and live as long as this handle.
    func symbolSection(_ type: Int32) -> (symbols: UnsafeRawBufferPointer, strings: UnsafeRawBufferPointer)? {
        for (_, section, header) in Self.sections(of: handle) where header.sh_type == UInt32(type) {
            guard let symbols = Self.data(of: section),
                let stringSection = elf_getscn(handle, Int(header.sh_link)),
                let strings = Self.data(of: stringSection)
            else { continue }
            return (symbols, strings)
        }
        return nil
    }

    private static func sections(of handle: OpaquePointer) -> [(String, OpaquePointer, GElf_Shdr)] {
        var nameIndex = 0
        guard elf_getshdrstrndx(handle, &nameIndex) == 0 else { return [] }
        var found: [(String, OpaquePointer, GElf_Shdr)] = []
        var section = elf_nextscn(handle, nil)
        while let current = section, found.count < sectionCountMax {
            var header = GElf_Shdr()
            if gelf_getshdr(current, &header) != nil {
                let name = elf_strptr(handle, nameIndex, Int(header.sh_name)).map { String(cString: $0) }
                found.append((name ?? "", current, header))
            }
            section = elf_nextscn(handle, current)
        }
        return found
    }

    private static func data(of section: OpaquePointer) -> UnsafeRawBufferPointer? {
        // Safe: libelf has checked that the section lies in the file and owns d_size bytes at d_buf.
        guard let data = elf_getdata(section, nil)?.pointee, let start = data.d_buf else { return nil }
        return UnsafeRawBufferPointer(start: start, count: data.d_size)
    }

    private static func bytes<T>(of section: OpaquePointer, _ body: (UnsafeRawBufferPointer) -> T) -> T? {
        data(of: section).map(body)
    }

    private static func loadSegments(of handle: OpaquePointer) -> [Segment] {
        var count = 0
        guard elf_getphdrnum(handle, &count) == 0 else { return [] }
        return (0..<min(count, segmentCountMax)).compactMap { index in
            var header = GElf_Phdr()
            guard gelf_getphdr(handle, Int32(index), &header) != nil, header.p_type == UInt32(PT_LOAD) else {
                return nil
            }
            return Segment(
                address: header.p_vaddr, offset: header.p_offset, size: header.p_filesz,
                isExecutable: header.p_flags & UInt32(PF_X) != 0)
        }
    }

    /// Notes are (name size, description size, type, name, description), each padded to four bytes.
    static func buildID(inNotes bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var position = 0
        while bytes.count - position >= 12 {
            let nameSize = Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            let size = Int(bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
            let type = bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt32.self)
            let name = position + 12
            let description = name + (nameSize + 3) / 4 * 4
            let end = description + size
            guard end <= bytes.count else { return [] }
            if type == UInt32(NT_GNU_BUILD_ID), bytes[name..<name + nameSize].elementsEqual("GNU\0".utf8), size <= 64 {
                return Array(bytes[description..<end])
            }
            position = description + (size + 3) / 4 * 4
        }
        return []
    }
}

extension GElf_Ehdr {
    fileprivate var identifiesLittleEndian: Bool {
        e_ident.5 == UInt8(ELFDATA2LSB)
    }
}
