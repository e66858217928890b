// Addresses of the observed process in, named source frames out.

/// Names addresses: async resume functions, return addresses, type metadata.
///
/// Opens a module's files when it is first asked about one of its addresses, and remembers every answer.
/// Not thread safe.
public final class Symbolizer {
    private let modules: [ModuleImage]
    private let directories: [String]
    private var files: [Int: ModuleFiles] = [:]
    private var entries: [UInt64: [SourceFrame]] = [:]
    private var returns: [UInt64: [SourceFrame]] = [:]
    private var types: [UInt64: String?] = [:]
    private var names: [String: ReadableName] = [:]

    /// `debugDirectories` come before the usual places: /usr/lib/debug, and the folder of the binary.
    public init(modules: [ModuleImage], debugDirectories: [String] = []) {
        self.modules = modules
        directories = debugDirectories + [DebugFiles.systemDirectory]
    }

    /// What is wrong with the modules that were asked about so far, in the order of their mapping.
    public var problems: [ModuleProblem] {
        var seen: Set<ModuleProblem> = []
        return files.sorted { $0.key < $1.key }.compactMap(\.value.problem).filter { seen.insert($0).inserted }
    }

    /// The functions at the entry of a function, innermost (inlined) first. Never empty.
    ///
    /// For a resume function the line is the await's that suspended, not that of the code which follows it.
    public func frames(at address: UInt64) -> [SourceFrame] {
        if let known = entries[address] { return known }
        let frames = resolve(address) { self.entryFrames(at: $0, in: $1) }
        entries[address] = frames
        return frames
    }

    /// The functions that called and will go on at a return address, innermost (inlined) first. Never empty.
    public func codeFrames(atReturnAddress address: UInt64) -> [SourceFrame] {
        if let known = returns[address] { return known }
        // The call is before the address that it returns to, which may already be another line's or function's.
        var frames = resolve(address == 0 ? 0 : address - 1) { self.codeFrames(at: $0, in: $1) }
        for index in frames.indices { frames[index].address = address }
        returns[address] = frames
        return frames
    }

    /// `Ledger` for the address of the metadata of `main.Ledger`; `nil` when it is in no module's symbols.
    ///
    /// Metadata of generic types is made at run time and has no symbol.
    public func typeName(ofMetadata address: UInt64) -> String? {
        if let known = types[address] { return known }
        let name = module(at: address).flatMap { files in
            files.symbols?.typeMetadata(at: address &- files.image.loadBias)
                .flatMap(Demangler.demangle).flatMap(ReadableName.type(demangled:))
        }
        types[address] = .some(name)
        return name
    }

    // MARK: Modules

    private func module(at address: UInt64) -> ModuleFiles? {
        guard let index = modules.firstIndex(where: { $0.start <= address && address < $0.end }) else { return nil }
        if let known = files[index] { return known }
        let opened = ModuleFiles(image: modules[index], directories: directories)
        files[index] = opened
        return opened
    }

    private func resolve(_ address: UInt64, _ name: (UInt64, ModuleFiles) -> [SourceFrame]) -> [SourceFrame] {
        guard let module = module(at: address) else {
            let text = "0x\(String(address, radix: 16))"
            return [SourceFrame(function: text, module: "", origin: .runtime, address: address)]
        }
        // Wrapping: both come from the observed process and may be anything.
        let frames = name(address &- module.image.loadBias, module)
        return frames.isEmpty ? [unnamed(address, in: module)] : frames
    }

    private func unnamed(_ address: UInt64, in module: ModuleFiles) -> SourceFrame {
        let image = module.image
        let offset = String(address &- image.loadBias, radix: 16)
        let origin = OriginRules.origin(
            of: nil, symbol: nil, file: nil, image: image, imageHasDebugInfo: module.debug != nil)
        return SourceFrame(
            function: "0x\(offset) in \(image.fileName)", module: image.fileName, origin: origin,
            address: address)
    }

    // MARK: Entries

    private func entryFrames(at address: UInt64, in module: ModuleFiles) -> [SourceFrame] {
        guard let function = module.symbols?.function(at: address), let symbols = module.symbols else {
            return frames(from: module.debug?.scopes(at: address, limit: address + 1) ?? [], at: address, in: module)
        }
        let symbol = SymbolName(symbols.name(of: function))
        let readable = readableName(of: symbol.mangled)
        let awaitPoint = self.awaitPoint(of: symbol, readable, in: symbols)
        let end = function.address &+ max(function.size, 1)
        func named(_ scopes: [DebugInfo.Scope], isEntry: Bool) -> [SourceFrame] {
            self.frames(
                from: isEntry && awaitPoint != nil ? withoutWorkThatFollows(scopes) : scopes, at: address,
                in: module, symbol: symbol.mangled, awaitPoint: awaitPoint)
        }
        guard address == function.address else {
            return named(module.debug?.scopes(at: address, limit: end) ?? [], isEntry: false)
        }
        if symbol.resumePoint != nil {
            var best = named(module.debug?.scopes(at: address, limit: end) ?? [], isEntry: true)
            for reference in suspensions(before: function, symbol, in: module) {
                let here = named(module.debug?.scopes(at: reference, limit: reference + 1) ?? [], isEntry: false)
                if located(here) >= max(1, located(best)) {
                    best = here
                    break
                }
            }
            return best
        }
        // A start: the declaration says best where it is, unless the compiler wrapped its own code around it.
        var frames = named(module.debug?.scopes(at: address, limit: end) ?? [], isEntry: true)
        if !readable.isCompilerMade, let declaration = module.debug?.declaration(at: address) {
            frames = [frames[frames.count - 1]]
            frames[0].file = declaration.file
            frames[0].line = declaration.line
        }
        return frames
    }

