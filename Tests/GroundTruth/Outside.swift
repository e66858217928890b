// What is outside of Swift concurrency: threads, a counter that they share with tasks, lines for the reader.

import Glibc
import Synchronization

final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func add() { value.add(1, ordering: .sequentiallyConsistent) }
    func load() -> Int { value.load(ordering: .sequentiallyConsistent) }
}

/// A thread of its own for one piece of work.
final class OutsideThread {
    private let work: @Sendable () -> Void
    private init(_ work: @escaping @Sendable () -> Void) { self.work = work }

    static func run(_ work: @escaping @Sendable () -> Void) {
        let thread = Unmanaged.passRetained(OutsideThread(work))
        var id = pthread_t()
        let error = pthread_create(
            &id, nil,
            { context in
                // Safe: the retain of the line above the call is taken back exactly once, here.
                Unmanaged<OutsideThread>.fromOpaque(context!).takeRetainedValue().work()
                return nil
            }, thread.toOpaque())
        precondition(error == 0, "pthread_create: \(error)")
        pthread_detach(id)
    }
}

func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

/// Writes a line at once: the program may be killed right after.
func say(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
    let text = Array((line + "\n").utf8)
    // Safe: writes the array's own bytes. The result is the test's business.
    text.withUnsafeBytes { _ = write(descriptor, $0.baseAddress!, $0.count) }
}
