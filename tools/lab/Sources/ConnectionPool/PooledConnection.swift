// What a pool can lend.

package protocol PooledConnection: Sendable {
    /// Tells the connections of a pool apart.
    var number: UInt64 { get }

    /// False: it is closed when it comes back, not lent again.
    var isUsable: Bool { get }
}
