// Demangled Swift names cut down to what an engineer calls the function.
//
// The demangler prints every module, generic signature and argument type:
//     closure #1 (Swift.Int) async -> () in static main.Foo.run(port: Swift.Int) -> ()
// which becomes `closure 1 in Foo.run(port:)`. The grammar of that text is the demangler's NodePrinter; it has
// no specification, so the scanner takes what it knows and otherwise keeps the text, shortened.

struct ReadableName: Hashable {
    enum Asynchrony: Hashable {
        /// Accessors do not say.
        case unknown
        case synchronous, asynchronous
    }

    var text: String
    /// The module whose code this is: the extension's for a member of an extension, else the outermost name.
    var module: String?
    /// Thunks, witnesses and accessors that nobody wrote.
    var isCompilerMade = false
    var asynchrony = Asynchrony.unknown
    /// The declaration in full, the same for all copies that the optimizer made of it.
    var declaration = ""

    /// The function in a demangled name.
    init(demangled: String) {
        let whole = ArraySlice(demangled.utf8)
        if let parsed = NameScanner().entity(whole, depth: 0), !parsed.text.isEmpty {
            self = parsed
        } else {
            text = Self.shortened(demangled)
        }
        declaration = NameScanner().declaration(whole)
    }

    init(text: String, module: String? = nil, isCompilerMade: Bool = false, asynchrony: Asynchrony = .unknown) {
        self.text = text
        self.module = module
        self.isCompilerMade = isCompilerMade
        self.asynchrony = asynchrony
    }

    /// `Ledger` of `type metadata for main.Ledger`; `nil` when the text is no type's.
    static func type(demangled: String) -> String? {
        for prefix in ["type metadata for ", "full type metadata for ", "class metadata base offset for "]
        where demangled.hasPrefix(prefix) {
            let name = NameScanner().unqualified(ArraySlice(demangled.utf8.dropFirst(prefix.utf8.count)))
            // `Row #1 in main.load() -> ()`: a type inside a function.
            return name.firstIndex(of: "#").map { String(name[..<$0].dropLast()) } ?? name
        }
        return nil
    }

    // A line of a report; a name that we cannot take apart should not fill a screen.
    private static let lengthMax = 160

    static func shortened(_ text: String) -> String {
        text.count <= lengthMax ? text : String(text.prefix(lengthMax - 1)) + "…"
    }
}

extension ReadableName {
    /// The function that a linker symbol names; the symbol itself when it is C's.
    init(mangled: String) {
        switch mangled {
        case "async_Main": self.init(text: "main", asynchrony: .asynchronous)
        case _ where mangled.hasPrefix("$s") || mangled.hasPrefix("$S"):
            self.init(demangled: Demangler.demangle(mangled) ?? mangled)
            if module == nil, !isCompilerMade { module = Self.module(ofMangled: mangled) }
        case _ where mangled.hasPrefix("_Z"):
            let text = Demangler.demangle(mangled).map(CxxName.readable) ?? mangled
            self.init(text: Self.shortened(text), asynchrony: .synchronous)
        default:
            self.init(text: Self.shortened(Demangler.demangle(mangled) ?? mangled), asynchrony: .synchronous)
        }
        if declaration.isEmpty { declaration = mangled }
    }

    /// The module that a mangled name begins with. Some demangled texts leave it out.
    static func module(ofMangled mangled: String) -> String? {
        let body = mangled.dropFirst(2)
        if let length = Int(body.prefix(while: \.isNumber)), length > 0, length < 256 {
            let name = body.drop(while: \.isNumber).prefix(length)
            return name.utf8.count == length ? String(name) : nil
        }
        // `s` is Swift, `S` + letter one of its types.
        return body.first == "s" || body.first == "S" ? "Swift" : nil
    }
}
