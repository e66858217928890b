// A resume function is named by its function, its number, and the line of the await that it resumes.

import Testing

@testable import Symbols

@Suite(.serialized)
struct AwaitLineTests {
    /// Symbol, function, await point, marked line: the same with and without optimization.
    static let points: [(symbol: String, function: String, point: Int, marker: String)] = [
        ("$s7awaiter4leafyS2iYaFTQ0_", "leaf(_:)", 1, "leaf"),
        ("$s7awaiter4leafyS2iYaFTY1_", "leaf(_:)", 1, "leaf"),
        ("$s7awaiter7CounterC4bump2byS2i_tYaFTQ1_", "Counter.bump(by:)", 1, "bump 1"),
        ("$s7awaiter7CounterC4bump2byS2i_tYaFTY2_", "Counter.bump(by:)", 1, "bump 1"),
        ("$s7awaiter7CounterC4bump2byS2i_tYaFTQ3_", "Counter.bump(by:)", 2, "bump 2"),
        ("$s7awaiter8throwingyS2iYaKFTQ0_", "throwing(_:)", 1, "throwing 1"),
        ("$s7awaiter8throwingyS2iYaKFTY1_", "throwing(_:)", 1, "throwing 1"),
        ("$s7awaiter8throwingyS2iYaKFTQ2_", "throwing(_:)", 2, "throwing 2"),
        ("$s7awaiter8throwingyS2iYaKFTY3_", "throwing(_:)", 2, "throwing 2"),
        ("$s7awaiter6onMainyS2iYaFTQ0_", "onMain(_:)", 1, "onMain"),
        ("$s7awaiter6onMainyS2iYaFTY1_", "onMain(_:)", 1, "onMain"),
        ("$s7awaiter9asyncLetsyS2iYaFTQ1_", "asyncLets(_:)", 1, "asyncLets 1"),
        ("$s7awaiter9asyncLetsyS2iYaFTY3_", "asyncLets(_:)", 2, "asyncLets 2"),
        ("$s7awaiter5groupyS2iYaFTQ1_", "group(_:)", 1, "group"),
        ("$s7awaiter5groupyS2iYaFSiScGySiGzYaXEfU_TQ1_", "closure 1 in group(_:)", 1, "group loop"),
        (
            "$s7awaiter5groupyS2iYaFSiScGySiGzYaXEfU_SiyYacfU_TQ0_", "closure 1 in closure 1 in group(_:)", 1,
            "group child"
        ),
        ("$s7awaiter12continuationSiyYaFTQ1_", "continuation()", 1, "continuation"),
        ("$s7awaiter6streamySiScSySiGYaFTQ1_", "stream(_:)", 1, "stream"),
        ("$s7awaiter6branchyS2iYaFTQ1_", "branch(_:)", 1, "branch 1"),
        ("$s7awaiter6branchyS2iYaFTY2_", "branch(_:)", 1, "branch 1"),
        ("$s7awaiter6branchyS2iYaFTQ3_", "branch(_:)", 2, "branch 2"),
        ("$s7awaiter6branchyS2iYaFTY4_", "branch(_:)", 2, "branch 2"),
        ("$s7awaiter3hopySiAA7CounterCYaFTY0_", "hop(_:)", 1, "hop"),
        ("$sSa7awaiterSiRszlE5totalSiyYaFTQ1_", "Array.total()", 1, "total"),
    ]

