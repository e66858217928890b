// Settings of allocations: what makes no sense is named and the default used; what is off is said to be off.

import TestSupport
import Testing

@Suite("Settings of allocations", .serialized)
struct AllocationSettingsTests {
    @Test(
        "A size that makes no sense is named, and the default is used", .timeLimit(.minutes(1)),
        arguments: [
            "0", "-5", "banana", "1e30", "17 bytes", "1023", "2GiB", "512 KiB", "99999999999999999999", "KiB", "0x1000",
        ])
    func badSize(value: String) throws {
        let (report, _) = try AllocationTests.record(
            GroundTruth.path, "allocations class 5 5", with: ["POLLSCOPE_ALLOC_SAMPLE": value])
        #expect(report.allocations.value?.sampleBytes == 512 * 1024)
        #expect(
            report.problems.contains { $0.sentence.contains("POLLSCOPE_ALLOC_SAMPLE=\(value) is ") },
            "\(report.problems)")
    }

    @Test(
        "A size that makes sense is used", .timeLimit(.minutes(1)),
        arguments: [("4096", 4096), ("64KiB", 65536), ("1MiB", 1 << 20), ("1GiB", 1 << 30), ("1024", 1024)])
    func goodSize(value: String, bytes: Int) throws {
        let (report, truth) = try AllocationTests.record(
            GroundTruth.path, "allocations class 5 5", with: ["POLLSCOPE_ALLOC_SAMPLE": value])
        #expect(report.allocations.value?.sampleBytes == bytes)
        #expect(!report.problems.contains { $0.sentence.contains("POLLSCOPE_ALLOC") }, "\(report.problems)")
        try truth.expect(in: report)
    }

    @Test("Without samples, counts are exact all the same, and the report says what is missing")
    func withoutSamples() throws {
        let place = try Workplace()
        let (report, truth) = try AllocationTests.record(
            GroundTruth.path, "allocations tree 20 100", with: ["POLLSCOPE_ALLOC_SAMPLE": "off"], in: place)
        try truth.expect(in: report)
        let allocations = try #require(report.allocations.value)
        #expect(allocations.samplesMissing?.contains("POLLSCOPE_ALLOC_SAMPLE") ?? false, "\(allocations)")
        #expect(allocations.sampleBytes == 0 && allocations.samples == 0)
        #expect(allocations.places.isEmpty && allocations.types.isEmpty && allocations.stacks.isEmpty)
        #expect(allocations.fate == nil && allocations.allocatorShare == nil)
    }

    @Test("Where nothing is counted the report says so, and shows no zeros", arguments: ["off", "no"])
    func off(value: String) throws {
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let ending = try place.run(
            [
                BuiltPrograms.path(of: "pollscope"), "record", "-o", recording, "--", GroundTruth.path, "allocations",
                "tree", "20", "100",
            ], with: ["POLLSCOPE_ALLOC": value])
        try #require(ending.status == 0, "\(ending)")
        try place.expectLawful(recording)
        let report = try place.report(of: recording)
        #expect(report.allocations.value == nil)
        #expect(report.allocations.missing?.contains("POLLSCOPE_ALLOC") ?? false, "\(report.allocations)")
        for site in report.sites { #expect(site.allocations.value == nil && site.allocations.missing != nil) }
        let text = try place.pollscope("report", "--allocations", recording)
        #expect(text.output.contains("POLLSCOPE_ALLOC"), "\(text)")
        #expect(!text.output.contains(" 0 B"), "\(text)")
    }

    @Test("A flag that makes no sense is named, and allocations are counted")
    func badFlag() throws {
        let (report, truth) = try AllocationTests.record(
            GroundTruth.path, "allocations class 20 100", with: ["POLLSCOPE_ALLOC": "banana"])
        #expect(
            report.problems.contains { $0.sentence.contains("POLLSCOPE_ALLOC=banana") }, "\(report.problems)")
        try truth.expect(in: report)
    }
}
