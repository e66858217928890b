// Threads outside of Swift concurrency that allocate: many of them, short ones, and some that do so while they end.
//
// Lines on stdout:
//   process BLOCKS | BYTES       what these threads have allocated, and freed

import Glibc
import GroundTruthC

/// Ends in the middle of it, so that nothing that the program does to end is in the way of the counts.
func outsideAllocations(threads: Int, count: Int) {
    let done = Counter()
    for start in stride(from: 0, to: threads, by: 50) {
        for _ in start..<min(threads, start + 50) {
            OutsideThread.run {
                for _ in 0..<count { free(allocatesOutside()) }
                done.add()
            }
        }
        while done.load() < min(threads, start + 50) { usleep(200) }
    }
    say("process \(threads * count) | \(threads * count * 48)")
    exit(0)
}

@inline(never) private func allocatesOutside() -> UnsafeMutableRawPointer? {
    let block = malloc(48)
    return ground_allocations_seen(block)
}

/// Destructors of thread-local values allocate when the thread has given back all that it had.
func endingThreads(count: Int) {
    var key = pthread_key_t()
    let error = pthread_key_create(&key) { value in
        let rounds = UInt(bitPattern: value)
        for _ in 0..<100 { free(ground_allocations_seen(malloc(100))) }
        // Once more, in the next round of destructors, as long as the C library goes on.
        pthread_setspecific(EndingThreads.key, UnsafeRawPointer(bitPattern: rounds + 1))
        EndingThreads.destructors.add()
    }
    precondition(error == 0)
    EndingThreads.key = key
    for _ in 0..<count {
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { _ in
                pthread_setspecific(EndingThreads.key, UnsafeRawPointer(bitPattern: 1))
                for _ in 0..<100 { free(ground_allocations_seen(malloc(100))) }
                return nil
            }, nil)
        precondition(error == 0)
        pthread_join(thread, nil)
    }
    let rounds = EndingThreads.destructors.load() + count
    say("process \(rounds * 100) | \(rounds * 100 * 100)")
    exit(0)
}

private enum EndingThreads {
    // Safe: written before the first thread is made.
    nonisolated(unsafe) static var key = pthread_key_t()
    static let destructors = Counter()
}
