// What of a poll hardly varies at one await point: one dictionary for all of it.

import CPollscopeLayout

/// Kind, executor, priority, flags and stack of a poll as one number: few hundred differ in a service, where
/// the five apart would take a column each.
struct PollShape {
    /// kind | executor << 8 | priority << 16 | flags << 24 | stack << 32
    var rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    @inline(__always)
    init(_ poll: pollscope_poll_record) {
        let low =
            UInt32(poll.kind) | UInt32(poll.executor) << 8 | UInt32(poll.priority) << 16
            | UInt32(poll.flags) << 24
        rawValue = UInt64(low) | UInt64(poll.stack) << 32
    }

    var kind: UInt8 { UInt8(truncatingIfNeeded: rawValue) }
    var executor: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 8) }
    var priority: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 16) }
    var flags: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 24) }
    var stack: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

    @inline(__always) var isHold: Bool { UInt32(kind) == POLLSCOPE_RECORD_HOLD.rawValue }

    /// Its parts, for the dictionary's columns in the file: each is packed by itself.
    static let partCount = 5

    func part(_ index: Int) -> UInt64 {
        switch index {
        case 0: UInt64(stack)
        case 1: UInt64(kind)
        case 2: UInt64(executor)
        case 3: UInt64(priority)
        default: UInt64(flags)
        }
    }

    /// nil when a part does not fit its field.
    init?(part: (Int) -> UInt64) {
        let stack = part(0)
        guard stack <= UInt32.max, (1..<Self.partCount).allSatisfy({ part($0) <= UInt8.max }) else {
            return nil
        }
        rawValue = part(1) | part(2) << 8 | part(3) << 16 | part(4) << 24 | stack << 32
    }
}
