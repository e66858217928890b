// Demangled names, as the demangler really prints them, and what an engineer would call the functions.

import Testing

@testable import Symbols

struct ReadableNameTests {
    static let functions: [(demangled: String, text: String, module: String?)] = [
        ("main.handler(Swift.Int) async -> ()", "handler(_:)", "main"),
        ("main.Foo.init(_: Swift.String, b: Swift.Int) -> main.Foo?", "Foo.init(_:b:)", "main"),
        ("main.Foo.run(port: Swift.Int, Swift.String) -> ()", "Foo.run(port:_:)", "main"),
        ("main.Foo.Inner.Deep.go() -> Swift.Int", "Foo.Inner.Deep.go()", "main"),
        ("static main.Foo.shared.getter : main.Foo", "Foo.shared.getter", "main"),
        ("static main.App.main() async throws -> ()", "App.main()", "main"),
        ("static main.Foo.== infix(main.Foo, main.Foo) -> Swift.Bool", "Foo.==(_:_:)", "main"),
        ("static main.Foo.- prefix(main.Foo) -> main.Foo", "Foo.-(_:)", "main"),
        ("static main.Foo.<<< infix<A>(main.Foo, A) -> Swift.Bool", "Foo.<<<(_:_:)", "main"),
        ("static Swift.Int.< infix(Swift.Int, Swift.Int) -> Swift.Bool", "Int.<(_:_:)", "Swift"),
        (
            "static (extension in Swift):Swift.Comparable.... postfix(A) -> Swift.PartialRangeFrom<A>",
            "Comparable....(_:)", "Swift"
        ),
        ("main.Foo.subscript.getter : (key: Swift.Int) -> Swift.Int", "Foo.subscript(key:).getter", "main"),
        (
            "main.Foo.subscript.modify : (Swift.Int) -> Swift.Int with unmangled suffix \".resume.0\"",
            "Foo.subscript(_:).modify", "main"
        ),
        ("main.Foo.obs.willset : Swift.Int", "Foo.obs.willset", "main"),
        ("main.Cls.__deallocating_deinit", "Cls.deinit", "main"),
        ("merged main.Cls.deinit", "Cls.deinit", "main"),
        ("main.Cls.__allocating_init(x: Swift.Int) -> main.Cls", "Cls.init(x:)", "main"),
        ("main.Cls.`spaced name`() -> ()", "Cls.`spaced name`()", "main"),
        ("main.Cls.default(in: Swift.Int) -> ()", "Cls.default(in:)", "main"),
        ("main.unicodeé(Swift.Int) -> ()", "unicodeé(_:)", "main"),
        (
            "main.Foo.tuple(_: (Swift.Int, label: Swift.String), d: [Swift.String : Swift.Int]) -> (a: Swift.Int, b: [Swift.Int])",
            "Foo.tuple(_:d:)", "main"
        ),
        (
            "main.Foo.variadic(_: Swift.Int..., cb: (Swift.Int, Swift.String) -> ()) -> ()", "Foo.variadic(_:cb:)",
            "main"
        ),
        (
            "main.Foo.generic<A, B where A: Swift.Collection, A.Element: Swift.Hashable>(_: A, u: B) -> A.Element?",
            "Foo.generic(_:u:)", "main"
        ),
        ("main.Foo.pack<each A>(repeat A) -> ()", "Foo.pack(_:)", "main"),
        ("main.Foo.typed() throws(main.Err) -> Swift.Int", "Foo.typed()", "main"),
        ("main.Foo.fn(@Sendable (Swift.Int) async throws -> ()) -> ()", "Foo.fn(_:)", "main"),
        ("main.G.H.init(q: A1) -> main.G<A>.H<A1>", "G.H.init(q:)", "main"),
        ("main.(priv in _771DBC3C8310D32D576DC2D6F4B50E47)(Swift.Int) -> Swift.Int", "priv(_:)", "main"),
        ("main.(PS in _771DBC3C8310D32D576DC2D6F4B50E47).PP.deep() -> ()", "PS.PP.deep()", "main"),
        (
            "Foundation.NSKeyedArchiver.(in _885F476806621E9C5CBC3167C719EC73).init(output: Swift.AnyObject) -> Foundation.NSKeyedArchiver",
            "NSKeyedArchiver.init(output:)", "Foundation"
        ),
        (
            "(extension in app):Swift.Array<A where A: Swift.Equatable>.gext(x: A) -> Swift.Bool", "Array.gext(x:)",
            "app"
        ),
        ("static (extension in app):Swift.Array<A where A: Swift.Equatable>.st() -> ()", "Array.st()", "app"),
        (
            "(extension in Swift):(extension in Swift):Swift.ClosedRange< where A: Swift.Strideable, A.Stride: Swift.SignedInteger>.Index< where A: Swift.Hashable>.hash(into: inout Swift.Hasher) -> ()",
            "ClosedRange.Index.hash(into:)", "Swift"
        ),
        (
            "closure #1 (Swift.Int) async -> () in main.Foo.run(port: Swift.Int) -> ()", "closure 1 in Foo.run(port:)",
            "main"
        ),
        (
            "closure #1 () async -> Swift.Int in closure #2 (inout Swift.ThrowingTaskGroup<Swift.Int, Swift.Error>) async throws -> Swift.Int in main.thing(_: Swift.Int, b: Swift.Int) async throws -> Swift.Int",
            "closure 1 in closure 2 in thing(_:b:)", "main"
        ),
        ("closure #1 () async -> Swift.Int in app", "closure 1 in main", "app"),
        (
            "closure #1 @Sendable () async -> Swift.Int in static main.App.main() async throws -> ()",
            "closure 1 in App.main()", "main"
        ),
        ("implicit closure #1 () -> Swift.Int in main.ia() -> Swift.Int", "implicit closure 1 in ia()", "main"),
        (
            "closure #1 (Swift.Int) -> Swift.Int in variable initialization expression of main.global : Swift.Int",
            "closure 1 in global", "main"
        ),
        (
            "local #1 (x: Swift.Int) -> Swift.Int in main.outer(Swift.Int) -> Swift.Int", "local(x:) in outer(_:)",
            "main"
        ),
        (
            "helper #1 @Sendable (Swift.Int) async -> Swift.Int in main.nested(Swift.Int) async -> Swift.Int",
            "helper(_:) in nested(_:)", "main"
        ),
        ("$defer #1 () -> () in main.f() -> ()", "$defer() in f()", "main"),
        (
            "m() -> Swift.Int in LT #1 in local #1 (Swift.Int) -> Swift.Int in main.f(Swift.Int) -> Swift.Int",
            "m() of LT in local(_:) in f(_:)", "main"
        ),
        (
            "init() -> LT #1 in main.f(Swift.Int) -> Swift.Int in LT #1 in main.f(Swift.Int) -> Swift.Int",
            "init() of LT in f(_:)", "main"
        ),
        ("getter of x #1 : Swift.Int in main.UsesWrap.f(x: Swift.Int) -> ()", "x.getter in UsesWrap.f(x:)", "main"),
        ("default argument 0 of main.Foo.defArg(x: Swift.Int) -> ()", "default argument 0 of Foo.defArg(x:)", "main"),
        ("property wrapper backing initializer of main.UsesWrap.w : Swift.Int", "initializer of UsesWrap.w", "main"),
        ("one-time initialization function for global", "initializer of global", nil),
        (
            "generic specialization <Swift.String> of main.Model.score(_: A, weight: Swift.Int) async -> Swift.Int",
            "Model.score(_:weight:)", "main"
        ),
        (
            "generic specialization <Swift.Int> of Swift.ContiguousArray.append(__owned A) -> ()",
            "ContiguousArray.append(_:)", "Swift"
        ),
        (
            "function signature specialization <Arg[0] = Owned To Guaranteed> of generic specialization <Swift.Int, Swift.Int> of Swift.Dictionary.init(dictionaryLiteral: (A, B)...) -> [A : B]",
            "Dictionary.init(dictionaryLiteral:)", "Swift"
        ),
        (
            "generic not re-abstracted specialization <Swift.Int> of closure #1 () async throws -> A in main.consumer<A>(@isolated(any) @Sendable () async throws -> A) -> ()",
            "closure 1 in consumer(_:)", "main"
        ),
        ("@Sendable GroundTruth.yielding(Swift.Int) async -> ()", "yielding(_:)", "GroundTruth"),
        ("GroundTruth.yielding@Sendable (Swift.Int) async -> ()", "yielding(_:)", "GroundTruth"),
        ("main.f@isolated(any) @Sendable (Swift.Int) async -> ()", "f(_:)", "main"),
        ("@isolated(any) @Sendable main.f() async -> ()", "f()", "main"),
        ("nonisolated(nonsending) main.f() async -> ()", "f()", "main"),
        ("static GroundTruth.GroundTruth.main() async -> ()", "GroundTruth.main()", "GroundTruth"),
        (
            "closure #1 @Sendable ([Swift.Int]) async -> () in variable initialization expression of static GroundTruth.GroundTruth.scenarios : [Swift.String : @Sendable ([Swift.Int]) async -> ()]",
            "closure 1 in GroundTruth.scenarios", "GroundTruth"
        ),
        (
            "partial apply forwarder for closure #1 () async -> Swift.Int in main.f() async -> Swift.Int",
            "closure 1 in f()", "main"
        ),
        (
            "partial apply forwarder for closure #1 @Sendable () async -> Swift.Int in closure #1 (inout Swift.TaskGroup<Swift.Int>) async -> Swift.Int in GroundTruth.group(children: Swift.Int) async -> ()",
            "closure 1 in closure 1 in group(children:)", "GroundTruth"
        ),
        ("main.Foo.opaque() -> some", "Foo.opaque()", "main"),
        ("something the demangler may print one day", "something the demangler may print one day", nil),
        ("", "", nil),
    ]

