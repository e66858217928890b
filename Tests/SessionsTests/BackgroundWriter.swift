// A thread that writes a test's session while others read it.

import Glibc
import Synchronization

/// Calls `write` so many times, one after the other, on a thread of its own.
final class BackgroundWriter: Sendable {
    // Safe: only the writing thread touches it between start and isDone.
    private nonisolated(unsafe) let session: SyntheticSession
    private let rounds: Int
    private let write: @Sendable (SyntheticSession, _ round: Int) -> Void
    private let done = Atomic<Bool>(false)

    init(
        session: SyntheticSession, rounds: Int,
        write: @escaping @Sendable (SyntheticSession, _ round: Int) -> Void
    ) {
        self.session = session
        self.rounds = rounds
        self.write = write
    }

    var isDone: Bool { done.load(ordering: .acquiring) }

    func start() {
        var thread = pthread_t()
        let writer = Unmanaged.passRetained(self)
        let error = pthread_create(
            &thread, nil,
            { context in
                // Safe: the retain of the line above the call is taken back exactly once, here.
                let writer = Unmanaged<BackgroundWriter>.fromOpaque(context!).takeRetainedValue()
                for round in 0..<writer.rounds { writer.write(writer.session, round) }
                writer.done.store(true, ordering: .releasing)
                return nil
            }, writer.toOpaque())
        precondition(error == 0)
        pthread_detach(thread)
    }
}
