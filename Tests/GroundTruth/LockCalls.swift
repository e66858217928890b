// Calls that wait for another thread to let go of something, to say something, or to end.

import Dispatch
import Glibc
import GroundTruthC
import Synchronization

let lockCalls: [KnownCall] = [
    KnownCall("pthread_mutex_lock", in: "locksMutex(_:)", line: mutexLine, on: "lock") {
        let lock = Shared(pthread_mutex_t()) { pthread_mutex_init($0, nil) }
        return heldByAnother({ pthread_mutex_lock(lock.pointer) }, { pthread_mutex_unlock(lock.pointer) }) {
            locksMutex(lock)
        }
    },
    KnownCall("pthread_rwlock_rdlock", in: "locksForReading(_:)", line: readLockLine, on: "lock") {
        let lock = Shared(pthread_rwlock_t()) { pthread_rwlock_init($0, nil) }
        return heldByAnother({ pthread_rwlock_wrlock(lock.pointer) }, { pthread_rwlock_unlock(lock.pointer) }) {
            locksForReading(lock)
        }
    },
    KnownCall("pthread_rwlock_wrlock", in: "locksForWriting(_:)", line: writeLockLine, on: "lock") {
        let lock = Shared(pthread_rwlock_t()) { pthread_rwlock_init($0, nil) }
        return heldByAnother({ pthread_rwlock_rdlock(lock.pointer) }, { pthread_rwlock_unlock(lock.pointer) }) {
            locksForWriting(lock)
        }
    },
    KnownCall("pthread_cond_wait", in: "waitsForCondition(_:_:)", line: conditionLine, on: "lock") {
        let lock = Shared(pthread_mutex_t()) { pthread_mutex_init($0, nil) }
        let condition = Shared(pthread_cond_t()) { pthread_cond_init($0, nil) }
        require(pthread_mutex_lock(lock.pointer) == 0)
        return Late.wait(for: { pthread_cond_signal(condition.pointer) }) { waitsForCondition(condition, lock) }
    },
    KnownCall("pthread_cond_timedwait", in: "waitsForConditionAWhile(_:_:)", line: timedLine, on: "lock") {
        let lock = Shared(pthread_mutex_t()) { pthread_mutex_init($0, nil) }
        let condition = Shared(pthread_cond_t()) { pthread_cond_init($0, nil) }
        require(pthread_mutex_lock(lock.pointer) == 0)
        return Late.wait(for: { pthread_cond_signal(condition.pointer) }) { waitsForConditionAWhile(condition, lock) }
    },
    KnownCall("sem_wait", in: "waitsForSemaphore(_:)", line: semaphoreLine, on: "lock") {
        let semaphore = Shared(sem_t()) { sem_init($0, 0, 0) }
        return Late.wait(for: { sem_post(semaphore.pointer) }) { waitsForSemaphore(semaphore) }
    },
    KnownCall("pthread_join", in: "joins(_:)", line: joinLine, on: "thread") {
        let pipe = Ends.pipe()
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { context in
                var byte: UInt8 = 0
                // Safe: the bits of a descriptor, which the caller put there.
                require(read(Int32(Int(bitPattern: context)), &byte, 1) == 1)
                return nil
            }, UnsafeMutableRawPointer(bitPattern: Int(pipe.reading)))
        require(error == 0)
        return Late.wait(for: { pipe.writeByte() }) { joins(thread) }
    },
    KnownCall("flock", in: "locksFile(_:)", line: flockLine, on: "file", "ground-truth-lock") {
        withLockFiles { mine, theirs in
            require(flock(theirs, LOCK_EX) == 0)
            return Late.wait(for: { flock(theirs, LOCK_UN) }) { locksFile(mine) }
        }
    },
    KnownCall("fcntl", in: "ground_library_lock_file", line: 0, on: "file", "ground-truth-lock") {
        withLockFiles { mine, theirs in
            require(ground_library_lock_file(theirs) == 0)
            return Late.wait(for: { _ = ground_library_unlock_file(theirs) }) { locksRange(mine) }
        }
    },
    KnownCall("futex", in: "locksSwiftMutex(_:)", line: swiftMutexLine, on: "lock") {
        let mutex = SwiftMutex()
        let held = Counter()
        let free = Counter()
        OutsideThread.run {
            mutex.value.withLock { _ in
                held.add()
                while free.load() == 0 { usleep(50) }
            }
        }
        while held.load() == 0 {}
        return Late.wait(for: { free.add() }) { locksSwiftMutex(mutex) }
    },
    KnownCall("sem_wait", in: "waitsForDispatch(_:)", line: dispatchSemaphoreLine, on: "lock") {
        let semaphore = DispatchSemaphore(value: 0)
        return Late.wait(for: { semaphore.signal() }) { waitsForDispatch(semaphore) }
    },
    KnownCall("futex", in: "waitsForGroup(_:)", line: groupLine, on: "lock") {
        let group = DispatchGroup()
        group.enter()
        return Late.wait(for: { group.leave() }) { waitsForGroup(group) }
    },
    KnownCall("futex", in: "runsBehindSlowBlock(_:)", line: syncLine, on: "lock") {
        let queue = DispatchQueue(label: "slow")
        let begun = Counter()
        let free = Counter()
        queue.async {
            begun.add()
            while free.load() == 0 { usleep(50) }
        }
        while begun.load() == 0 {}
        return Late.wait(for: { free.add() }) { runsBehindSlowBlock(queue) }
    },
]