    @Test(arguments: functions.indices)
    func aFunctionIsCalledWhatItsAuthorCallsIt(index: Int) {
        let row = Self.functions[index]
        let name = ReadableName(demangled: row.demangled)
        #expect(name.text == row.text)
        #expect(name.module == row.module)
        #expect(!name.isCompilerMade)
    }

    static let compilerMade: [(demangled: String, text: String)] = [
        (
            "partial apply forwarder for reabstraction thunk helper <A where A: Swift.Sendable> from @escaping @isolated(any) @callee_guaranteed @async () -> (@out A) to @escaping @callee_guaranteed @async () -> (@out A, @error @owned Swift.Error) with unmangled suffix \".44TQ0_\"",
            "reabstraction thunk"
        ),
        ("thunk for @escaping @callee_guaranteed () -> ()", "reabstraction thunk"),
        (
            "protocol witness for main.P.run(x: Swift.Int) async -> Swift.Int in conformance main.Impl : main.P in main",
            "witness of P.run(x:)"
        ),
        ("dispatch thunk of main.P.run(x: Swift.Int) async -> Swift.Int", "dispatch to P.run(x:)"),
        ("static main.App.$main() async throws -> ()", "App.$main()"),
        ("type metadata accessor for main.Foo", "type metadata accessor for main.Foo"),
    ]

