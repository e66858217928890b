// A program whose calls are the measure: it makes many fast calls, in a task's poll or outside all polls, and prints
// what they took.
//
//   CallService KIND PLACE COUNT        prints the number of calls and their CPU nanoseconds
//   CallService deep DEPTH SECONDS      computes so many frames deep, in one poll, to be sampled
//
// KIND: lock (pthread_mutex_lock and unlock), read (a byte of /dev/zero), allocate (malloc and free of 32 bytes), libc
// (the same by the C library's own names, which nobody replaces). PLACE: poll, thread.

import Glibc
import Pollscope

func cpuNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

@_silgen_name("__libc_malloc") func libcMalloc(_ bytes: Int) -> UnsafeMutableRawPointer?
@_silgen_name("__libc_free") func libcFree(_ block: UnsafeMutableRawPointer?)

/// Keeps the compiler from leaving out what it allocates.
nonisolated(unsafe) var block: UnsafeMutableRawPointer?

func spend(kind: String, count: Int) -> UInt64 {
    if kind == "lock" {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        let before = cpuNanoseconds()
        for _ in 0..<count {
            pthread_mutex_lock(mutex)
            pthread_mutex_unlock(mutex)
        }
        return cpuNanoseconds() - before
    }
    if kind == "allocate" || kind == "libc" {
        let before = cpuNanoseconds()
        if kind == "allocate" {
            for _ in 0..<count {
                block = malloc(32)
                free(block)
            }
        } else {
            for _ in 0..<count {
                block = libcMalloc(32)
                libcFree(block)
            }
        }
        return cpuNanoseconds() - before
    }
    let file = open("/dev/zero", O_RDONLY)
    var byte: UInt8 = 0
    let before = cpuNanoseconds()
    for _ in 0..<count { _ = read(file, &byte, 1) }
    return cpuNanoseconds() - before
}

@inline(never) func compute(depth: Int, nanoseconds: UInt64) -> UInt64 {
    if depth > 1 {
        let below = compute(depth: depth - 1, nanoseconds: nanoseconds)
        return below ^ cpuNanoseconds()  // something to do after the call, or the compiler makes a loop of it
    }
    let end = cpuNanoseconds() + nanoseconds
    var value: UInt64 = 1
    while cpuNanoseconds() < end {
        for _ in 0..<10_000 { value = value &* 6_364_136_223_846_793_005 &+ 1 }
    }
    return value
}

let words = CommandLine.arguments
guard words.count == 4, let count = Int(words[3]) else {
    print("usage: CallService lock|read|allocate|libc poll|thread COUNT, or CallService deep DEPTH SECONDS")
    exit(64)
}
do { try Pollscope.start() } catch { print(error) }
if words[1] == "deep" {
    let depth = Int(words[2]) ?? 40
    let sum = await Task { compute(depth: depth, nanoseconds: UInt64(count) * 1_000_000_000) }.value
    print("computed", sum)
} else if words[2] == "poll" {
    let kind = words[1]
    let spent = await Task {
        _ = spend(kind: kind, count: count / 10)  // caches are warm
        return spend(kind: kind, count: count)
    }.value
    print(count, spent)
} else {
    // The main task has begun before it is observed, and is in no poll.
    _ = spend(kind: words[1], count: count / 10)
    print(count, spend(kind: words[1], count: count))
}
exit(0)
