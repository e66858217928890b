// Allocations of programs whose counts are known: exact by poll, estimated by line and type, and what becomes of them.

import Foundation
import TestSupport
import Testing

@Suite("Allocations", .serialized)
struct AllocationTests {
    /// Records a scenario on one processor; its report, which obeys the laws, and what the program printed.
    static func record(
        _ program: String, _ words: String, with more: [String: String] = [:], through launcher: [String] = [],
        in given: Workplace? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (report: ReportJSON, truth: AllocationExpectation) {
        let place = try given ?? Workplace()
        let recording = place.folder.file("recording")
        let command =
            launcher + ["taskset", "-c", Processors.first, program] + words.split(separator: " ").map(String.init)
        let ending = try place.run(
            [BuiltPrograms.path(of: "pollscope"), "record", "-f", "-o", recording, "--"] + command, with: more)
        try #require(ending.status == 0, "\(ending)", sourceLocation: sourceLocation)
        try place.expectLawful(recording, sourceLocation: sourceLocation)
        let report = try place.report(of: recording, sourceLocation: sourceLocation)
        report.expectWhole(sourceLocation: sourceLocation)
        #expect(report.losses.recordsLost == 0, sourceLocation: sourceLocation)
        return (report, try AllocationExpectation(ending.output))
    }

    /// Pieces of work whose counts follow from how they are made.
    static let known = [
        "nothing", "lease", "class", "tree", "closure", "existential", "array", "growth", "string",
        "short-string",
        "malloc", "calloc", "realloc", "realloc-edges", "reallocarray", "posix_memalign", "aligned_alloc", "memalign",
        "valloc", "pvalloc", "free-nothing", "failing",
    ]

    @Test(
        "What a poll allocates and frees is counted to the call and the byte", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases, known)
    func exactCounts(build: BuildMode, work: String) throws {
        guard let program = build.path else { return }
        let (report, truth) = try Self.record(program, "allocations \(work) 20 100")
        try #require(truth.polls.first?.allocations ?? -1 >= 0)
        try truth.expect(in: report)
    }

    @Test("What an optimised service tells of requests needs no memory", .timeLimit(.minutes(1)))
    func requests() throws {
        guard let program = BuildMode.release.path else { return }
        let (report, truth) = try Self.record(program, "allocations request 20 100")
        try #require(truth.polls.first?.allocations == 0)
        try truth.expect(in: report)
    }

    @Test(
        "Counts stay exact while nearly every allocation is sampled", .timeLimit(.minutes(1)),
        arguments: ["tree", "array", "growth", "malloc", "realloc", "realloc-edges", "posix_memalign", "failing"])
    func exactCountsWithSamples(work: String) throws {
        let (report, truth) = try Self.record(
            GroundTruth.path, "allocations \(work) 20 100", with: ["POLLSCOPE_ALLOC_SAMPLE": "1KiB"])
        try truth.expect(in: report)
        #expect(report.allocations.value?.samples ?? 0 > 50)
    }

    @Test("A statically linked runtime makes no difference to counts", .timeLimit(.minutes(1)), arguments: known)
    func staticBuild(work: String) throws {
        guard let program = StaticBuildTests.program else { return }
        let (report, truth) = try Self.record(program, "allocations \(work) 20 100")
        try truth.expect(in: report)
    }

    @Test("What children of fork allocate is not their parent's", .timeLimit(.minutes(1)))
    func fork() throws {
        let (report, truth) = try Self.record(GroundTruth.path, "allocations fork 10 10")
        try truth.expect(in: report)
    }

    @Test("Blocks from before the start are only freed", .timeLimit(.minutes(1)), arguments: BuildMode.allCases)
    func fromBefore(build: BuildMode) throws {
        guard let program = build.path else { return }
        let (report, truth) = try Self.record(program, "allocations free-early 20 100")
        try truth.expect(in: report)
    }

    @Test(
        "What becomes of the bytes that a poll allocates is told, and what is garbage", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases, ["garbage 100", "keeping 100", "handing-over 100", "freeing-later 100"])
    func fates(build: BuildMode, scenario: String) throws {
        guard let program = build.path else { return }
        let (report, truth) = try Self.record(program, scenario, with: ["POLLSCOPE_ALLOC_SAMPLE": "4096"])
        try #require(truth.fate != nil && !truth.garbage.isEmpty)
        try truth.expect(in: report)
        let allocations = try #require(report.allocations.value)
        #expect(allocations.samples > 1000)
        #expect(allocations.recordsLost == 0)
        // The table of living samples has buckets: some are full before the table is.
        #expect(allocations.samplesUntracked * 20 < allocations.samples)
    }

    @Test(
        "The line that allocates most is named first, and estimates are as good as they say", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases)
    func plantedLine(build: BuildMode) throws {
        guard let program = build.path else { return }
        let (report, truth) = try Self.record(program, "planted-line 300", with: ["POLLSCOPE_ALLOC_SAMPLE": "4KiB"])
        try truth.expect(in: report)
        let first = try #require(report.allocations.value?.places.first)
        #expect(first.function == "plantedHere()" && first.line == truth.places[0].line, "\(first)")
        #expect((0.75...0.92).contains(first.share.value), "of all that the process allocates: \(first)")
        // The tree of stacks leads to it: the planted line has most of the bytes below the root.
        let nodes = report.allocations.value?.stacks.flatMap(\.all) ?? []
        let planted = nodes.filter { $0.function == "plantedHere()" }.reduce(0) { $0 + $1.bytes }
        #expect(abs(planted - first.bytes.value) < 1, "\(planted) of \(first.bytes)")
    }

    @Test("Estimates over repeated runs scatter as their errors say", .timeLimit(.minutes(1)))
    func errors() throws {
        var deviations: [Double] = []
        for _ in 0..<12 {
            let (report, truth) = try Self.record(
                GroundTruth.path, "planted-line 100", with: ["POLLSCOPE_ALLOC_SAMPLE": "4KiB"])
            for place in truth.places {
                let found = report.allocations.value?.places.first { $0.function == place.function }
                let bytes = try #require(found?.bytes)
                deviations.append((bytes.value - Double(place.bytes)) / bytes.standardError)
            }
        }
        let mean = deviations.reduce(0, +) / Double(deviations.count)
        let square = deviations.reduce(0) { $0 + $1 * $1 } / Double(deviations.count)
        // Of 36 numbers with mean 0 and variance 1: both bounds are beyond five times what chance does.
        #expect(abs(mean) < 1, "\(deviations)")
        #expect((0.2...3).contains(square), "\(deviations)")
    }

    @Test(
        "Swift objects are told by their types, in the words of the source", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases)
    func types(build: BuildMode) throws {
        guard let program = build.path else { return }
        try Self.expectTypes(of: program)
    }

    @Test("Types are told with a statically linked runtime, too", .timeLimit(.minutes(1)))
    func typesOfStaticBuild() throws {
        guard let program = StaticBuildTests.program else { return }
        try Self.expectTypes(of: program)
    }

    private static func expectTypes(of program: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (report, truth) = try record(
            program, "type-zoo 2000", with: ["POLLSCOPE_ALLOC_SAMPLE": "1KiB"], sourceLocation: sourceLocation)
        #expect(truth.types.count >= 20, sourceLocation: sourceLocation)
        try truth.expect(in: report, sourceLocation: sourceLocation)
        let allocations = try #require(report.allocations.value, sourceLocation: sourceLocation)
        #expect(allocations.objectSamples > 1000, sourceLocation: sourceLocation)
        #expect(allocations.untypedSamples * 100 <= allocations.objectSamples, sourceLocation: sourceLocation)
    }

    @Test(
        "Threads outside of Swift concurrency are counted, also while they end", .timeLimit(.minutes(1)),
        arguments: ["outside-allocations 200 1000", "outside-allocations 2000 20", "ending-threads 300"],
        ["512KiB", "4KiB"])
    func outsideThreads(scenario: String, sample: String) throws {
        let (report, truth) = try Self.record(GroundTruth.path, scenario, with: ["POLLSCOPE_ALLOC_SAMPLE": sample])
        let process = try #require(report.allocations.value?.process)
        let (blocks, bytes) = try #require(truth.process)
        // The program's own start is in it; and what a living thread did last may not be.
        #expect((blocks - 1024...blocks + 8 * 1024).contains(process.allocations), "\(process), \(blocks)")
        #expect((blocks - 1024...blocks + 8 * 1024).contains(process.frees), "\(process), \(blocks)")
        #expect((bytes - 1_000_000...bytes + 2_000_000).contains(process.bytes), "\(process), \(bytes)")
    }

    @Test(
        "Results of the allocator are the same, byte for byte", .timeLimit(.minutes(1)), arguments: BuildMode.allCases)
    func unchangedResults(build: BuildMode) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let alone = try place.run([program, "host-allocations"], with: ["POLLSCOPE": "off"])
        #expect(alone.output.contains("malloc of too much: 0, ENOMEM"), "\(alone)")
        for sample in ["512KiB", "1KiB", "off"] {
            let observed = try place.run([program, "host-allocations"], with: ["POLLSCOPE_ALLOC_SAMPLE": sample])
            #expect(observed.status == 0, "\(observed)")
            #expect(observed.output == alone.output, "\(sample)")
        }
    }
}
