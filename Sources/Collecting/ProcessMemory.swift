// Memory that is free, and still the process's.

/// The C library's own, which the overlay does not show.
@_silgen_name("malloc_trim") private func malloc_trim(_ pad: Int) -> Int32

enum ProcessMemory {
    /// Gives back to the system what the allocator keeps for later: after work that took much more than what follows.
    static func giveBack() { _ = malloc_trim(0) }
}
