// A program that ran, and the stacks that it printed of itself.

@testable import Symbols

struct StackProgram {
    static let name = "native"

    var symbolizer: Symbolizer
    /// Return addresses, innermost first.
    var stacks: [[UInt64]]
    /// Of the program itself.
    var bias: UInt64

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

    /// Compiles and runs `swift`, whose `c_show` prints a stack.
    init(_ swift: String, optimization: String, in fixture: Fixture) throws {
        try fixture.write(Self.c, to: "c.c")
        try Fixture.run(
            [
                "clang", "-c", "-O1", "-g0", "-fomit-frame-pointer", "-fno-optimize-sibling-calls", fixture.path("c.c"),
                "-o", fixture.path("c.o"),
            ])
        _ = try fixture.compile(
            swift, as: Self.name, flags: ["-parse-as-library", "-g", optimization, fixture.path("c.o")])
        try Fixture.run(["sh", "-c", "'\(fixture.path(Self.name))' > '\(fixture.path("out"))'"])
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
        symbolizer = Symbolizer(modules: images)
        self.stacks = stacks.filter { !$0.isEmpty }
        guard let bias = biases[fixture.path(Self.name)] else {
            throw FixtureError(what: "\(Self.name) printed no stack")
        }
        self.bias = bias
    }
}