    @Test(arguments: ["-Onone", "-O"], ["4", "5"])
    func aResumeFunctionHasTheLineOfItsAwait(optimization: String, dwarf: String) throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try fixture.compile(
            awaitSource, as: "awaiter.so",
            flags: ["-emit-library", "-g", "-dwarf-version=\(dwarf)", optimization])
        // Seen as an executable, so that its code is the user's.
        let renamed = try fixture.renamed(image, "awaiter")
        let addresses = try fixture.addresses(in: renamed)
        let symbolizer = Symbolizer(modules: [renamed])
        for point in Self.points {
            let address = try #require(addresses[point.symbol], "\(point.symbol)")
            let site = symbolizer.site(ofStack: [address])
            #expect(site.function == point.function)
            #expect(site.awaitPoint == point.point, "\(point.symbol)")
            #expect(site.line == line(point.marker), "\(point.symbol) \(optimization)")
            #expect(site.file == fixture.path("awaiter.so.swift"))
            #expect(site.origin == .user)
            let physical = try #require(symbolizer.frames(at: address).last)
            #expect(physical.module == "awaiter")
            #expect(!physical.isInlined)
            #expect(physical.address == address)
        }
        #expect(symbolizer.problems == [])
    }

    /// Every resume point, known and unknown to the table above, by the comment at its await: `// NUMBER`.
    @Test(arguments: ["-Onone", "-O"])
    func awaitsAreNumberedAsTheyStandInTheSource(optimization: String) throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try fixture.renamed(
            fixture.compile(numberedSource, as: "numbered.so", flags: ["-emit-library", "-g", optimization]), "numbered"
        )
        let addresses = try fixture.addresses(in: image)
        let symbolizer = Symbolizer(modules: [image])
        let lines = numberedSource.split(separator: "\n", omittingEmptySubsequences: false)
        var seen: [String: Set<Int>] = [:]
        for (symbol, address) in addresses where SymbolName(symbol).resumePoint != nil {
            guard symbol.hasPrefix("$s8numbered"), SymbolName(symbol).forwarded == nil else { continue }
            let frame = try #require(symbolizer.frames(at: address).last)
            let number = try #require(frame.awaitPoint, "\(symbol)")
            seen[frame.function, default: []].insert(number)
            let isOneLiner =
                frame.function.hasPrefix("oneLine") || frame.function.contains("closures()")
                || frame.function.contains("handlers")
            guard number > 0, !isOneLiner, let line = frame.line else { continue }
            // The implicit await at the end of an `async let` is at the declaration.
            guard let comment = lines[line - 1].split(separator: "// ").last, let expected = Int(comment) else {
                #expect(frame.function == "lets(_:)", "\(symbol) at line \(line)")
                continue
            }
            #expect(number == expected, "\(symbol) \(optimization)")
        }
        for (function, awaits) in [
            ("oneLine(_:)", 1...1), ("oneLineHop(_:)", 1...1), ("oneLineLoop(_:)", 1...1),
            ("oneLineSeveral(_:)", 1...4),
            ("closure 1 in closures()", 1...1), ("closure 2 in closures()", 1...2), ("closure 3 in closures()", 1...1),
            ("closure 1 in Table.handlers", 1...1), ("closure 2 in Table.handlers", 1...1),
            ("branches(_:)", 1...4), ("lets(_:)", 1...3),
        ] {
            #expect(seen[function]?.subtracting([0]) == Set(awaits), "\(function) \(optimization)")
        }
    }

    @Test(arguments: ["-Onone", "-O"], ["4", "5"])
    func aStartHasTheLineOfItsDeclaration(optimization: String, dwarf: String) throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try fixture.compile(
            awaitSource, as: "awaiter.so",
            flags: ["-emit-library", "-g", "-dwarf-version=\(dwarf)", optimization])
        let addresses = try fixture.addresses(in: image)
        let symbolizer = Symbolizer(modules: [image])
        let hop = try #require(addresses["$s7awaiter3hopySiAA7CounterCYaF"])
        let frames = symbolizer.frames(at: hop)
        #expect(frames.count == 1)
        #expect(frames[0].function == "hop(_:)")
        #expect(frames[0].awaitPoint == 0)
        #expect(frames[0].line == line("hop entry"))
        // A shared library that is not the runtime's.
        #expect(frames[0].origin == .dependency)
        // Its first row is a line of the loop; DWARF has the declaration with the copy that was inlined elsewhere.
        let work = try #require(addresses["$s7awaiter11inlinedWorkyS2iF"])
        #expect(symbolizer.frames(at: work)[0].line == line("work"))
        let synchronous = try #require(addresses["$s7awaiter7CounterC5countSiyF"])
        #expect(symbolizer.frames(at: synchronous)[0].awaitPoint == nil)
    }

    @Test(arguments: ["-Onone", "-O"])
    func topLevelCodeIsMain(optimization: String) throws {
        let source = """
            @inline(never)
            func leaf(_ n: Int) async -> Int {
                await Task.yield()
                return n
            }
            print(await leaf(1))  // first
            print(await leaf(2))  // second
            """
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try fixture.compile(source, as: "toplevel", flags: ["-g", optimization])
        let addresses = try fixture.addresses(in: image)
        let symbolizer = Symbolizer(modules: [image])
        let points = addresses.filter { $0.key.hasPrefix("async_MainT") && $0.key.hasSuffix("_") }
        let sites = points.values.map { symbolizer.site(ofStack: [$0]) }
        #expect(Set(sites.map(\.function)) == ["main"])
        let lines = Set(sites.compactMap(\.line))
        #expect(lines == [line("first", in: source), line("second", in: source)])
    }

    /// The optimizer moves async functions into their callers, and closures lie in DWARF inside other functions.
    @Test
    func anInlinedAsyncFunctionIsTheSite() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try fixture.renamed(
            fixture.compile(awaitSource, as: "awaiter.so", flags: ["-emit-library", "-g", "-O"]), "awaiter")
        let addresses = try fixture.addresses(in: image)
        let symbolizer = Symbolizer(modules: [image])
        let closure = "$s7awaiter5routeS2iYaYbKcyFS2iYaYbKcfU_"
        let address = try #require(addresses[closure + "TQ1_"] ?? addresses[closure + "TQ0_"])
        let frames = symbolizer.frames(at: address).filter { $0.origin == .user }
        #expect(frames.map(\.function) == ["quote(_:)", "closure 1 in route()"])
        #expect(frames.map(\.line) == [line("quote"), line("route")])
        #expect(frames.map(\.isInlined) == [true, false])
        #expect(frames.map(\.awaitPoint) == [1, 1])
        let site = symbolizer.site(ofStack: [address])
        #expect(site.function == "quote(_:)")
        #expect(site.task == "closure 1 in route()")
    }

    @Test
    func theSiteIsTheInnermostUserFrame() throws {
        let source = """
            @inline(never)
            func outer(_ n: Int) async -> Int {
                await withTaskGroup(of: Int.self) { group in
                    group.addTask { await inner(n) }
                    return await group.next() ?? 0
                }
            }
            @inline(never)
            func inner(_ n: Int) async -> Int {
                try? await Task.sleep(for: .seconds(1))  // sleep
                return n
            }
            print(await outer(1))
            """
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try fixture.compile(source, as: "service", flags: ["-g", "-O"])
        let addresses = try fixture.addresses(in: image)
        let symbolizer = Symbolizer(modules: [image])
        func address(_ suffix: String) throws -> UInt64 {
            try #require(addresses.first { $0.key.hasSuffix(suffix) }?.value, "\(suffix)")
        }
        // The runtime's own code, the function, its task's closure and the thunk that the compiler put around it.
        let stack = [
            try address("$ss5ClockPsE5sleep3for9tolerancey8DurationQz_AGSgtYaKFs010ContinuousA0V_Tg5TQ1_"),
            try address("$s7service5inneryS2iYaFTQ1_"),
            try address("$s7service5outeryS2iYaFSiScGySiGzYaXEfU_SiyYacfU_TATQ0_"),
        ]
        let site = symbolizer.site(ofStack: stack)
        #expect(site.function == "inner(_:)")
        #expect(site.line == line("sleep", in: source))
        #expect(site.task == "closure 1 in closure 1 in outer(_:)")
        #expect(symbolizer.frames(at: stack[0])[0].origin == .runtime)
        #expect(symbolizer.site(ofStack: [stack[0]]).origin == .runtime)
        #expect(symbolizer.site(ofStack: []).function == "unknown")
    }
}

extension Fixture {
    /// A copy under another name.
    func renamed(_ image: ModuleImage, _ name: String) throws -> ModuleImage {
        try Self.run(["cp", image.path, path(name)])
        var copy = image
        copy.path = path(name)
        return copy
    }
}
