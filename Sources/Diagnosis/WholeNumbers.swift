// Numbers to count with, from figures that a file may have made up.

extension UInt64 {
    /// The whole number nearest to `value`, as far as it is one: 0 for what is negative or no number, and no more than
    /// 10^18.
    init(nearest value: Double) {
        self = value > 0 ? UInt64(Swift.min(value, 1e18).rounded()) : 0
    }
}
