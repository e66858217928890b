// The functions of one ELF file by address; also what else symbols say: type metadata, which functions are async.
//
// Async resume functions are local symbols, so this is the symbol table, not the dynamic one, if there is one.
// A static Swift executable has several hundred thousand symbols: names stay in the string table until asked for.

import CElfutils
import Glibc

final class SymbolTable {
    struct Function {
        var address: UInt64
        /// 0 when the symbol does not say.
        var size: UInt64
        fileprivate var name: UInt32
    }

    private struct TypeObject {
        var address: UInt64
        var size: UInt64
        var name: UInt32
    }

    private let file: ElfFile
    private let strings: UnsafeRawBufferPointer
    private let functions: [Function]
    private let types: [TypeObject]
    /// Async function pointers (`…Tu`) by the hash of the function's symbol.
    private let asyncPointers: [Int: UInt64]
    /// The names of async function pointers by their addresses.
    private let asyncPointerNames: [UInt64: UInt32]
    private lazy var functionsByName: [Int: UInt64] = indexNames()
    /// Indices of resume functions by the hash of their family.
    private lazy var resumeFunctions: [Int: [Int32]] = indexResumeFunctions()

    /// `nil` when the file has no such table.
    init?(of file: ElfFile, type: Int32) {
        guard let (symbols, strings) = file.symbolSection(type) else { return nil }
        var functions: [Function] = []
        var types: [TypeObject] = []
        var asyncPointers: [Int: UInt64] = [:]
        var asyncPointerNames: [UInt64: UInt32] = [:]
        let stride = MemoryLayout<Elf64_Sym>.size
        functions.reserveCapacity(symbols.count / stride)
        // Safe: libelf owns both buffers as long as `file` lives, and `self` keeps it.
        for offset in Swift.stride(from: 0, to: symbols.count - stride + 1, by: stride) {
            let symbol = symbols.loadUnaligned(fromByteOffset: offset, as: Elf64_Sym.self)
            guard symbol.st_shndx != UInt16(SHN_UNDEF), symbol.st_value != 0 else { continue }
            switch Int32(symbol.st_info & 0xf) {
            case STT_FUNC, STT_GNU_IFUNC:
                functions.append(
                    Function(address: symbol.st_value, size: symbol.st_size, name: symbol.st_name))
            case STT_OBJECT, STT_NOTYPE:
                let name = Self.nameBytes(at: symbol.st_name, in: strings)
                if name.count > 2, name.last == UInt8(ascii: "u"), name[name.count - 2] == UInt8(ascii: "T") {
                    asyncPointers[Self.hash(name.dropLast(2))] = symbol.st_value
                    asyncPointerNames[symbol.st_value] = symbol.st_name
                } else if Self.isTypeMetadata(name) {
                    types.append(
                        TypeObject(address: symbol.st_value, size: symbol.st_size, name: symbol.st_name))
                }
            default: continue
            }
        }
        guard !functions.isEmpty || !types.isEmpty else { return nil }
        functions.sort { ($0.address, $0.name) < ($1.address, $1.name) }
        types.sort { ($0.address, $0.name) < ($1.address, $1.name) }
        self.file = file
        self.strings = strings
        self.functions = functions
        self.types = types
        self.asyncPointers = asyncPointers
        self.asyncPointerNames = asyncPointerNames
    }

    // MARK: Functions

    /// The function that covers an address.
    func function(at address: UInt64) -> Function? {
        guard let index = index(at: address) else { return nil }
        return functions[index]
    }

    func name(of function: Function) -> String {
        Self.name(at: function.name, in: strings)
    }

    /// Functions declared in a Swift module, not those that the compiler made copies of elsewhere.
    func functions(ofModule module: String, atMost count: Int) -> [Function] {
        let prefix = "$s\(module.utf8.count)\(module)"
        var found: [Function] = []
        for function in functions where Self.nameBytes(at: function.name, in: strings).starts(with: prefix.utf8) {
            found.append(function)
            if found.count == count { break }
        }
        return found
    }

    /// Where the function's first part is, if `family` is an async function with a pointer of its own.
    ///
    /// `nil` says nothing: pointers that nothing uses are left out by the compiler.
    func asyncFunctionPointer(of family: String) -> UInt64? {
        var family = family
        return family.withUTF8 { asyncPointers[Self.hash(UnsafeRawBufferPointer($0)[...])] }
    }

    /// The function that the async function pointer at this address is named after.
    func function(ofAsyncPointer address: UInt64) -> UInt64? {
        guard let offset = asyncPointerNames[address] else { return nil }
        return functionsByName[Self.hash(Self.nameBytes(at: offset, in: strings).dropLast(2))]
    }

    /// Where the function of this symbol begins.
    func address(ofFunction symbol: String) -> UInt64? {
        var symbol = symbol
        return symbol.withUTF8 { functionsByName[Self.hash(UnsafeRawBufferPointer($0)[...])] }
    }

    /// Swift's functions; where several have one name, as thunks do, that is nobody's.
    private func indexNames() -> [Int: UInt64] {
        var index: [Int: UInt64] = [:]
        var repeated: Set<Int> = []
        for function in functions {
            let name = Self.nameBytes(at: function.name, in: strings)
            guard name.starts(with: "$s".utf8) || name.elementsEqual("async_Main".utf8) else { continue }
            let hash = Self.hash(name)
            if let other = index.updateValue(function.address, forKey: hash), other != function.address {
                repeated.insert(hash)
            }
        }
        for hash in repeated { index[hash] = nil }
        return index
    }