// Each of these differs from the others by more than what it calls: an optimiser makes one function of two that are
// alike, and then both have one name.

private let mutexLine = #line + 2
@inline(never) func locksMutex(_ lock: Shared<pthread_mutex_t>) {
    require(pthread_mutex_lock(lock.pointer) == 0)
    pthread_mutex_unlock(lock.pointer)
}

private let readLockLine = #line + 2
@inline(never) func locksForReading(_ lock: Shared<pthread_rwlock_t>) {
    require(pthread_rwlock_rdlock(lock.pointer) == 0)
    require(pthread_rwlock_tryrdlock(lock.pointer) == 0 && pthread_rwlock_unlock(lock.pointer) == 0)
    pthread_rwlock_unlock(lock.pointer)
}

private let writeLockLine = #line + 2
@inline(never) func locksForWriting(_ lock: Shared<pthread_rwlock_t>) {
    require(pthread_rwlock_wrlock(lock.pointer) == 0)
    require(pthread_rwlock_trywrlock(lock.pointer) == EBUSY)
    pthread_rwlock_unlock(lock.pointer)
}

private let conditionLine = #line + 2
@inline(never) func waitsForCondition(_ condition: Shared<pthread_cond_t>, _ lock: Shared<pthread_mutex_t>) {
    require(pthread_cond_wait(condition.pointer, lock.pointer) == 0)
    pthread_mutex_unlock(lock.pointer)
}

private let timedLine = #line + 4
@inline(never) func waitsForConditionAWhile(_ condition: Shared<pthread_cond_t>, _ lock: Shared<pthread_mutex_t>) {
    // The end of time, as far as this machine's clock goes: somebody signals before.
    var end = timespec(tv_sec: Int.max, tv_nsec: 0)
    require(pthread_cond_timedwait(condition.pointer, lock.pointer, &end) == 0)
    pthread_mutex_unlock(lock.pointer)
}

private let semaphoreLine = #line + 2
@inline(never) func waitsForSemaphore(_ semaphore: Shared<sem_t>) {
    require(sem_wait(semaphore.pointer) == 0)
}

private let joinLine = #line + 2
@inline(never) func joins(_ thread: pthread_t) {
    require(pthread_join(thread, nil) == 0)
}

private let flockLine = #line + 2
@inline(never) func locksFile(_ file: Int32) {
    require(flock(file, LOCK_EX) == 0)
}

@inline(never) func locksRange(_ file: Int32) {
    require(ground_library_lock_file(file) == 0)
}

private let swiftMutexLine = #line + 2
@inline(never) func locksSwiftMutex(_ mutex: SwiftMutex) {
    let value = mutex.value.withLock { $0 }
    require(value == 0)
}

private let dispatchSemaphoreLine = #line + 2
@inline(never) func waitsForDispatch(_ semaphore: DispatchSemaphore) {
    semaphore.wait()
    require(currentThread() != 0)
}

private let groupLine = #line + 2
@inline(never) func waitsForGroup(_ group: DispatchGroup) {
    group.wait()
    require(group.wait(timeout: .now()) == .success)
}

private let syncLine = #line + 2
@inline(never) func runsBehindSlowBlock(_ queue: DispatchQueue) {
    queue.sync {}
    require(currentThread() != 0)
}

final class SwiftMutex: Sendable {
    let value = Mutex(0)
}

/// A C library's object at an address that stays.
final class Shared<Object>: @unchecked Sendable {
    // Safe: the object is made to be used by many threads.
    let pointer: UnsafeMutablePointer<Object>

    init(_ empty: Object, _ prepare: (UnsafeMutablePointer<Object>) -> Int32) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: empty)
        require(prepare(pointer) == 0)
    }

    deinit { pointer.deallocate() }
}

/// Makes a call while another thread holds what it wants; what it took at least.
private func heldByAnother(
    _ hold: @escaping @Sendable () -> Int32, _ release: @escaping @Sendable () -> Int32, _ call: () -> Void
) -> UInt64 {
    let held = Counter()
    let free = Counter()
    OutsideThread.run {
        require(hold() == 0)
        held.add()
        while free.load() == 0 { usleep(50) }
        require(release() == 0)
    }
    while held.load() == 0 {}
    return Late.wait(for: { free.add() }, in: call)
}

/// The same file, opened twice.
private func withLockFiles(_ body: (Int32, Int32) -> UInt64) -> UInt64? {
    let path = "/tmp/ground-truth-lock-\(getpid())"
    let files = (0..<2).map { _ in ground_library_open_for_writing(path) }
    defer {
        for file in files { close(file) }
        unlink(path)
    }
    guard files.allSatisfy({ $0 >= 0 }) else { return nil }
    return body(files[0], files[1])
}
