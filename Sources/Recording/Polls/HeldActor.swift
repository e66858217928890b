// Which actor a hold is of: a dictionary for what of a hold is no poll's.

import CPollscopeLayout

/// Type and number of an actor as one number. A hold has them where a poll has its waker and its allocations: as these
/// they would cost more than all else of the hold, since actors that take turns have numbers far apart.
struct HeldActor {
    /// type | actor << 16
    var rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    @inline(__always)
    init(_ hold: pollscope_poll_record) { rawValue = UInt64(hold.waker) | UInt64(hold.allocations) << 16 }

    var type: UInt16 { UInt16(truncatingIfNeeded: rawValue) }
    var number: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 16) }

    static let partCount = 2

    func part(_ index: Int) -> UInt64 { index == 0 ? UInt64(type) : UInt64(number) }

    /// nil when a part does not fit its field.
    init?(part: (Int) -> UInt64) {
        guard part(0) <= UInt16.max, part(1) <= UInt32.max else { return nil }
        rawValue = part(0) | part(1) << 16
    }
}
