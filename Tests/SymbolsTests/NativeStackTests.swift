// Native stacks of a program that ran: each return address is named with the line of the call.

import Testing

@testable import Symbols

struct NativeStackTests {
    private static let swift = """
        import Glibc

        @_silgen_name("c_show") func show()
        @_silgen_name("c_outer") func cOuter(_ body: @convention(c) () -> Void)

        @inline(__always) func inlined(_ n: Int) {
            show()  // inlined
            print(n)
        }
        @inline(never) func middle(_ n: Int) {
            if n > 0 { inlined(n) }  // middle
            print(n)
        }
        @inline(never) func score(_ n: Int) async -> Int {
            middle(n)  // before the await
            await Task.yield()
            middle(n + 1)  // after the await
            return n
        }
        @inline(never) func callsC() async {
            cOuter { show(); print() }  // calls C
            print()
        }
        @inline(never) func callsLibc() async {
            var key = 1
            _ = bsearch(&key, &key, 1, 8) { _, _ in show(); print(); return 0 }  // calls libc
            print()
        }
        @main struct Main {
            static func main() async {
                _ = await score(1)
                await callsC()
                await callsLibc()
            }
        }

        """

    private func lines(_ optimization: String) throws -> [[SourceFrame]] {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let run = try StackProgram(Self.swift, optimization: optimization, in: fixture)
        return run.stacks.map { $0.flatMap(run.symbolizer.codeFrames(atReturnAddress:)) }
    }

    private func isIn(_ stack: [SourceFrame], _ function: String, _ marker: String) -> Bool {
        stack.contains { $0.function == function && $0.line == line(marker, in: Self.swift) && $0.origin == .user }
    }

    /// In an async function, too: whichever of its parts runs, it has the function's name.
    @Test(arguments: ["-Onone", "-O"])
    func aReturnAddressIsTheLineOfItsCall(optimization: String) throws {
        let stacks = try lines(optimization)
        try #require(stacks.count == 4)
        for (stack, marker) in [(stacks[0], "before the await"), (stacks[1], "after the await")] {
            #expect(isIn(stack, "inlined(_:)", "inlined"))
            #expect(isIn(stack, "middle(_:)", "middle"))
            #expect(isIn(stack, "score(_:)", marker))
            #expect(stack.first { $0.function == "inlined(_:)" }?.isInlined == (optimization == "-O"))
        }
    }

    @Test(arguments: ["-Onone", "-O"])
    func cWithoutDebugInformationIsNamedByItsSymbols(optimization: String) throws {
        let stacks = try lines(optimization)
        try #require(stacks.count == 4)
        let names = stacks[2].map(\.function)
        let inner = try #require(names.firstIndex(of: "c_inner"))
        #expect(names[inner...].starts(with: ["c_inner", "c_outer", "callsC()"]))
        #expect(isIn(stacks[2], "callsC()", "calls C"))
        #expect(isIn(stacks[3], "callsLibc()", "calls libc"))
        let libc = try #require(stacks[3].first { $0.function == "bsearch" }, "\(stacks[3].map(\.function))")
        #expect(libc.origin == .runtime)
    }

    /// A sample can fall on the jump between a call and a function of another image.
    @Test func theLinkersJumpsAreNobodysCode() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let run = try StackProgram(Self.swift, optimization: "-O", in: fixture)
        let program = fixture.path(StackProgram.name)
        try Fixture.run(["sh", "-c", "readelf -SW '\(program)' | grep -o ' \\.plt .*' > '\(program).plt'"])
        let fields = String(decoding: try fixture.read("\(StackProgram.name).plt"), as: UTF8.self).split(separator: " ")
        let table = try #require(UInt64(fields[2], radix: 16))
        let frames = run.symbolizer.codeFrames(atReturnAddress: run.bias + table + 0x17)
        #expect(frames.count == 1)
        #expect(frames.first?.isCompilerMade == true)
        #expect(frames.first?.origin == .runtime)
        #expect(frames.first?.address == run.bias + table + 0x17)
    }
}
