// What is outside of Swift concurrency: threads, a counter that they share with tasks, lines for the reader.

import Glibc
import Synchronization

final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func add() { value.add(1, ordering: .sequentiallyConsistent) }
    func load() -> Int { value.load(ordering: .sequentiallyConsistent) }
    func store(_ number: Int) { value.store(number, ordering: .sequentiallyConsistent) }
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

/// The C library has these two behind a macro that the overlay does not set.
@_silgen_name("gettid") func currentThread() -> Int32
@_silgen_name("sched_getaffinity") private func sched_getaffinity(
    _ thread: Int32, _ bytes: Int, _ processors: UnsafeMutablePointer<cpu_set_t>
) -> Int32

/// Polls that the global pool can run at once: processors that this process may run on.
var poolWidth: Int {
    var processors = cpu_set_t()
    // Safe: the size is the struct's own, which is plain data.
    let error = sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &processors)
    precondition(error == 0)
    return withUnsafeBytes(of: &processors) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
}

/// Writes a line at once: the program may be killed right after.
func say(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
    let text = Array((line + "\n").utf8)
    // Safe: writes the array's own bytes. The result is the test's business.
    text.withUnsafeBytes { _ = write(descriptor, $0.baseAddress!, $0.count) }
}
