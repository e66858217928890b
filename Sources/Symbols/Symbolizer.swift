// Addresses of the observed process in, named source frames out.

/// Names addresses: async resume functions, return addresses, type metadata.
///
/// Opens a module's files when it is first asked about one of its addresses, and remembers every answer.
/// Not thread safe.
public final class Symbolizer {
    private let modules: [ModuleImage]
    private let shared: SharedModuleFiles
    private var opened: [Int: MappedModule] = [:]
    private var problemsFound: [Int: ModuleProblem] = [:]
    private var entries: [UInt64: [SourceFrame]] = [:]
    private var returns: [UInt64: [SourceFrame]] = [:]
    private var types: [UInt64: String?] = [:]
    private var names: [String: ReadableName] = [:]
    private var asyncFunctions: [UInt64: AsyncFunction] = [:]

    /// `debugDirectories` come before the usual places: /usr/lib/debug, and the folder of the binary.
    public convenience init(modules: [ModuleImage], debugDirectories: [String] = []) {
        self.init(modules: modules, sharing: SharedModuleFiles(debugDirectories: debugDirectories))
    }

    /// Shares what it opens with the other symbolizers of `shared`, which must all be used on one thread.
    public init(modules: [ModuleImage], sharing shared: SharedModuleFiles) {
        self.modules = modules
        self.shared = shared
    }

    /// What is wrong with the modules that were asked about so far, in the order of their mapping.
    public var problems: [ModuleProblem] {
        var seen: Set<ModuleProblem> = []
        return problemsFound.sorted { $0.key < $1.key }.map(\.value).filter { seen.insert($0).inserted }
    }

    /// Closes the files, which take the more memory the larger a program is. What was asked is remembered; who asks for
    /// something else waits until they are open again.
    public func closeFiles() { opened.removeAll() }

