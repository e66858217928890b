// A task that has not begun is named after the closure or function that the user gave it.

import Glibc
import Testing

@testable import Symbols

@Suite(.serialized)
struct StartTests {
    /// Form and name; the form marks the line. One level of captures is enough.
    static let closures: [(form: String, function: String)] = [
        ("Task", "closure 1 in starts(_:_:)"),
        ("Task void", "closure 2 in starts(_:_:)"),
        ("Task captures int", "closure 3 in starts(_:_:)"),
        ("Task captures object", "closure 4 in starts(_:_:)"),
        ("Task captures both, throws", "closure 5 in starts(_:_:)"),
        ("Task named", "closure 6 in starts(_:_:)"),
        ("Task named captures", "closure 7 in starts(_:_:)"),
        ("detached", "closure 8 in starts(_:_:)"),
        ("detached captures", "closure 9 in starts(_:_:)"),
        ("group", "closure 1 in closure 11 in starts(_:_:)"),
        ("group captures", "closure 1 in closure 12 in starts(_:_:)"),
        ("group void", "closure 1 in closure 13 in starts(_:_:)"),
        ("throwing group", "closure 1 in closure 14 in starts(_:_:)"),
        ("discarding group", "closure 1 in closure 15 in starts(_:_:)"),
        ("async let", "implicit closure 3 in starts(_:_:)"),
        ("async let captures", "implicit closure 4 in starts(_:_:)"),
        ("generic", "closure 1 in generic(_:)"),
    ]

    /// Form, mark and name. Thunks of thunks: the function is in the context of a context.
    static let functions: [(form: String, marker: String, function: String)] = [
        ("function", "function", "operation()"),
        ("function detached", "function", "operation()"),
        ("group function", "function", "operation()"),
        ("function throws", "function throws", "throwingOperation()"),
        ("stored closure", "stored closure", "closure 10 in starts(_:_:)"),
    ]

    @Test(arguments: ["-Onone", "-O"])
    func aStartIsNamedAfterItsClosure(optimization: String) throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try fixture.compile(
            startSource, as: "starts", flags: ["-parse-as-library", "-g", optimization])
        let starts = try fixture.starts(of: image)
        let symbolizer = Symbolizer(modules: [image])
        for (form, function) in Self.closures {
            let start = try #require(starts[form], "\(form)")
            let frames = symbolizer.frames(ofStart: start.entry, captured: start.words)
            let site = symbolizer.site(of: frames)
            #expect(site.function == function, "\(form)")
            #expect(site.task == function, "\(form)")
            #expect(site.awaitPoint == 0, "\(form)")
            #expect(site.line == line(form, in: startSource), "\(form)")
            #expect(site.file == fixture.path("starts.swift"), "\(form)")
            #expect(site.origin == .user, "\(form)")
        }
        for (form, marker, function) in Self.functions {
            let start = try #require(starts[form], "\(form)")
            // One level shows a thunk, and so it is named.
            let outer = symbolizer.site(of: symbolizer.frames(ofStart: start.entry, captured: start.words))
            #expect(outer.function == "reabstraction thunk", "\(form)")
            let site = symbolizer.site(
                of: symbolizer.frames(ofStart: start.entry, captured: start.words + start.inner))
            #expect(site.function == function, "\(form)")
            #expect(site.awaitPoint == 0, "\(form)")
            #expect(site.line == line(marker, in: startSource), "\(form)")
        }
    }

    /// Without its symbol a pointer is known by what it is: the distance to a function, in data.
    @Test(arguments: ["-Onone", "-O"])
    func anAsyncFunctionPointerIsAFunction(optimization: String) throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try fixture.compile(
            startSource, as: "starts", flags: ["-parse-as-library", "-g", optimization])
        let addresses = try fixture.addresses(in: image)
        try Fixture.run(["objcopy", "--wildcard", "--strip-symbol=*Tu", image.path, fixture.path("bare")])
        let bare = Symbolizer(modules: [try fixture.image("bare")])
        let symbolizer = Symbolizer(modules: [image])
        let pointers = addresses.filter { $0.key.hasPrefix("$s6starts") && $0.key.hasSuffix("Tu") }
        #expect(pointers.count > 10)
        for (name, pointer) in pointers {
            let function = try #require(addresses[String(name.dropLast(2))], "\(name)")
            #expect(symbolizer.function(ofAsyncFunctionPointer: pointer) == function, "\(name)")
            #expect(bare.function(ofAsyncFunctionPointer: pointer) == function, "\(name)")
            #expect(symbolizer.function(ofAsyncFunctionPointer: function) == nil)
            #expect(bare.function(ofAsyncFunctionPointer: pointer + 2) == nil)
        }
        let metadata = try #require(addresses["$s6starts3BoxCN"])
        #expect(bare.function(ofAsyncFunctionPointer: metadata) == nil)
        #expect(bare.function(ofAsyncFunctionPointer: 0) == nil)
        #expect(bare.function(ofAsyncFunctionPointer: .max) == nil)
    }
}

extension Fixture {
    struct Start {
        var entry: UInt64
        /// What the closure captures.
        var words: [UInt64]
        /// What the functions among these capture in turn.
        var inner: [UInt64] = []
    }

    /// Runs the program of `startSource`; the addresses as if it ran at the image's bias.
    fileprivate func starts(of image: ModuleImage) throws -> [String: Start] {
        try Self.run(["sh", "-c", "'\(image.path)' > '\(path("output"))'"])
        var starts: [String: Start] = [:]
        for row in String(decoding: try read("output"), as: UTF8.self).split(separator: "\n") {
            let fields = row.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 4, let entry = UInt64(fields[2]) else { throw FixtureError(what: "\(row)") }
            let words = fields[3].split(separator: ",").compactMap { UInt64($0) }.filter { $0 != 0 }
                .map { $0 + image.loadBias }
            if fields[1] == "1" {
                starts[fields[0]] = Start(entry: entry + image.loadBias, words: words)
            } else {
                starts[fields[0]]?.inner += words
            }
        }
        return starts
    }
}
