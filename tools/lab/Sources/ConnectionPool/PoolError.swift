// Why a pool lent nothing.

package enum PoolError: Error, Equatable, CustomStringConvertible {
    /// All connections were in use for as long as the pool has patience.
    case timedOut
    case closed

    package var description: String {
        switch self {
        case .timedOut: "no connection came free in time: the pool is too small, or what it lends is kept too long"
        case .closed: "the pool is closed"
        }
    }
}
