// Pieces of work in C: each function of the allocator, called a known number of times.

import GroundTruthC

extension AllocatingWork {
    static let callWorks: [AllocatingWork] = [
        call("malloc", ground_allocations_malloc),
        call("calloc", ground_allocations_calloc),
        call("realloc", ground_allocations_realloc),
        call("realloc-edges", ground_allocations_realloc_edges),
        call("reallocarray", ground_allocations_reallocarray),
        call("posix_memalign", ground_allocations_posix_memalign),
        call("aligned_alloc", ground_allocations_aligned_alloc),
        call("memalign", ground_allocations_memalign),
        call("valloc", ground_allocations_valloc),
        call("pvalloc", ground_allocations_pvalloc),
        call("free-nothing", ground_allocations_free_nothing),
        call("failing", ground_allocations_failing),
        call("fork", ground_allocations_fork),
        call("free-early", ground_allocations_free_early),
        AllocatingWork("libc") { ground_allocations_libc() },
    ]

    private static func call(
        _ name: String, _ function: @escaping @Sendable @convention(c) () -> ground_allocations_counts
    ) -> AllocatingWork {
        AllocatingWork(name, Counts(function())) { _ = function() }
    }
}

extension AllocatingWork.Counts {
    init(_ counts: ground_allocations_counts) {
        self.init(allocations: Int(counts.allocations), bytes: Int(counts.bytes), frees: Int(counts.frees))
    }
}
