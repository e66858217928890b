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

    /// Prints the stack that it is called on, each frame with its module's path and bias. It has no debug information.
    private static let c = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <execinfo.h>
        #include <stdio.h>
        #define APART __attribute__((noinline))
        APART void c_show(void) {
            void *frames[64];
            int count = backtrace(frames, 64);
            for (int i = 0; i < count; i++) {
                Dl_info info;
                if (!dladdr((char *)frames[i] - 1, &info)) continue;
                printf("frame %lu %lu %s\\n", (unsigned long)frames[i], (unsigned long)info.dli_fbase, info.dli_fname);
            }
            printf("end of stack\\n");
            fflush(stdout);
        }
        APART static void c_inner(void (*body)(void)) { body(); __asm__ volatile(""); }
        APART void c_outer(void (*body)(void)) { c_inner(body); __asm__ volatile(""); }

        """

    private struct Run {
        var symbolizer: Symbolizer
        /// Return addresses, innermost first.
        var stacks: [[UInt64]]
        /// Of the program itself.
        var bias: UInt64
    }

    private func run(optimization: String, in fixture: Fixture) throws -> Run {
        try fixture.write(Self.c, to: "c.c")
        try Fixture.run(
            [
                "clang", "-c", "-O1", "-g0", "-fomit-frame-pointer", "-fno-optimize-sibling-calls", fixture.path("c.c"),
                "-o", fixture.path("c.o"),
            ])
        _ = try fixture.compile(
            Self.swift, as: "native", flags: ["-parse-as-library", "-g", optimization, fixture.path("c.o")])
        try Fixture.run(["sh", "-c", "'\(fixture.path("native"))' > '\(fixture.path("out"))'"])
        var biases: [String: UInt64] = [:]
        var stacks: [[UInt64]] = [[]]
        for line in String(decoding: try fixture.read("out"), as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if line == "end of stack" {
                stacks.append([])
            } else if words.first == "frame", let address = UInt64(words[1]), let bias = UInt64(words[2]) {
                stacks[stacks.count - 1].append(address)
                biases[String(words[3])] = bias
            }
        }
        let images = biases.map { path, bias in
            ModuleImage(
                path: path, buildID: (try? ElfFile(path: path).buildID) ?? [], loadBias: bias, start: bias,
                end: biases.values.filter { $0 > bias }.min() ?? .max)
        }
        return Run(
            symbolizer: Symbolizer(modules: images), stacks: stacks.filter { !$0.isEmpty },
            bias: try #require(biases[fixture.path("native")]))
    }

    private func lines(_ optimization: String) throws -> [[SourceFrame]] {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let run = try run(optimization: optimization, in: fixture)
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
        let run = try run(optimization: "-O", in: fixture)
        let program = fixture.path("native")
        try Fixture.run(["sh", "-c", "readelf -SW '\(program)' | grep -o ' \\.plt .*' > '\(program).plt'"])
        let fields = String(decoding: try fixture.read("native.plt"), as: UTF8.self).split(separator: " ")
        let table = try #require(UInt64(fields[2], radix: 16))
        let frames = run.symbolizer.codeFrames(atReturnAddress: run.bias + table + 0x17)
        #expect(frames.count == 1)
        #expect(frames.first?.isCompilerMade == true)
        #expect(frames.first?.origin == .runtime)
        #expect(frames.first?.address == run.bias + table + 0x17)
    }
}
