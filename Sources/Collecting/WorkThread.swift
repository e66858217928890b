// A thread with a queue of work: what takes long is done there, in its order.

import Glibc
import Synchronization

/// Runs closures one after another on a thread of its own.
final class WorkThread: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        var isEnding = false
        var isOver = false
    }

    private let state = Mutex(State())
    private let bell: Bell

    /// - Parameters:
    ///   - name: as the kernel shows it, 15 bytes at most.
    ///   - niceness: added to that of the process: 0 to 19.
    init(name: String, niceness: Int32 = 0) {
        bell = Bell()
        Self.detach { [self] in
            Self.name(name)
            // On Linux, 0 is the calling thread.
            if niceness != 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
            run()
        }
    }

    /// Work that has not begun.
    var pending: Int { state.withLock { $0.work.count } }

    func run(_ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.work.append(work) }
        bell.ring()
    }

    /// Ends when all that was given has been done, and returns then.
    func end() {
        state.withLock { $0.isEnding = true }
        bell.ring()
        while !state.withLock({ $0.isOver }) { usleep(1_000) }
    }

    private func run() {
        while true {
            if doNext() { continue }
            // What the work held is free only now.
            ProcessMemory.giveBack()
            if state.withLock({ $0.isEnding && $0.work.isEmpty }) { break }
            bell.wait(seconds: 60)
        }
        state.withLock { $0.isOver = true }
    }

    /// Whether there was something to do.
    private func doNext() -> Bool {
        guard let work = state.withLock({ $0.work.isEmpty ? nil : $0.work.removeFirst() }) else { return false }
        work()
        return true
    }

    /// What the kernel shows as the name of the thread that calls.
    static func name(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, name, name.utf8.count)
        close(descriptor)
    }

    /// Begins a thread that nobody waits for.
    static func detach(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        // Safe: the thread takes the box over, which was retained for it.
        let result = pthread_create(
            &thread, &attributes,
            { box in
                Unmanaged<Box>.fromOpaque(box!).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(Box(body)).toOpaque())
        pthread_attr_destroy(&attributes)
        precondition(result == 0, "no thread could be made: the collector cannot work")
    }
}

/// What a thread sleeps on until there is something to do.
final class Bell: Sendable {
    private let reading: Int32
    private let writing: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        // Safe: the array has room for the two.
        precondition(pipe(&ends) == 0, "no pipe could be made: the collector cannot work")
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        close(reading)
        close(writing)
    }

    func ring() {
        var byte: UInt8 = 1
        // One that is full rings already.
        _ = write(writing, &byte, 1)
    }

    /// Until it rings, or has rung since the last time, or the time is up.
    func wait(seconds: Double) {
        var waiting = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        poll(&waiting, 1, Int32(max(0, min(seconds, 3_600)) * 1_000 + 0.5))
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(reading, &bytes, bytes.count) > 0 {}
    }
}
