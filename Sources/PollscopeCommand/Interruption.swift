// Ctrl-C and kill: noted, so that what was begun can be completed.

import Glibc
import Synchronization

enum Interruption {
    private static let count = Atomic<Int>(0)

    /// From now on SIGINT, SIGTERM and SIGHUP are noted instead of ending the process. A third one ends it.
    static func note() {
        let handler: @convention(c) (Int32) -> Void = { _ in
            if Interruption.count.add(1, ordering: .relaxed).newValue >= 3 { _exit(130) }
        }
        // The command runs on a thread of Dispatch's, and those block all signals.
        var numbers = sigset_t()
        sigemptyset(&numbers)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, handler)
            sigaddset(&numbers, number)
        }
        pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
    }

    static var happened: Bool { count.load(ordering: .relaxed) > 0 }
}
