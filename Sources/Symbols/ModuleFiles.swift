// The files behind one loaded image: which of them may be trusted, where names, lines and code come from.
//
// Names come from the loaded file's symbol table, or from its separate debug file, or from what it exports. A file
// whose build ID is not the loaded one's gives nothing: wrong names are worse than none.

import CElfutils
import Glibc

final class ModuleFiles {
    let image: ModuleImage
    let problem: ModuleProblem?
    /// The loaded file itself, for its code. `nil` when it is missing or another build.
    private let code: ElfFile?
    let symbols: SymbolTable?
    let debug: DebugInfo?
    /// `nil` when there is no code to look at.
    private(set) lazy var loops: FrameLoops? = code.map { FrameLoops(code: $0, debug: debug) }
    /// By Swift module, where it was asked for.
    private var sourceFiles: [String: String?] = [:]

    init(image: ModuleImage, directories: [String]) {
        self.image = image
        guard image.path.hasPrefix("/") || !image.path.isEmpty, !image.path.hasPrefix("[") else {
            // The kernel's own image, or anonymous code: there is no file to look for.
            (problem, code, symbols, debug) = (nil, nil, nil, nil)
            return
        }
        var problem: ModuleProblem?
        var loaded: ElfFile?
        do throws(ElfFile.Failure) {
            let file = try ElfFile(path: image.path)
            if !image.buildID.isEmpty, file.buildID != image.buildID {
                problem = ModuleProblem(.changed, of: image)
            } else {
                loaded = file
            }
        } catch {
            switch error {
            case .cannotOpen(let code):
                problem = ModuleProblem(.missing, of: image, detail: " (\(String(cString: strerror(code))))")
            case .notELF: problem = ModuleProblem(.unreadable, of: image)
            }
        }
        var symbols = loaded.flatMap { SymbolTable(of: $0, type: SHT_SYMTAB) }
        var debug = loaded.flatMap { DebugInfo(of: $0) }
        if symbols == nil || debug == nil,
            let separate = Self.separateFile(of: image, loaded: loaded, directories: directories)
        {
            symbols = symbols ?? SymbolTable(of: separate, type: SHT_SYMTAB)
            debug = debug ?? DebugInfo(of: separate)
        }
        let isRuntime = OriginRules.isRuntime(image: image)
        if symbols == nil {
            symbols = loaded.flatMap { SymbolTable(of: $0, type: SHT_DYNSYM) }
            // Distributions strip the C library; nobody needs to be told.
            if problem == nil, !isRuntime { problem = ModuleProblem(.stripped, of: image) }
        } else if debug == nil {
            if problem == nil, !isRuntime { problem = ModuleProblem(.noDebugInformation, of: image) }
        } else {
            // The separate debug file of the loaded build is all it takes, whatever lies at the path now.
            problem = nil
        }
        self.problem = problem
        code = loaded
        self.symbols = symbols
        self.debug = debug
    }

    private static let sourceFunctionsMax = 64

    /// A source file of a Swift module whose code is in the image, by functions that have lines; `nil`: none of those that
    /// were looked at has.
    func sourceFile(ofModule name: String) -> String? {
        if let known = sourceFiles[name] { return known }
        var file: String?
        if let symbols, let debug {
            for function in symbols.functions(ofModule: name, atMost: Self.sourceFunctionsMax) where file == nil {
                let end = function.address &+ max(function.size, 1)
                file = debug.scopes(at: function.address, limit: end).last?.position.file
            }
        }
        sourceFiles[name] = .some(file)
        return file
    }

    // More than the parts of any real async function take together.
    private static let codeBytesMax = 1 << 20

    /// The instructions in `part` that make an address for which `isTarget` holds.
    func references(
        in part: SymbolTable.Function, where isTarget: (UInt64) -> Bool
    ) -> [SuspensionCode.Reference] {
        guard let code, part.size > 0, part.size <= UInt64(Self.codeBytesMax) else { return [] }
        let bytes = code.read(at: part.address, count: Int(part.size))
        return SuspensionCode.references(in: bytes, at: part.address, machine: code.machine, where: isTarget)
    }

    /// Whether an address is in the linker's table of jumps to other images.
    func isLinkage(_ address: UInt64) -> Bool { code?.isLinkage(address) ?? false }

    // The runtime allocates as many bytes for a call; more is no context's size.
    private static let contextBytes: ClosedRange<UInt32> = 1...(1 << 24)

    /// The function that an async function pointer at an address of the file stands for; `nil` if it is none.
    ///
    /// The record is the distance to the function and the size of its context, 32 bits each, and lies in data.
    func function(ofAsyncPointer pointer: UInt64) -> UInt64? {
        if let function = symbols?.function(ofAsyncPointer: pointer) { return function }
        guard pointer % 4 == 0, let code, code.isExecutable(pointer) == false else { return nil }
        let bytes = code.read(at: pointer, count: 8)
        guard bytes.count == 8 else { return nil }
        func word(_ index: Int) -> UInt32 {
            bytes[index..<index + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        let function = pointer &+ UInt64(bitPattern: Int64(Int32(bitPattern: word(0))))
        guard Self.contextBytes.contains(word(4)), code.isExecutable(function) == true else { return nil }
        // Other data can look like a record, but hardly like one of the beginning of a function.
        if let symbol = symbols?.function(at: function), symbol.address != function { return nil }
        return function
    }

    private static func separateFile(of image: ModuleImage, loaded: ElfFile?, directories: [String]) -> ElfFile? {
        let id = loaded?.buildID ?? image.buildID
        // Without a build ID nothing says that a debug file belongs to this image.
        guard !id.isEmpty else { return nil }
        var wanted = image
        wanted.buildID = id
        for path in DebugFiles.candidates(for: wanted, link: loaded?.debugLink, directories: directories) {
            if let file = try? ElfFile(path: path), file.buildID == id { return file }
        }
        return nil
    }
}
