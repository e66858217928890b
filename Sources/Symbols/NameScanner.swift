// The scanner over nested brackets behind `ReadableName`: entities, paths and argument labels, as bytes.

struct NameScanner {
    typealias Bytes = ArraySlice<UInt8>

    // Contexts nest (closure in closure in function…); names from a hostile file must not nest us off the stack.
    private static let depthMax = 32

    /// One entity: a function, closure, accessor or thunk, with its contexts.
    func entity(_ bytes: some Collection<UInt8>, depth: Int) -> ReadableName? {
        entity(Bytes(bytes), depth: depth)
    }

    func entity(_ whole: Bytes, depth: Int) -> ReadableName? {
        guard depth < Self.depthMax else { return nil }
        var bytes = withoutUnmangledSuffix(whole)
        while let rest = withoutTransparentPrefix(bytes) { bytes = rest }
        for form in [compilerMade, derived, closure, accessorOfLocal, local, memberOfLocal] {
            switch form(bytes, depth) {
            case .other: continue
            case .this(let name): return name
            }
        }
        return path(bytes)
    }

    /// The whole text without what says how the compiler copied the function.
    func declaration(_ whole: Bytes) -> String {
        var bytes = withoutUnmangledSuffix(whole)
        while let rest = withoutTransparentPrefix(bytes) { bytes = rest }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What a form makes of an entity. A form that has recognised its shape has the last word, even when it cannot
    /// read what is inside: trying the others on the same contexts would take exponential time.
    private enum Reading {
        case other
        case this(ReadableName?)
    }

    /// A type's name without modules and private discriminators, its generic arguments kept: `Box<Ledger>`.
    func unqualified(_ bytes: Bytes) -> String {
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == .openParenthesis, let close = matching(bytes, from: index) {
                let inner = bytes[index + 1..<close]
                if inner.starts(with: "extension in ".utf8), close + 1 < bytes.endIndex, bytes[close + 1] == .colon {
                    index = close + 2
                    continue
                }
                if let split = range(of: " in _", in: inner) {
                    result += inner[..<split.lowerBound]
                    index = close + 1
                    continue
                }
            }
            guard isIdentifier(byte) else {
                result.append(byte)
                index += 1
                continue
            }
            let end = identifierEnd(bytes, from: index)
            // The module is the first of a dotted chain; the others are the types around this one.
            let isFirst = index == bytes.startIndex || bytes[index - 1] != .dot
            let isQualifier = isFirst && end < bytes.endIndex && bytes[end] == .dot
            if isQualifier {
                index = end + 1
            } else {
                result += bytes[index..<end]
                index = end
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    // MARK: Prefixes

    private func withoutUnmangledSuffix(_ bytes: Bytes) -> Bytes {
        range(of: " with unmangled suffix \"", in: bytes).map { bytes[..<$0.lowerBound] } ?? bytes
    }

    // What the compiler did to the function, or how it is declared: the function stays the same.
    private static let transparentWords = [
        "merged ", "static ", "class ", "dynamic ", "nonisolated(nonsending) ", "override ", "async let ",
        "property behavior storage of ", "distributed thunk ",
    ]
    private static let specializations = [
        "generic specialization <", "generic not re-abstracted specialization <",
        "generic partial specialization <", "generic not-reabstracted partial specialization <",
        "generic pre-specialization <", "function signature specialization <", "inlined generic function <",
        "specialized generic specialization <",
    ]

    private func withoutTransparentPrefix(_ bytes: Bytes) -> Bytes? {
        for word in Self.transparentWords where bytes.starts(with: word.utf8) {
            return bytes.dropFirst(word.utf8.count)
        }
        if bytes.first == .at { return withoutAttribute(bytes) }
        for prefix in Self.specializations where bytes.starts(with: prefix.utf8) {
            guard let close = matching(bytes, from: bytes.startIndex + prefix.utf8.count - 1) else { return nil }
            let rest = bytes[(close + 1)...]
            return rest.starts(with: " of ".utf8) ? rest.dropFirst(4) : nil
        }
        return nil
    }

    /// `@Sendable main.f()`, `@isolated(any) main.g()`
    private func withoutAttribute(_ bytes: Bytes) -> Bytes? {
        var end = identifierEnd(bytes, from: bytes.startIndex + 1)
        if end < bytes.endIndex, bytes[end] == .openParenthesis {
            guard let close = matching(bytes, from: end) else { return nil }
            end = close + 1
        }
        return end < bytes.endIndex && bytes[end] == .space ? bytes[(end + 1)...] : nil
    }

    // Code that nobody wrote around a function that somebody did.
    private static let wrappers: [(prefix: String, word: String)] = [
        ("partial apply forwarder for ", "partial apply of "),
        ("partial apply ObjC forwarder for ", "partial apply of "),
        ("protocol witness for ", "witness of "),
        ("default associated conformance accessor for ", "conformance accessor of "),
        ("dispatch thunk of ", "dispatch to "),
        ("curry thunk of ", "curry thunk of "),
        ("vtable thunk for ", "vtable thunk of "),
        ("override thunk of ", "override thunk of "),
        ("back deployment thunk for ", "back deployment thunk of "),
        ("back deployment fallback for ", "back deployment fallback of "),
        ("distributed accessor for ", "distributed accessor of "),
        ("method lookup function for ", "method lookup of "),
        ("key path getter for ", "key path getter of "),
        ("key path setter for ", "key path setter of "),
        ("async function pointer to ", "async function pointer to "),
    ]
    private static let opaqueCompilerMade = [
        "reabstraction thunk", "thunk for ", "outlined ", "type metadata ", "full type metadata ",
        "lazy protocol witness ", "associated type ", "base witness table ", "value witness",
        "initializeWith", "initializeBuffer", "assignWith", "destructive", "getEnumTag", "storeEnumTag",
        "destroy value", "destroy ", "instantiation function for ", "canonical specialized generic ",
        "default associated ", "generic type metadata ", "protocol conformance ", "autodiff ",
        "block copy helper", "block destroy helper", "objc ", "coro function pointer", "global destructor",
        "key path equality ", "key path hash ", "key path index ", "<<opaque ",
    ]

    private func compilerMade(_ bytes: Bytes, depth: Int) -> Reading {
        for (prefix, word) in Self.wrappers where bytes.starts(with: prefix.utf8) {
            var inner = bytes.dropFirst(prefix.utf8.count)
            for tail in [" in conformance ", " dispatching to ", " : "] where prefix != Self.wrappers[0].prefix {
                if let split = outerRange(of: tail, in: inner) { inner = inner[..<split.lowerBound] }
            }
            guard let name = entity(inner, depth: depth + 1) else {
                let text = ReadableName.shortened(String(decoding: bytes, as: UTF8.self))
                return .this(ReadableName(text: text, isCompilerMade: true))
            }
            // A closure with its captures is to its author the closure.
            let isForwarder = prefix == Self.wrappers[0].prefix
            let text = name.isCompilerMade || isForwarder ? name.text : word + name.text
            return .this(
                ReadableName(
                    text: text, module: name.module, isCompilerMade: name.isCompilerMade || !isForwarder,
                    asynchrony: name.asynchrony))
        }
        guard Self.opaqueCompilerMade.contains(where: { bytes.starts(with: $0.utf8) }) else { return .other }
        let isReabstraction = bytes.starts(with: "reabstraction thunk".utf8) || bytes.starts(with: "thunk for ".utf8)
        let text =
            isReabstraction
            ? "reabstraction thunk" : ReadableName.shortened(String(decoding: bytes, as: UTF8.self))
        return .this(ReadableName(text: text, isCompilerMade: true))
    }

    private static let initializer = "initializer of "
    private static let initializers = [
        "variable initialization expression of ", "property wrapper backing initializer of ",
        "property wrapped field init accessor of ", "property wrapper init from projected value of ",
    ]

    // Code that somebody wrote, but not as a function.
    private func derived(_ bytes: Bytes, depth: Int) -> Reading {
        for prefix in Self.initializers where bytes.starts(with: prefix.utf8) {
            let name = entity(bytes.dropFirst(prefix.utf8.count), depth: depth + 1)
            return .this(
                name.map {
                    ReadableName(text: Self.initializer + $0.text, module: $0.module, asynchrony: .synchronous)
                })
        }
        let once = "one-time initialization function for "
        if bytes.starts(with: once.utf8) {
            let name = unqualified(bytes.dropFirst(once.utf8.count))
            return .this(ReadableName(text: Self.initializer + name, asynchrony: .synchronous))
        }
        let argument = "default argument "
        guard bytes.starts(with: argument.utf8), let of = range(of: " of ", in: bytes) else { return .other }
        let number = String(decoding: bytes[(bytes.startIndex + argument.utf8.count)..<of.lowerBound], as: UTF8.self)
        guard let position = Int(number) else { return .other }
        return .this(
            entity(bytes[of.upperBound...], depth: depth + 1).map {
                ReadableName(text: "default argument \(position) of \($0.text)", module: $0.module)
            })
    }

    // MARK: Entities in a context

    /// `closure #1 (T) async -> U in CONTEXT`
    private func closure(_ bytes: Bytes, depth: Int) -> Reading {
        for kind in ["closure", "implicit closure"] where bytes.starts(with: (kind + " #").utf8) {
            let numberStart = bytes.startIndex + kind.utf8.count + 2
            let numberEnd = digitsEnd(bytes, from: numberStart)
            guard numberEnd > numberStart, let split = outerRange(of: " in ", in: bytes[numberEnd...])
            else { return .this(nil) }
            let number = String(decoding: bytes[numberStart..<numberEnd], as: UTF8.self)
            guard let context = context(bytes[split.upperBound...], depth: depth) else { return .this(nil) }
            let signature = bytes[numberEnd..<split.lowerBound]
            return .this(
                ReadableName(
                    text: "\(kind) \(number) in \(context.text)", module: context.module,
                    isCompilerMade: context.isCompilerMade, asynchrony: asynchrony(ofSignature: signature)))
        }
        return .other
    }

    /// `getter of x #1 : T in CONTEXT`
    private func accessorOfLocal(_ bytes: Bytes, depth: Int) -> Reading {
        guard let of = range(of: " of ", in: bytes.prefix(40)),
            Self.accessors.contains(String(decoding: bytes[..<of.lowerBound], as: UTF8.self)),
            let split = outerRange(of: " in ", in: bytes[of.upperBound...])
        else { return .other }
        guard let context = context(bytes[split.upperBound...], depth: depth) else { return .this(nil) }
        let accessor = String(decoding: bytes[..<of.lowerBound], as: UTF8.self)
        let nameEnd = range(of: " #", in: bytes[of.upperBound..<split.lowerBound])?.lowerBound ?? split.lowerBound
        let name = String(decoding: bytes[of.upperBound..<nameEnd], as: UTF8.self)
        return .this(ReadableName(text: "\(name).\(accessor) in \(context.text)", module: context.module))
    }

    /// `helper #1 (x: T) -> U in CONTEXT`, or a local type `Row #1 in CONTEXT`
    private func local(_ bytes: Bytes, depth: Int) -> Reading {
        guard let mark = outerRange(of: " #", in: bytes), mark.lowerBound > bytes.startIndex,
            !bytes[..<mark.lowerBound].contains(.space), !bytes[..<mark.lowerBound].contains(.openParenthesis)
        else { return .other }
        let numberEnd = digitsEnd(bytes, from: mark.upperBound)
        guard numberEnd > mark.upperBound, let split = outerRange(of: " in ", in: bytes[numberEnd...]) else {
            return .other
        }
        guard let context = context(bytes[split.upperBound...], depth: depth) else { return .this(nil) }
        var text = String(decoding: bytes[..<mark.lowerBound], as: UTF8.self)
        var signature = bytes[numberEnd..<split.lowerBound]
        let isFunction = signature.contains(.openParenthesis)
        if isFunction {
            signature = signature.drop { $0 == .space }
            if signature.first == .openAngle, let close = matching(signature, from: signature.startIndex) {
                signature = signature[(close + 1)...]
            }
            // `@Sendable (x: Int) async -> Int`: attributes stand before the arguments.
            if let open = signature.firstIndex(of: .openParenthesis),
                let close = matching(signature, from: open)
            {
                text += labels(signature[open + 1..<close])
            }
        }
        return .this(
            ReadableName(
                text: "\(text) in \(context.text)", module: context.module,
                isCompilerMade: context.isCompilerMade,
                asynchrony: isFunction ? asynchrony(ofSignature: signature) : .unknown))
    }

    /// `m() -> T in Row #1 in CONTEXT`: a member of a local type.
    private func memberOfLocal(_ bytes: Bytes, depth: Int) -> Reading {
        guard let split = returnedContext(bytes) ?? outerRange(of: " in ", in: bytes),
            let member = path(bytes[..<split.lowerBound], hasModule: false)
        else { return .other }
        guard let context = context(bytes[split.upperBound...], depth: depth) else { return .this(nil) }
        let isTypeContext = range(of: " #", in: bytes[split.upperBound...]) != nil
        return .this(
            ReadableName(
                text: isTypeContext ? "\(member.text) of \(context.text)" : "\(member.text) in \(context.text)",
                module: context.module, isCompilerMade: context.isCompilerMade, asynchrony: member.asynchrony))
    }

    /// The ` in ` of `init() -> CONTEXT in CONTEXT`: what an initialiser returns is the local type that it is in.
    private func returnedContext(_ bytes: Bytes) -> Range<Int>? {
        guard let arrow = outerRange(of: " -> ", in: bytes) else { return nil }
        let rest = bytes[arrow.upperBound...]
        let half = (rest.count - 4) / 2
        guard half > 0, rest.count == 2 * half + 4, rest.prefix(half).elementsEqual(rest.suffix(half)),
            rest.dropFirst(half).starts(with: " in ".utf8)
        else { return nil }
        return (rest.startIndex + half)..<(rest.startIndex + half + 4)
    }

    /// What stands after `in`: an entity, or a bare module, whose top-level code it then is.
    private func context(_ bytes: Bytes, depth: Int) -> ReadableName? {
        let end = identifierEnd(bytes, from: bytes.startIndex)
        if end == bytes.endIndex, end > bytes.startIndex {
            return ReadableName(text: "main", module: String(decoding: bytes, as: UTF8.self))
        }
        guard var name = entity(bytes, depth: depth + 1) else { return nil }
        // A closure in `static let handlers = [{ … }]` is in `handlers`.
        if name.text.hasPrefix(Self.initializer) { name.text.removeFirst(Self.initializer.count) }
        return name
    }

    // MARK: Paths

    private static let accessors: Set<String> = [
        "getter", "setter", "modify", "read", "willset", "didset", "modify2", "read2", "init",
        "unsafeAddressor", "unsafeMutableAddressor", "owningAddressor", "owningMutableAddressor", "materializeForSet",
        "yielding_borrow", "yielding_mutate",
    ]

    private static let signatureStarts = [" -> ", " : ", " async", " throws", " yields"]

    /// `main.Foo<A>.bar(x: Swift.Int) async -> ()`, `(extension in main):Swift.Array.sum() -> A`
    private func path(_ bytes: Bytes, hasModule: Bool = true) -> ReadableName? {
        var index = bytes.startIndex
        var module: String?
        let extensionPrefix = "(extension in "
        // An extension of a type that is itself declared in an extension has two: the outer one's module counts.
        while bytes[index...].starts(with: extensionPrefix.utf8) {
            guard let close = matching(bytes, from: index), close + 1 < bytes.endIndex, bytes[close + 1] == .colon
            else {
                return nil
            }
            module = module ?? String(decoding: bytes[(index + extensionPrefix.utf8.count)..<close], as: UTF8.self)
            index = close + 2
        }
        var components: [String] = []
        var isFunction = false
        while index < bytes.endIndex {
            guard let (component, end) = component(bytes, from: index) else { return nil }
            index = end
            if component.isEmpty {
                guard index < bytes.endIndex, bytes[index] == .dot else { return nil }
                index += 1
                continue
            }
            components.append(component)
            if index < bytes.endIndex, bytes[index] == .openAngle {
                guard let close = matching(bytes, from: index) else { return nil }
                index = close + 1
            }
            // `main.f@Sendable (Swift.Int) async -> ()`: attributes of a global function's type.
            while index < bytes.endIndex, bytes[index] == .at, let rest = withoutAttribute(bytes[index...]) {
                index = rest.startIndex
            }
            if index < bytes.endIndex, bytes[index] == .openParenthesis {
                guard let close = matching(bytes, from: index) else { return nil }
                components[components.count - 1] += labels(bytes[index + 1..<close])
                isFunction = true
                index = close + 1
            }
            guard index < bytes.endIndex, bytes[index] == .dot else { break }
            index += 1
        }
        let rest = bytes[index...]
        // Anything but a signature here is a shape that we do not know.
        guard rest.isEmpty || Self.signatureStarts.contains(where: { rest.starts(with: $0.utf8) }) else { return nil }
        if hasModule, components.count > 1 {
            module = module ?? components[0]
            components.removeFirst()
        }
        guard let last = components.last else { return nil }
        if components.count >= 2, components[components.count - 2] == "subscript", Self.accessors.contains(last),
            let open = rest.firstIndex(of: .openParenthesis), let close = matching(bytes, from: open)
        {
            components[components.count - 2] += labels(bytes[open + 1..<close])
        }
        return ReadableName(
            text: components.joined(separator: "."), module: module,
            isCompilerMade: last.hasPrefix("$main"),
            asynchrony: isFunction ? asynchrony(ofSignature: rest) : .unknown)
    }

    /// One component of a path, empty when it only says who may use the next, and where it ends.
    private func component(_ bytes: Bytes, from start: Int) -> (String, Int)? {
        switch bytes[start] {
        case .openParenthesis:
            // `(name in _D15C…)`: private to a file.
            guard let close = matching(bytes, from: start) else { return nil }
            let inner = bytes[start + 1..<close]
            // `Foo.(in _D15C…).init()`: an initialiser private to a file.
            if inner.starts(with: "in _".utf8) { return ("", close + 1) }
            guard let split = range(of: " in ", in: inner) else { return nil }
            return (String(decoding: inner[..<split.lowerBound], as: UTF8.self), close + 1)
        case .backtick:
            guard let close = bytes[(start + 1)...].firstIndex(of: .backtick) else { return nil }
            return (String(decoding: bytes[start...close], as: UTF8.self), close + 1)
        case let byte where isIdentifier(byte):
            let end = identifierEnd(bytes, from: start)
            let name = String(decoding: bytes[start..<end], as: UTF8.self)
            switch name {
            case "__allocating_init": return ("init", end)
            case "__deallocating_deinit", "__isolated_deallocating_deinit": return ("deinit", end)
            default:
                // An operator of letters outside ASCII looks like an identifier until its fixity.
                return (name, fixityEnd(bytes, from: end) ?? end)
            }
        default:
            guard let space = bytes[start...].firstIndex(of: .space), let end = fixityEnd(bytes, from: space) else {
                return nil
            }
            return (String(decoding: bytes[start..<space], as: UTF8.self), end)
        }
    }

    private func fixityEnd(_ bytes: Bytes, from start: Int) -> Int? {
        for fixity in [" infix", " prefix", " postfix"] where bytes[start...].starts(with: fixity.utf8) {
            return start + fixity.utf8.count
        }
        return nil
    }

    /// `(_:port:)` of the arguments `Swift.Int, port: Swift.Int`.
    private func labels(_ arguments: Bytes) -> String {
        guard !arguments.isEmpty else { return "()" }
        var result = "("
        var start = arguments.startIndex
        while start <= arguments.endIndex {
            let comma = outerRange(of: ", ", in: arguments[start...])
            let end = comma?.lowerBound ?? arguments.endIndex
            let nameEnd = labelEnd(arguments[start..<end])
            result += nameEnd > start ? String(decoding: arguments[start..<nameEnd], as: UTF8.self) : "_"
            result += ":"
            guard let comma else { break }
            start = comma.upperBound
        }
        return result + ")"
    }

    /// Where the label ends that an argument starts with; its start when it has none.
    private func labelEnd(_ argument: Bytes) -> Int {
        let end: Int
        if argument.first == .backtick {
            end = argument.dropFirst().firstIndex(of: .backtick).map { $0 + 1 } ?? argument.startIndex
        } else {
            end = identifierEnd(argument, from: argument.startIndex)
        }
        return argument[end...].starts(with: ": ".utf8) ? end : argument.startIndex
    }

    private func asynchrony(ofSignature signature: Bytes) -> ReadableName.Asynchrony {
        // The first arrow is the function's own; what it returns may be async without the function being so.
        let head = outerRange(of: "->", in: signature).map { signature[..<$0.lowerBound] } ?? signature
        return outerRange(of: " async", in: head) == nil ? .synchronous : .asynchronous
    }

    // MARK: Brackets and words

    /// The index of the bracket that closes the one at `start`.
    private func matching(_ bytes: Bytes, from start: Int) -> Int? {
        var depth = 0
        var index = start
        while index < bytes.endIndex {
            depth += nesting(bytes, at: index)
            if depth == 0 { return index }
            index += 1
        }
        return nil
    }

    /// +1 for an opening bracket, −1 for a closing one; the `>` of an arrow is none.
    private func nesting(_ bytes: Bytes, at index: Int) -> Int {
        switch bytes[index] {
        case .openParenthesis, .openAngle, .openSquare: 1
        case .closeAngle: index > bytes.startIndex && bytes[index - 1] == .minus ? 0 : -1
        case .closeParenthesis, .closeSquare: -1
        default: 0
        }
    }

    /// The first occurrence of `word` outside all brackets and backticks.
    private func outerRange(of word: String, in bytes: Bytes) -> Range<Int>? {
        guard let first = word.utf8.first else { return nil }
        var depth = 0
        var isQuoted = false
        var index = bytes.startIndex
        // In `Foo.< infix(A, B)` the operator's bytes are no brackets.
        while index < bytes.endIndex {
            if depth == 0, !isQuoted, bytes[index] == first, bytes[index...].starts(with: word.utf8) {
                return index..<index + word.utf8.count
            }
            if bytes[index] == .backtick {
                isQuoted.toggle()
            } else if !isQuoted {
                if let end = operatorEnd(bytes, at: index) {
                    index = end
                    continue
                }
                depth = max(0, depth + nesting(bytes, at: index))
            }
            index += 1
        }
        return nil
    }

    /// The end of an operator's name that starts a path component at `index`.
    private func operatorEnd(_ bytes: Bytes, at index: Int) -> Int? {
        guard index > bytes.startIndex, bytes[index - 1] == .dot, !isIdentifier(bytes[index]),
            bytes[index] != .openParenthesis, bytes[index] != .backtick, bytes[index] != .dot,
            let space = bytes[index...].prefix(16).firstIndex(of: .space), space > index,
            fixityEnd(bytes, from: space) != nil
        else { return nil }
        return space
    }

    private func range(of word: String, in bytes: Bytes) -> Range<Int>? {
        guard let first = word.utf8.first else { return nil }
        var index = bytes.startIndex
        while let found = bytes[index...].firstIndex(of: first) {
            if bytes[found...].starts(with: word.utf8) { return found..<found + word.utf8.count }
            index = found + 1
        }
        return nil
    }

    private func identifierEnd(_ bytes: Bytes, from start: Int) -> Int {
        bytes[start...].firstIndex { !isIdentifier($0) } ?? bytes.endIndex
    }

    private func digitsEnd(_ bytes: Bytes, from start: Int) -> Int {
        bytes[start...].firstIndex { $0 < UInt8(ascii: "0") || $0 > UInt8(ascii: "9") } ?? bytes.endIndex
    }

    /// Letters, digits, `_`, `$`, and every byte of a character outside ASCII.
    private func isIdentifier(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }
}

extension UInt8 {
    fileprivate static let openParenthesis = UInt8(ascii: "(")
    fileprivate static let closeParenthesis = UInt8(ascii: ")")
    fileprivate static let openAngle = UInt8(ascii: "<")
    fileprivate static let closeAngle = UInt8(ascii: ">")
    fileprivate static let openSquare = UInt8(ascii: "[")
    fileprivate static let closeSquare = UInt8(ascii: "]")
    fileprivate static let backtick = UInt8(ascii: "`")
    fileprivate static let colon = UInt8(ascii: ":")
    fileprivate static let dot = UInt8(ascii: ".")
    fileprivate static let minus = UInt8(ascii: "-")
    fileprivate static let at = UInt8(ascii: "@")
    fileprivate static let space = UInt8(ascii: " ")
}
