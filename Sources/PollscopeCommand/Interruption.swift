// Ctrl-C and kill: noted, so that what was begun can be completed.

import Glibc
import Synchronization

enum Interruption {
    private static let count = Atomic<Int>(0)

    private static let numbers = [SIGINT, SIGTERM, SIGHUP]

    /// From now on SIGINT, SIGTERM and SIGHUP are noted instead of ending the process. A third one ends it.
    static func note() { note(numbers) }

    /// The same before a command is started, which inherits what is ignored (under nohup, for example): that stays so
    /// until `note`.
    static func noteWhatIsNotIgnored() {
        note(
            numbers.filter { number in
                var present = sigaction()
                // Safe: every disposition is a function's address, and the one of SIG_IGN is 1.
                return sigaction(number, nil, &present) != 0
                    || unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self) != 1
            })
    }

    private static func note(_ numbers: [Int32]) {
        let handler: @convention(c) (Int32) -> Void = { _ in
            if Interruption.count.add(1, ordering: .relaxed).newValue >= 3 { _exit(130) }
        }
        // The command runs on a thread of Dispatch's, and those block all signals.
        var noted = sigset_t()
        sigemptyset(&noted)
        for number in numbers {
            signal(number, handler)
            sigaddset(&noted, number)
        }
        pthread_sigmask(SIG_UNBLOCK, &noted, nil)
    }

    static var happened: Bool { count.load(ordering: .relaxed) > 0 }
}
