// Memory that is free, and still the process's.

import Glibc

enum ProcessMemory {
    /// Gives back to the system what the allocator keeps for later: after work that took much more than what follows.
    static func giveBack() { malloc_trim(0) }
}
