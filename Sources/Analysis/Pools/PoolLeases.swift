// What a pool lent and was asked for, one by one: the ask, its answer and the release, joined from two records.
//
// Records of different threads come in any order within a look, and those of one look can be before what made them in
// the next. So a release may come before its lease, and waits here for it.

/// The asks of one pool that are kept for sweeps and replays. Times are ticks.
struct PoolLeases: Sendable {
    /// In `released`: the ask failed; the lease is still held.
    static let failed: UInt64 = 0
    static let held: UInt64 = .max

    /// Entry by entry. Of a lease that is older than the recording the ask is not known: its answer stands for it.
    private(set) var asked: [UInt64] = []
    private(set) var answered: [UInt64] = []
    private(set) var released: [UInt64] = []

    private struct Open {
        var acquired: UInt64
        /// Its entry; `nil`: it is not kept.
        var entry: Int?
    }
    /// Leases without a release, and releases without a lease, by the lease's number.
    private var open: [UInt64: Open] = [:]
    private var early: [UInt64: UInt64] = [:]

    /// More are not joined: so many leases at once, or releases of what was never lent, no honest service has.
    private static let openMax = 1 << 20
    private static let earlyMax = 1 << 16

    var count: Int { asked.count }
    /// Leases that nobody has given back, as far as is known.
    var openCount: Int { open.count }
    /// When they were acquired, oldest first.
    var openSince: [UInt64] { open.values.map(\.acquired).sorted() }

    mutating func addFailed(asked ask: UInt64, answered answer: UInt64, isKept: Bool) {
        if isKept { append(ask, answer, Self.failed) }
    }

    mutating func addAcquired(_ number: UInt64, asked ask: UInt64, answered answer: UInt64, isKept: Bool) {
        let entry = isKept ? count : nil
        let release = early.removeValue(forKey: number)
        if isKept { append(ask, answer, release.map(Self.possible) ?? Self.held) }
        // What has no number is not told of again.
        if release == nil, number != 0, open.count < Self.openMax {
            open[number] = Open(acquired: answer, entry: entry)
        }
    }

    /// `isOlder`: it was acquired before the recording, so that its record does not come.
    mutating func addReleased(_ number: UInt64, since: UInt64, at release: UInt64, isOlder: Bool, isKept: Bool) {
        if let lease = open.removeValue(forKey: number) {
            if let entry = lease.entry { released[entry] = Self.possible(release) }
        } else if isOlder {
            if isKept { append(since, since, Self.possible(release)) }
        } else if number != 0, early.count < Self.earlyMax {
            early[number] = release
        }
    }

    private mutating func append(_ ask: UInt64, _ answer: UInt64, _ release: UInt64) {
        asked.append(min(ask, answer))
        answered.append(answer)
        released.append(release)
    }

    /// A time that stands for itself.
    private static func possible(_ release: UInt64) -> UInt64 { min(max(release, failed + 1), held - 1) }
}