    @Test(arguments: compilerMade.indices)
    func whatNobodyWroteIsMarked(index: Int) {
        let name = ReadableName(demangled: Self.compilerMade[index].demangled)
        #expect(name.text == Self.compilerMade[index].text)
        #expect(name.isCompilerMade)
    }

    @Test
    func asynchronyIsTheFunctionsOwn() {
        func of(_ text: String) -> ReadableName.Asynchrony { ReadableName(demangled: text).asynchrony }
        #expect(of("main.f(Swift.Int) async throws -> ()") == .asynchronous)
        #expect(of("main.f(() async -> ()) -> ()") == .synchronous)
        #expect(of("main.f() -> () async -> ()") == .synchronous)
        #expect(of("closure #1 () async -> () in main.f() -> ()") == .asynchronous)
        #expect(of("main.Foo.x.getter : Swift.Int") == .unknown)
    }

    @Test
    func symbolsAreTakenApart() {
        func parts(_ symbol: String) -> [String] {
            let name = SymbolName(symbol)
            return [name.family, name.mangled, name.resumePoint.map(String.init) ?? "-"]
        }
        #expect(parts("$s3rel4leafyS2iYaFTQ0_") == ["$s3rel4leafyS2iYaF", "$s3rel4leafyS2iYaF", "1"])
        #expect(parts("$s3rel4leafyS2iYaFTY12_") == ["$s3rel4leafyS2iYaF", "$s3rel4leafyS2iYaF", "13"])
        #expect(parts("$sSiTRTA.15TQ0_") == ["$sSiTRTA.15", "$sSiTRTA", "1"])
        #expect(parts("$s1a1bvM.resume.0") == ["$s1a1bvM.resume.0", "$s1a1bvM", "-"])
        #expect(parts("async_MainTQ3_") == ["async_Main", "async_Main", "4"])
        #expect(parts("f.TQ0_.cold") == ["f.", "f", "1"] || parts("f.TQ0_.cold").last == "-")
        #expect(parts("main") == ["main", "main", "-"])
        #expect(parts("") == ["", "", "-"])
        #expect(parts("_") == ["_", "_", "-"])
        #expect(parts("TQ0_") == ["TQ0_", "TQ0_", "-"])
    }

