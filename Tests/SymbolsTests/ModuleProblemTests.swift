// Files that are missing, changed, stripped or no files at all: no wrong name, and a sentence that helps.

import Testing

@testable import Symbols

@Suite(.serialized)
struct ModuleProblemTests {
    private static let source = """
        public struct Ledger { public var total = 0 }
        public final class Book { public init() {} }
        actor Desk { var n = 0; func open() { n += 1 } }

        @inline(never)
        public func leaf(_ n: Int) async -> Int {
            await Task.yield()  // yield
            return n
        }
        """
    private static let symbol = "$s4book4leafyS2iYaFTQ0_"

    private func build(_ fixture: Fixture, _ flags: [String] = ["-g", "-O"]) throws -> ModuleImage {
        try fixture.compile(
            Self.source, as: "book.so",
            flags: ["-emit-library", "-Xlinker", "--build-id=sha1"] + flags)
    }

    @Test
    func aStrippedFileIsNamedThroughItsDebugFile() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try build(fixture)
        try #require(image.buildID.count == 20)
        let address = try #require(fixture.addresses(in: image)[Self.symbol])
        let folder = try #require(DebugFiles.relativePath(ofBuildID: image.buildID))
        let debugFile = fixture.path("debug/\(folder)")
        try Fixture.run(["mkdir", "-p", String(debugFile[..<debugFile.lastIndex(of: "/")!])])
        try Fixture.run(["objcopy", "--only-keep-debug", image.path, debugFile])
        try Fixture.run(["strip", image.path])

        let bare = Symbolizer(modules: [image])
        let unnamed = bare.frames(at: address)
        #expect(unnamed.map(\.function) == ["0x\(String(address - image.loadBias, radix: 16)) in book.so"])
        #expect(bare.problems.map(\.kind) == [.stripped])
        #expect(bare.problems[0].sentence.contains(".build-id/"))

        let symbolizer = Symbolizer(modules: [image], debugDirectories: [fixture.path("debug")])
        let frame = symbolizer.frames(at: address)[0]
        #expect(frame.function == "leaf(_:)")
        #expect(frame.awaitPoint == 1)
        #expect(frame.line == line("yield", in: Self.source))
        #expect(symbolizer.problems == [])
    }

    @Test
    func aDebugLinkIsFollowed() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try build(fixture)
        let address = try #require(fixture.addresses(in: image)[Self.symbol])
        try Fixture.run(["objcopy", "--only-keep-debug", image.path, fixture.path("names.dbg")])
        try Fixture.run(["strip", image.path])
        try Fixture.run(["objcopy", "--add-gnu-debuglink=\(fixture.path("names.dbg"))", image.path])
        let symbolizer = Symbolizer(modules: [image])
        #expect(symbolizer.frames(at: address)[0].line == line("yield", in: Self.source))
        #expect(symbolizer.problems == [])
    }

    @Test
    func aChangedFileNamesNothing() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        var image = try build(fixture)
        let address = try #require(fixture.addresses(in: image)[Self.symbol])
        image.buildID[0] ^= 1
        let symbolizer = Symbolizer(modules: [image])
        #expect(symbolizer.frames(at: address)[0].function.hasSuffix(" in book.so"))
        #expect(symbolizer.problems.map(\.kind) == [.changed])
        #expect(symbolizer.problems[0].sentence.contains("has changed on disk"))
    }

    @Test
    func whatIsNoFileIsSaid() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        try fixture.write("no ELF at all", to: "text")
        try fixture.write("", to: "empty")
        try Fixture.run(["mkfifo", fixture.path("fifo")])
        let expected: [(String, ModuleProblem.Kind?)] = [
            (fixture.path("gone"), .missing), (fixture.path("text"), .unreadable), (fixture.path("empty"), .unreadable),
            (fixture.path("fifo"), .unreadable), (fixture.directory, .unreadable), ("[vdso]", nil), ("", nil),
        ]
        for (path, kind) in expected {
            let image = ModuleImage(path: path, buildID: [1, 2, 3], loadBias: 0x1000, start: 0x1000, end: 0x9000)
            let symbolizer = Symbolizer(modules: [image])
            #expect(symbolizer.problems == [], "nothing was asked yet")
            #expect(symbolizer.frames(at: 0x1234).map(\.function) == ["0x234 in \(image.fileName)"])
            #expect(symbolizer.problems.map(\.kind) == (kind.map { [$0] } ?? []), "\(path)")
        }
    }

    @Test
    func withoutDebugInformationThereAreNamesAndAHint() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try build(fixture, ["-O"])
        let address = try #require(fixture.addresses(in: image)[Self.symbol])
        let symbolizer = Symbolizer(modules: [image])
        let frame = symbolizer.frames(at: address)[0]
        #expect(frame.function == "leaf(_:)")
        #expect(frame.awaitPoint == 1)
        #expect(frame.line == nil)
        #expect(symbolizer.problems.map(\.kind) == [.noDebugInformation])
    }

    @Test
    func addressesOutsideEveryModule() {
        let symbolizer = Symbolizer(modules: [])
        for address in [0, 1, 0xffff_ffff_ffff_ffff] as [UInt64] {
            #expect(symbolizer.frames(at: address).map(\.function) == ["0x\(String(address, radix: 16))"])
            #expect(symbolizer.codeFrames(atReturnAddress: address).count == 1)
            #expect(symbolizer.typeName(ofMetadata: address) == nil)
        }
    }

    @Test
    func typesAreNamedByTheirMetadata() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try build(fixture)
        let addresses = try fixture.addresses(in: image)
        let symbolizer = Symbolizer(modules: [image])
        #expect(try symbolizer.typeName(ofMetadata: #require(addresses["$s4book6LedgerVN"])) == "Ledger")
        #expect(try symbolizer.typeName(ofMetadata: #require(addresses["$s4book4BookCN"])) == "Book")
        #expect(try symbolizer.typeName(ofMetadata: #require(addresses["$s4book4DeskCMf"])) == "Desk")
        #expect(try symbolizer.typeName(ofMetadata: #require(addresses["$s4book4DeskCMf"]) + 24) == "Desk")
        #expect(try symbolizer.typeName(ofMetadata: #require(addresses[Self.symbol])) == nil)
    }

    @Test
    func returnAddressesShowWhatWasInlined() throws {
        let source = """
            @inline(never)
            public func sink(_ n: Int) -> Int { n &+ 1 }
            @inline(__always)
            func middle(_ n: Int) -> Int {
                sink(n) &* 3  // inlined call
            }
            @inline(never)
            public func outer(_ n: Int) -> Int {
                let a = middle(n)  // outer call
                return a &+ 7
            }
            """
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try fixture.compile(source, as: "calls.so", flags: ["-emit-library", "-g", "-O"])
        let addresses = try fixture.addresses(in: image)
        let outer = try #require(addresses["$s5calls5outeryS2iF"])
        // Some address in `outer` returns from the call in the inlined function.
        let symbolizer = Symbolizer(modules: [image])
        let stacks = (1..<64).map { symbolizer.codeFrames(atReturnAddress: outer + $0) }
        let stack = try #require(stacks.first { $0.count == 2 })
        #expect(stack.map(\.function) == ["middle(_:)", "outer(_:)"])
        #expect(stack.map(\.isInlined) == [true, false])
        #expect(stack.map(\.line) == [line("inlined call", in: source), line("outer call", in: source)])
        #expect(stack.allSatisfy { $0.awaitPoint == nil })
    }
}
