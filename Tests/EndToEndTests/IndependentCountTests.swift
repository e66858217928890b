// Allocations as another tool counts them: valgrind's totals of a run with more repeats of a piece of work, less those of
// a run with fewer, are what the work allocates.

import Foundation
import TestSupport
import Testing

@Suite("Allocations, counted independently", .serialized)
struct IndependentCountTests {
    private struct Totals {
        var allocations, frees, bytes: Int
    }

    /// Valgrind cannot read the debug information of the program's build, and does not need it.
    private func bare(_ program: String, in place: Workplace) throws -> String {
        let path = place.folder.file("GroundTruth")
        let ending = try place.run(["strip", "--strip-debug", "-o", path, program])
        try #require(ending.status == 0, "\(ending)")
        return path
    }

    /// What valgrind says of the whole process.
    private func totals(_ program: String, _ work: String, repeats: Int, in place: Workplace) throws -> Totals {
        let ending = try place.run(
            [
                // The allocator that valgrind replaces is the C library's; the program's definitions are before it. A
                // string or an array uses all of a block as large as the C library would have made it.
                "valgrind", "--soname-synonyms=somalloc=nouserintercepts", "--redzone-size=64", "--leak-check=no",
                "--undef-value-errors=no", program, "allocations-alone", work, "\(repeats)",
            ], with: ["POLLSCOPE": "off", "SWIFT_DETERMINISTIC_HASHING": "1"])
        let line = ending.errors.split(separator: "\n").first { $0.contains("total heap usage: ") }
        let text = try #require(line, "\(ending)").replacing(",", with: "")
        // ==PID==   total heap usage: N allocs M frees B bytes allocated
        let words = text.split(separator: " ")
        let first = try #require(words.firstIndex(of: "usage:"))
        return Totals(
            allocations: try #require(Int(words[first + 1])), frees: try #require(Int(words[first + 3])),
            bytes: try #require(Int(words[first + 5])))
    }

    @Test(
        "Valgrind and Pollscope count the same, to the call and the byte", .timeLimit(.minutes(2)),
        arguments: BuildMode.allCases,
        [
            "class", "tree", "closure", "existential", "array", "growth", "string", "dictionary", "error", "data",
            "json-encode", "json-decode", "malloc", "calloc", "realloc", "realloc-edges", "reallocarray",
            "posix_memalign", "aligned_alloc", "memalign", "valloc", "libc",
        ])
    func sameCounts(build: BuildMode, work: String) throws {
        guard let program = build.path else { return }
        let repeats = 50
        let place = try Workplace()
        guard (try? place.run(["valgrind", "--version"]))?.status == 0 else {
            return skip("valgrind is not installed: run tools/test, or apt-get install valgrind")
        }
        let bare = try bare(program, in: place)
        let few = try totals(bare, work, repeats: repeats, in: place)
        let many = try totals(bare, work, repeats: 2 * repeats, in: place)
        try #require(many.allocations > few.allocations, "nothing was counted")

        var (report, truth) = try AllocationTests.record(
            program, "allocations \(work) 10 \(repeats)", with: ["SWIFT_DETERMINISTIC_HASHING": "1"], in: place)
        truth.polls[0].allocations = many.allocations - few.allocations
        truth.polls[0].frees = many.frees - few.frees
        truth.polls[0].bytes = many.bytes - few.bytes
        try truth.expect(in: report)
    }
}