    /// Whether there are files to close.
    public var hasOpenFiles: Bool { !opened.isEmpty }

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
    ///
    /// They say whether the call is in a loop of theirs.
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
        let name = module(at: address).flatMap { module in
            module.symbols?.typeMetadata(at: address &- module.image.loadBias)
                .flatMap(Demangler.demangle).flatMap(ReadableName.type(demangled:))
        }
        types[address] = .some(name)
        return name
    }

    /// The run-time address of the function that an async function pointer stands for; `nil` if it is none.
    ///
    /// Closures and tasks keep such pointers: records in the data of the module that has the function.
    public func function(ofAsyncFunctionPointer address: UInt64) -> UInt64? {
        guard let module = module(at: address) else { return nil }
        let bias = module.image.loadBias
        // Wrapping: both come from the observed process and may be anything.
        return module.function(ofAsyncPointer: address &- bias).map { $0 &+ bias }
    }

    // MARK: Modules

    private func module(at address: UInt64) -> MappedModule? {
        guard let index = modules.firstIndex(where: { $0.start <= address && address < $0.end }) else { return nil }
        if let known = opened[index] { return known }
        let module = MappedModule(image: modules[index], files: shared.files(of: modules[index]))
        opened[index] = module
        problemsFound[index] = module.files.problem
        return module
    }

    private func resolve(_ address: UInt64, _ name: (UInt64, MappedModule) -> [SourceFrame]) -> [SourceFrame] {
        guard let module = module(at: address) else {
            let text = "0x\(String(address, radix: 16))"
            return [SourceFrame(function: text, module: "", origin: .runtime, address: address)]
        }
        // Wrapping: both come from the observed process and may be anything.
        let frames = name(address &- module.image.loadBias, module)
        return frames.isEmpty ? [unnamed(address, in: module)] : frames
    }

    private func unnamed(_ address: UInt64, in module: MappedModule) -> SourceFrame {
        let image = module.image
        let offset = String(address &- image.loadBias, radix: 16)
        let origin = OriginRules.origin(
            of: nil, symbol: nil, file: nil, image: image, imageHasDebugInfo: module.debug != nil)
        return SourceFrame(
            function: "0x\(offset) in \(image.fileName)", module: image.fileName, origin: origin,
            address: address)
    }

    // MARK: Entries

    private func entryFrames(at address: UInt64, in module: MappedModule) -> [SourceFrame] {
        guard let function = module.symbols?.function(at: address), let symbols = module.symbols else {
            return frames(from: module.debug?.scopes(at: address, limit: address + 1) ?? [], at: address, in: module)
        }
        let symbol = SymbolName(symbols.name(of: function))
        let readable = readableName(of: symbol.mangled)
        let points = awaitPoints(of: symbol, function, readable, in: module)
        let end = function.address &+ max(function.size, 1)
        func named(_ scopes: [DebugInfo.Scope], isEntry: Bool) -> [SourceFrame] {
            self.frames(
                from: isEntry && points != .synchronous ? withoutWorkThatFollows(scopes) : scopes, at: address,
                in: module, symbol: symbol, points: points)
        }
        guard address == function.address else {
            return named(module.debug?.scopes(at: address, limit: end) ?? [], isEntry: false)
        }
        if symbol.resumePoint != nil {
            var best = named(module.debug?.scopes(at: address, limit: end) ?? [], isEntry: true)
            for reference in asyncFunction(of: symbol, function, in: module).suspensions[address] ?? [] {
                let here = named(module.debug?.scopes(at: reference, limit: reference + 1) ?? [], isEntry: false)
                if located(here) >= max(1, located(best)) {
                    best = here
                    break
                }
            }
            return best
        }
        let scopes = module.debug?.scopes(at: address, limit: end) ?? []
        if let start = forwardedStart(of: symbol, scopes: scopes, at: address, in: module) { return start }
        // A start: the declaration says best where it is, unless the compiler wrapped its own code around it.
        var frames = named(scopes, isEntry: true)
        if !readable.isCompilerMade, let declaration = module.debug?.declaration(at: address) {
            frames = [frames[frames.count - 1]]
            frames[0].file = declaration.file
            frames[0].line = declaration.line
        }
        return frames
    }

    /// The start of the closure behind a partial apply forwarder.
    private func forwardedStart(
        of symbol: SymbolName, scopes: [DebugInfo.Scope], at address: UInt64, in module: MappedModule
    ) -> [SourceFrame]? {
        guard let forwarded = symbol.forwarded, !readableName(of: forwarded).isCompilerMade else { return nil }
        var frame: SourceFrame
        if let target = module.symbols?.address(ofFunction: forwarded) {
            frame = frames(at: target &+ module.image.loadBias).last!
        } else {
            // The optimizer has copied the closure into its forwarder.
            let declaration = readableName(of: forwarded).declaration
            let scope = scopes.first {
                $0.linkageName.map { readableName(of: SymbolName($0).mangled).declaration } == declaration
            }
            var start = scope ?? DebugInfo.Scope(position: .init(), isInlined: false)
            start.isInlined = false
            start.position.line = start.declarationLine ?? start.position.line
            frame = frames(
                from: [start], at: address, in: module, symbol: SymbolName(forwarded), points: .start
            ).last!
        }
        frame.address = address &+ module.image.loadBias
        return [frame]
    }

    private func awaitPoints(
        of symbol: SymbolName, _ function: SymbolTable.Function, _ readable: ReadableName, in module: MappedModule
    ) -> FramePoints {
        if let point = symbol.resumePoint {
            let numbers = asyncFunction(of: symbol, function, in: module).numbers
            // A forwarder goes on when its closure has ended: that is no await of anybody.
            return .resumed(
                numbers.numbers(at: function.address), numbers,
                compilerNumber: symbol.forwarded == nil ? point : nil)
        }
        let isAsynchronous =
            readable.asynchrony == .asynchronous
            || module.symbols?.asyncFunctionPointer(of: symbol.family) != nil
        return isAsynchronous ? .start : .synchronous
    }

    /// Leaves out synchronous functions that were inlined where an async one begins or goes on: they are what it
    /// does next, not where it stands.
    private func withoutWorkThatFollows(_ scopes: [DebugInfo.Scope]) -> [DebugInfo.Scope] {
        let asynchronous = scopes.firstIndex { scope in
            guard scope.isInlined, let symbol = scope.linkageName else { return !scope.isInlined }
            return isAsynchronous(symbol)
        }
        return asynchronous.map { Array(scopes[$0...]) } ?? scopes
    }

    private func isAsynchronous(_ symbol: String) -> Bool {
        readableName(of: SymbolName(symbol).mangled).asynchrony == .asynchronous
    }

    /// How well a place is known: 2 with a line in code that is not the runtime's, 1 with any line.
    private func located(_ frames: [SourceFrame]) -> Int {
        if frames.contains(where: { $0.origin != .runtime && $0.line != nil }) { return 2 }
        return frames.contains { $0.line != nil } ? 1 : 0
    }

    // MARK: Await points

    /// What the frames at one address know of their await points.
    private enum FramePoints: Equatable {
        case synchronous
        case start
        /// By declaration, and by place for frames that the point itself does not know.
        case resumed([String: Int], AwaitNumbers, compilerNumber: Int?)

        func number(of name: ReadableName, at position: DebugInfo.Position, isOutermost: Bool) -> Int? {
            switch self {
            case .synchronous: return nil
            case .start: return isOutermost || name.asynchrony == .asynchronous ? 0 : nil
            case .resumed(let known, let numbers, let compilerNumber):
                if let number = known[name.declaration] { return number }
                if let number = numbers.number(of: name.declaration, at: position) { return number }
                return isOutermost && !numbers.knows(name.declaration) ? compilerNumber : nil
            }
        }
    }

    private struct AsyncFunction {
        /// By resume function: the instructions that make its address.
        var suspensions: [UInt64: [UInt64]] = [:]
        var numbers = AwaitNumbers(points: [], inlined: [:])
    }

    // More than the parts of any real async function take together.
    private static let familyBytesMax: UInt64 = 8 << 20

    /// All parts of the async function that `function` is a part of.
    private func asyncFunction(
        of symbol: SymbolName, _ function: SymbolTable.Function, in module: MappedModule
    ) -> AsyncFunction {
        let key = function.address &+ module.image.loadBias
        if let known = asyncFunctions[key] { return known }
        guard let symbols = module.symbols else { return AsyncFunction() }
        var parts = symbols.parts(of: symbol.family, around: function.address)
        if let start = symbols.asyncFunctionPointer(of: symbol.family).flatMap(module.function(ofAsyncPointer:)),
            !parts.contains(where: { $0.address == start }), let first = symbols.function(at: start)
        {
            parts.append(first)
        }
        let resumed = parts.map { (part: $0, name: SymbolName(symbols.name(of: $0))) }
            .filter { $0.name.resumePoint != nil }
        let addresses = Set(resumed.map(\.part.address))
        var result = AsyncFunction()
        var makers: [UInt64: UInt64] = [:]
        var budget = Self.familyBytesMax
        for part in parts where part.size <= budget {
            budget -= part.size
            for reference in module.references(in: part, where: addresses.contains) {
                result.suspensions[reference.target, default: []].append(reference.instruction)
                makers[reference.target] = makers[reference.target] ?? part.address
            }
        }
        let points = resumed.map { part, name in
            AwaitNumbers.Point(
                address: part.address, number: name.resumePoint ?? 0, isHop: name.isHop, maker: makers[part.address],
                frames: standing(
                    at: result.suspensions[part.address] ?? [], symbol: name, part: part, in: module))
        }
        result.numbers = AwaitNumbers(points: points, inlined: inlinedAwaits(in: parts, symbol, module))
        for part in parts { asyncFunctions[part.address &+ module.image.loadBias] = result }
        asyncFunctions[key] = result
        return result
    }

    /// Where an async function and those inlined into it stand at a suspension, by declaration.
    private func standing(
        at references: [UInt64], symbol: SymbolName, part: SymbolTable.Function, in module: MappedModule
    ) -> [AwaitNumbers.Frame] {
        var frames: [AwaitNumbers.Frame] = []
        for reference in references {
            for scope in module.debug?.scopes(at: reference, limit: reference + 1) ?? [] {
                guard let name = scope.isInlined ? scope.linkageName : symbol.mangled else { continue }
                let declaration = readableName(of: SymbolName(name).mangled).declaration
                let place = AwaitNumbers.Place(scope.position)
                var frame = AwaitNumbers.Frame(declaration: declaration, place: place)
                if symbol.isHop, place != nil, scope.position.line == scope.declarationLine {
                    // After the hop of an await comes the call, at the same place.
                    let isCalled = module.debug?.hasCode(
                        of: scope.position, from: part.address, to: part.address &+ part.size)
                    frame.kind = isCalled == true ? .declarationOrAwait : .declaration
                }
                if let known = frames.firstIndex(where: { $0.declaration == declaration }) {
                    if frames[known].place == nil, place != nil { frames[known] = frame }
                } else {
                    frames.append(frame)
                }
            }
        }
        guard !symbol.isHop, let outermost = frames.indices.last, frames[outermost].place == nil else { return frames }
        let end = part.address &+ max(part.size, 1)
        frames[outermost].next = module.debug?.scopes(at: part.address, limit: end).last
            .flatMap { AwaitNumbers.Place($0.position) }
        return frames
    }

    /// The awaits whose callees the optimizer copied into the function: some are left without a suspension.
    private func inlinedAwaits(
        in parts: [SymbolTable.Function], _ symbol: SymbolName, _ module: MappedModule
    ) -> [String: Set<AwaitNumbers.Place>] {
        var awaits: [String: Set<AwaitNumbers.Place>] = [:]
        for call in parts.flatMap({ module.debug?.inlinedCalls(at: $0.address) ?? [] })
        where isAsynchronous(call.callee) {
            let caller = readableName(of: call.caller.map { SymbolName($0).mangled } ?? symbol.mangled).declaration
            let callee = readableName(of: SymbolName(call.callee).mangled).declaration
            // Of a specialised copy that consists of the function itself there is no call.
            guard caller != callee, let place = AwaitNumbers.Place(call.position) else { continue }
            awaits[caller, default: []].insert(place)
        }
        return awaits
    }

    // MARK: Return addresses

    private func codeFrames(at address: UInt64, in module: MappedModule) -> [SourceFrame] {
        if module.isLinkage(address) {
            return [
                SourceFrame(
                    function: "linkage table", module: module.image.fileName, origin: .runtime, isCompilerMade: true,
                    address: address)
            ]
        }
        guard let symbols = module.symbols, let function = symbols.function(at: address) else {
            return frames(from: module.debug?.scopes(upTo: address, from: address) ?? [], at: address, in: module)
        }
        let symbol = SymbolName(symbols.name(of: function))
        let points = awaitPoints(of: symbol, function, readableName(of: symbol.mangled), in: module)
        var scopes = module.debug?.scopes(upTo: address, from: function.address) ?? []
        if scopes.isEmpty { scopes = [DebugInfo.Scope(position: .init(), isInlined: false)] }
        let loops = module.loops?.areInLoops(at: address, in: function) ?? []
        for (index, isInLoop) in zip(scopes.indices.reversed(), loops) { scopes[index].isInLoop = isInLoop }
        return frames(from: scopes, at: address, in: module, symbol: symbol, points: points)
    }

    // MARK: Frames

    /// `address` is the file's; frames carry the process's.
    private func frames(
        from scopes: [DebugInfo.Scope], at address: UInt64, in module: MappedModule, symbol: SymbolName? = nil,
        points: FramePoints = .synchronous
    ) -> [SourceFrame] {
        var scopes = scopes
        if scopes.isEmpty, symbol != nil { scopes = [DebugInfo.Scope(position: .init(), isInlined: false)] }
        let frames: [SourceFrame] = scopes.compactMap { scope in
            // The outermost function has a symbol, which knows more than DWARF: specialisations, thunks.
            let mangled = scope.isInlined ? scope.linkageName : symbol?.mangled ?? scope.linkageName
            guard let name = mangled.map({ SymbolName($0).mangled }) ?? scope.name else { return nil }
            let readable = readableName(of: name)
            // Of code that the compiler made up there is no line, and its module tells whose it is.
            let source = scope.position.file ?? readable.module.flatMap(module.sourceFile(ofModule:))
            return SourceFrame(
                function: readable.text,
                awaitPoint: points.number(of: readable, at: scope.position, isOutermost: !scope.isInlined),
                file: scope.position.file, line: scope.position.line,
                module: readable.module ?? module.image.fileName,
                origin: OriginRules.origin(
                    of: readable, symbol: name, file: source, image: module.image,
                    imageHasDebugInfo: module.debug != nil),
                isInlined: scope.isInlined, isCompilerMade: readable.isCompilerMade, isInLoop: scope.isInLoop,
                address: address &+ module.image.loadBias)
        }
        return withoutShells(frames)
    }

    /// A specialised copy of a function often consists of that function, inlined, and so does a forwarder to a
    /// closure: that is one frame.
    private func withoutShells(_ frames: [SourceFrame]) -> [SourceFrame] {
        var result: [SourceFrame] = []
        for frame in frames {
            if let inner = result.last, inner.function == frame.function, inner.module == frame.module,
                frame.line == nil
            {
                result[result.count - 1].isInlined = frame.isInlined
                if frame.isInLoop == true { result[result.count - 1].isInLoop = true }
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