    @Test
    func typesLoseTheirModules() {
        #expect(ReadableName.type(demangled: "type metadata for main.Ledger") == "Ledger")
        #expect(ReadableName.type(demangled: "full type metadata for main.Foo.Inner") == "Foo.Inner")
        #expect(ReadableName.type(demangled: "type metadata for main.Box<Swift.Int>") == "Box<Int>")
        #expect(ReadableName.type(demangled: "type metadata for main.(PS in _771D).PP") == "PS.PP")
        #expect(ReadableName.type(demangled: "type metadata for (extension in a):Swift.String.InExt") == "String.InExt")
        #expect(ReadableName.type(demangled: "type metadata for Row #1 in main.f() -> ()") == "Row")
        #expect(ReadableName.type(demangled: "nominal type descriptor for main.Foo") == nil)
    }

    /// Nesting that would be exponential, or deeper than a stack, ends quickly and in some name.
    @Test
    func hostileNamesEnd() {
        let closures = String(repeating: "closure #1 () -> () in ", count: 3_000)
        let locals = String(repeating: "f #1 () -> () in ", count: 3_000)
        let brackets = String(repeating: "<", count: 16_000)
        for text in [
            closures, closures + "!", locals + "(", brackets, "main.f" + brackets, "main.f(" + brackets,
            String(repeating: "generic specialization <A> of ", count: 500),
            String(repeating: "partial apply forwarder for ", count: 500) + "x.",
            "closure #99999999999999999999 () -> () in main.f", "main.Foo.... .", "a.... postfix", ". infix", "`", "(",
            "main.(x in )", "main.()", "subscript.getter : (", "main..f()",
            "default argument 99999999999999999999 of f",
        ] {
            let name = ReadableName(demangled: text)
            #expect(name.text.utf8.count <= max(1_000, text.utf8.count))
        }
        // Every cut of real names, too.
        for row in Self.functions {
            let bytes = Array(row.demangled.utf8)
            for end in bytes.indices { _ = ReadableName(demangled: String(decoding: bytes[..<end], as: UTF8.self)) }
            for start in bytes.indices { _ = ReadableName(demangled: String(decoding: bytes[start...], as: UTF8.self)) }
        }
    }

    @Test(arguments: [
        ("swift::runJob(swift::Job*)", "swift::runJob"),
        ("(anonymous namespace)::drain(int, void (*)(int)) const", "(anonymous namespace)::drain"),
        ("std::vector<int>::push_back(int&&)", "std::vector<int>::push_back"),
        ("Values<Box<long name>, Another::Type<int>>::take(Opaque*, Metadata const*) [clone .cold]", "Values<…>::take"),
        ("Less::operator()(int) const", "Less::operator()"), ("Less::operator<(Less) const", "Less::operator<"),
        ("Stream::operator<<(int)", "Stream::operator<<"), ("main", "main"), (")", ")"), ("", ""),
    ]) func cxxNamesAreWithoutParameters(demangled: String, readable: String) {
        #expect(CxxName.readable(demangled) == readable)
    }
}