    /// The instructions that made this resume function's address, in the parts of its own function.
    private func suspensions(
        before function: SymbolTable.Function, _ symbol: SymbolName, in module: ModuleFiles
    ) -> [UInt64] {
        guard let symbols = module.symbols else { return [] }
        var parts = symbols.parts(of: symbol.family, around: function.address)
        var found = parts.flatMap { module.references(to: function.address, in: $0) }
        if found.isEmpty, let pointer = symbols.asyncFunctionPointer(of: symbol.family),
            let start = module.function(ofAsyncPointer: pointer)
        {
            // The linker or the optimizer (merged functions) moved this part away from the others.
            parts = symbols.parts(of: symbol.family, around: start)
            found = parts.flatMap { module.references(to: function.address, in: $0) }
        }
        return found
    }

    private func awaitPoint(of symbol: SymbolName, _ readable: ReadableName, in symbols: SymbolTable) -> Int? {
        if let point = symbol.resumePoint { return point }
        if readable.asynchrony == .asynchronous || symbols.asyncFunctionPointer(of: symbol.family) != nil { return 0 }
        return nil
    }

    /// Leaves out synchronous functions that were inlined where an async one begins or goes on: they are what it
    /// does next, not where it stands.
    private func withoutWorkThatFollows(_ scopes: [DebugInfo.Scope]) -> [DebugInfo.Scope] {
        let asynchronous = scopes.firstIndex { scope in
            guard scope.isInlined, let symbol = scope.linkageName else { return !scope.isInlined }
            return readableName(of: SymbolName(symbol).mangled).asynchrony == .asynchronous
        }
        return asynchronous.map { Array(scopes[$0...]) } ?? scopes
    }

    /// How well a place is known: 2 with a line in code that is not the runtime's, 1 with any line.
    private func located(_ frames: [SourceFrame]) -> Int {
        if frames.contains(where: { $0.origin != .runtime && $0.line != nil }) { return 2 }
        return frames.contains { $0.line != nil } ? 1 : 0
    }

    // MARK: Return addresses

    private func codeFrames(at address: UInt64, in module: ModuleFiles) -> [SourceFrame] {
        guard let symbols = module.symbols, let function = symbols.function(at: address) else {
            return frames(from: module.debug?.scopes(upTo: address, from: address) ?? [], at: address, in: module)
        }
        let symbol = SymbolName(symbols.name(of: function))
        let point = awaitPoint(of: symbol, readableName(of: symbol.mangled), in: symbols)
        return frames(
            from: module.debug?.scopes(upTo: address, from: function.address) ?? [], at: address, in: module,
            symbol: symbol.mangled, awaitPoint: point)
    }

    // MARK: Frames

    /// `address` is the file's; frames carry the process's.
    private func frames(
        from scopes: [DebugInfo.Scope], at address: UInt64, in module: ModuleFiles, symbol: String? = nil,
        awaitPoint: Int? = nil
    ) -> [SourceFrame] {
        var scopes = scopes
        if scopes.isEmpty, symbol != nil { scopes = [DebugInfo.Scope(position: .init(), isInlined: false)] }
        let frames: [SourceFrame] = scopes.compactMap { scope in
            // The outermost function has a symbol, which knows more than DWARF: specialisations, thunks.
            let mangled = scope.isInlined ? scope.linkageName : symbol ?? scope.linkageName
            guard let name = mangled.map({ SymbolName($0).mangled }) ?? scope.name else { return nil }
            let readable = readableName(of: name)
            return SourceFrame(
                function: readable.text, awaitPoint: awaitPoint, file: scope.position.file,
                line: scope.position.line, module: readable.module ?? module.image.fileName,
                origin: OriginRules.origin(
                    of: readable, symbol: name, file: scope.position.file, image: module.image,
                    imageHasDebugInfo: module.debug != nil),
                isInlined: scope.isInlined, address: address &+ module.image.loadBias)
        }
        return withoutSpecialisationShells(frames)
    }

    /// A specialised copy of a function often consists of that function, inlined: that is one frame.
    private func withoutSpecialisationShells(_ frames: [SourceFrame]) -> [SourceFrame] {
        var result: [SourceFrame] = []
        for frame in frames {
            if let inner = result.last, inner.function == frame.function, inner.module == frame.module,
                frame.line == nil
            {
                result[result.count - 1].isInlined = frame.isInlined
            } else {
                result.append(frame)
            }
        }
        return result
    }

    private func readableName(of mangled: String) -> ReadableName {
        if let known = names[mangled] { return known }
        let name = ReadableName(mangled: mangled)
        names[mangled] = name
        return name
    }
}
