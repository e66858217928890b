// With another allocator in the place of the C library's, counts go on, and are the same.

import Foundation
import TestSupport
import Testing

@Suite("Other allocators", .serialized)
struct OtherAllocatorTests {
    enum Allocator: String, CaseIterable, Sendable {
        case jemalloc = "libjemalloc.so.2"
        case mimalloc = "libmimalloc.so.2.0"
        case tcmalloc = "libtcmalloc_minimal.so.4"

        /// Where Debian has it; nil, and said aloud, where it is not installed.
        var path: String? {
            let path = "/usr/lib/x86_64-linux-gnu/\(rawValue)"
            if FileManager.default.fileExists(atPath: path) { return path }
            skip("\(rawValue) is not installed: run tools/test")
            return nil
        }

        /// Without pvalloc, which not all of them have, or realloc to nothing, which is not the same in all.
        static let works = [
            "nothing", "class", "tree", "closure", "array", "growth", "string", "malloc", "calloc", "realloc",
            "reallocarray", "posix_memalign", "aligned_alloc", "memalign", "valloc", "free-nothing", "fork",
            "free-early",
        ]
    }

    @Test("Counts by poll are exact", .timeLimit(.minutes(1)), arguments: Allocator.allCases, Allocator.works)
    func exactCounts(allocator: Allocator, work: String) throws {
        guard let path = allocator.path else { return }
        let (report, truth) = try AllocationTests.record(
            GroundTruth.path, "allocations \(work) 10 20", with: ["POLLSCOPE_ALLOC_SAMPLE": "64KiB"],
            through: ["env", "LD_PRELOAD=\(path)"])
        try truth.expect(in: report)
    }

    @Test("Lines, types and fates are told", .timeLimit(.minutes(1)), arguments: Allocator.allCases)
    func samples(allocator: Allocator) throws {
        guard let path = allocator.path else { return }
        for scenario in ["planted-line 200", "keeping 100", "type-zoo 2000"] {
            let (report, truth) = try AllocationTests.record(
                GroundTruth.path, scenario, with: ["POLLSCOPE_ALLOC_SAMPLE": "1KiB"],
                through: ["env", "LD_PRELOAD=\(path)"])
            try truth.expect(in: report)
        }
    }
}