    // A function of 4,000 suspension points, or one whose parts are 4 MB, is a hostile file's.
    private static let familyCountMax = 4_000

    /// The parts of an async function, in address order: those beside the one at `address`, itself included, and
    /// those that the linker or the optimizer moved elsewhere.
    func parts(of family: String, around address: UInt64) -> [Function] {
        guard let middle = index(at: address) else { return [] }
        var first = middle
        while first > 0, middle - first < Self.familyCountMax, isPart(first - 1, of: family) { first -= 1 }
        var last = middle
        while last + 1 < functions.count, last - middle < Self.familyCountMax, isPart(last + 1, of: family) {
            last += 1
        }
        var found = Set(first...last)
        var text = family
        let key = text.withUTF8 { Self.hash(UnsafeRawBufferPointer($0)[...]) }
        found.formUnion((resumeFunctions[key] ?? []).prefix(Self.familyCountMax).map(Int.init))
        return found.sorted().map { functions[$0] }.filter { SymbolName(name(of: $0)).family == family }
    }

    private func indexResumeFunctions() -> [Int: [Int32]] {
        var index: [Int: [Int32]] = [:]
        for (number, function) in functions.enumerated() {
            let name = Self.nameBytes(at: function.name, in: strings)
            guard name.last == UInt8(ascii: "_") else { continue }
            var head = name.dropLast()
            while let last = head.last, last >= UInt8(ascii: "0"), last <= UInt8(ascii: "9") { head.removeLast() }
            guard let kind = head.popLast(), kind == UInt8(ascii: "Q") || kind == UInt8(ascii: "Y"),
                head.popLast() == UInt8(ascii: "T"), let position = Int32(exactly: number)
            else { continue }
            index[Self.hash(head), default: []].append(position)
        }
        return index
    }

    private func isPart(_ index: Int, of family: String) -> Bool {
        let name = Self.nameBytes(at: functions[index].name, in: strings)
        return name.starts(with: family.utf8) && SymbolName(self.name(of: functions[index])).family == family
    }

    private func index(at address: UInt64) -> Int? {
        var low = 0
        var high = functions.count
        while low < high {
            let middle = (low + high) / 2
            if functions[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        // Of several symbols at one address the plainest that covers it; a nested one may end early.
        var best: Int?
        var index = low - 1
        var steps = 0
        while index >= 0, steps < 16 {
            let function = functions[index]
            if let found = best, functions[found].address != function.address { break }
            if covers(index, address), best == nil || isPlainer(index, than: best!) { best = index }
            index -= 1
            steps += 1
        }
        return best
    }

    private func covers(_ index: Int, _ address: UInt64) -> Bool {
        let function = functions[index]
        if function.size > 0 { return address - function.address < function.size }
        // Assembly often gives no size: then up to the next symbol, and not for ever.
        let isLast = index + 1 >= functions.count
        return !isLast && address - function.address < 65_536
    }

    /// Swift's symbols first; of C's, those that a program calls: `bsearch`, not `__GI_bsearch`.
    private func isPlainer(_ index: Int, than other: Int) -> Bool {
        func rank(_ index: Int) -> (Int, Int) {
            let name = Self.nameBytes(at: functions[index].name, in: strings)
            if name.starts(with: "$s".utf8) { return (0, 0) }
            return (1 + name.prefix { $0 == UInt8(ascii: "_") }.count, name.count)
        }
        return rank(index) <= rank(other)
    }

    // MARK: Type metadata

    /// The mangled name of the type metadata that covers an address.
    func typeMetadata(at address: UInt64) -> String? {
        var low = 0
        var high = types.count
        while low < high {
            let middle = (low + high) / 2
            if types[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        // `…N` lies inside `…Mf`, which has a few words before it: the nearest that covers the address.
        for index in stride(from: low - 1, through: max(0, low - 8), by: -1) where index >= 0 {
            let type = types[index]
            if address == type.address || address - type.address < type.size {
                return Self.name(at: type.name, in: strings)
            }
        }
        return nil
    }

    private static func isTypeMetadata(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard name.count > 3, name.starts(with: "$s".utf8) else { return false }
        return name.last == UInt8(ascii: "N") || name.suffix(2).elementsEqual("Mf".utf8)
    }

    // MARK: Names

    // Longer than any name a compiler makes.
    private static let nameLengthMax = 65_536

    private static func nameBytes(
        at offset: UInt32, in strings: UnsafeRawBufferPointer
    ) -> Slice<UnsafeRawBufferPointer> {
        // Safe: the slice begins and ends inside the table, whether or not the name is terminated.
        guard Int(offset) < strings.count else { return strings[0..<0] }
        let rest = strings[Int(offset)..<min(strings.count, Int(offset) + nameLengthMax)]
        let bytes = UnsafeRawBufferPointer(rebasing: rest)
        return bytes[0..<strnlen(bytes.bindMemory(to: CChar.self).baseAddress!, bytes.count)]
    }

    private static func name(at offset: UInt32, in strings: UnsafeRawBufferPointer) -> String {
        String(decoding: nameBytes(at: offset, in: strings), as: UTF8.self)
    }

    private static func hash(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes))
        return hasher.finalize()
    }
}
