// How full the rings of a session are with what was not read yet: what says how soon to look again.

/// Follows the heads of all rings between looks.
public struct RingFill: Sendable {
    private let ringRecords: Int
    private var taken: [UInt64]
    private var glanced: [UInt64]

    /// - Parameters:
    ///   - ringRecords: how many a ring has room for.
    ///   - heads: what had been written when the following began.
    public init(ringRecords: Int, heads: [UInt64] = []) {
        self.ringRecords = ringRecords
        (taken, glanced) = (heads, heads)
    }

    /// Of the fullest ring, the part that records take which were written since the last time they were taken, and since
    /// the glance before.
    public func parts(_ heads: [UInt64]) -> (taken: Double, glanced: Double) {
        (most(heads, taken), most(heads, glanced))
    }

    private func most(_ heads: [UInt64], _ before: [UInt64]) -> Double {
        var new: UInt64 = 0
        for (index, head) in heads.enumerated() {
            let known = index < before.count ? before[index] : 0
            if head > known { new = max(new, head - known) }
        }
        return Double(new) / Double(max(1, ringRecords))
    }

    public mutating func take(_ heads: [UInt64]) { taken = heads }
    public mutating func glance(_ heads: [UInt64]) { glanced = heads }
}
