// Tells from outside that a task has suspended: only then is resuming it a poll, and not before.
//
// A thread that is inside a poll and computes is running or runnable, as the kernel sees it, whether or not it has
// a processor at the moment; one that waits for a page is in a third state. A thread that has left its poll, and finds
// no other, sleeps.

import Glibc

enum Suspended {
    /// Waits until `thread` sleeps, or has ended. The caller knows that the poll in question makes no blocking call any
    /// more.
    static func waitUntilSleeping(_ thread: Int32) {
        while !["S", nil].contains(state(ofThread: "\(thread)")) { usleep(50) }
    }

    /// Waits until all other threads of the process have slept for a while.
    static func waitUntilOthersSleep() {
        let own = "\(currentThread())"
        var quietLooks = 0
        // One look is not of one moment; a few in a row cannot all have missed the same poll.
        while quietLooks < 5 {
            usleep(1000)
            let isQuiet = threads().allSatisfy { $0 == own || ["S", nil].contains(state(ofThread: $0)) }
            quietLooks = isQuiet ? quietLooks + 1 : 0
        }
    }

    private static func state(ofThread thread: String) -> Character? {
        let file = open("/proc/self/task/\(thread)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        // Safe: reads at most the array's size into it.
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress!, $0.count) }
        guard count > 0 else { return nil }
        // PID (NAME) STATE …
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        guard let name = text.lastIndex(of: ")") else { return nil }
        return text[name...].dropFirst(2).first
    }

    private static func threads() -> [String] {
        guard let folder = opendir("/proc/self/task") else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            // Safe: d_name is NUL-terminated within the entry, by the system's contract.
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}
