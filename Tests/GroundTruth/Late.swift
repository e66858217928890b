// Something that happens some time after a thread has fallen asleep over it: a call of known length.

import Glibc

/// An act of another thread, which a call of this one waits for.
final class Late: Sendable {
    private let begun = Moment()
    private let ended = Moment()
    private let isExpected = Counter()

    /// What those that wait for it wait at least, in milliseconds.
    static let milliseconds = 4

    /// To be made right before the call: its thread must not sleep for anything else.
    init(by milliseconds: Int = Late.milliseconds, _ act: @escaping @Sendable () -> Void) {
        let caller = currentThread()
        OutsideThread.run { [self] in
            while isExpected.load() == 0 { usleep(20) }
            Suspended.waitUntilSleeping(caller)
            begun.note()
            usleep(UInt32(milliseconds) * 1000)
            ended.note()
            act()
        }
        isExpected.add()
    }

    /// Nanoseconds that the call has taken at least: the caller slept in it all the time. Once it has returned.
    var nanoseconds: UInt64 { ended.value - begun.value }

    /// Makes a call that waits for `act`; what it took at least.
    static func wait(for act: @escaping @Sendable () -> Void, in call: () -> Void) -> UInt64 {
        let late = Late(act)
        call()
        return late.nanoseconds
    }
}
