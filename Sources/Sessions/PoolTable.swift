// Reads the table of pools. Its process counts in it meanwhile: figures of one pool may be one apart.

import CPollscopeLayout

extension SessionFile {
    /// All pools that the service ever told of, as they are now, in the order of their numbers.
    public func pools() -> [PoolStatus] {
        let count = Int(min(header().pools_used, layout.pools.count))
        guard count > 0 else { return [] }
        let seen = values(pollscope_pool_entry(), count: count, at: layout.pools.offset)
        // The rest was stored before `state`: a copy made after that was seen has all of it.
        let whole = values(pollscope_pool_entry(), count: count, at: layout.pools.offset)
        return seen.indices.compactMap { seen[$0].state == 0 ? nil : PoolStatus(whole[$0], number: UInt32($0 + 1)) }
    }
}

extension PoolStatus {
    /// nil: no pool at all.
    fileprivate init?(_ entry: pollscope_pool_entry, number: UInt32) {
        let isOpen = entry.state == POLLSCOPE_POOL_OPEN.rawValue
        guard isOpen || entry.state == POLLSCOPE_POOL_CLOSED.rawValue else { return nil }
        // Safe: the tuple is plain bytes.
        let name = withUnsafeBytes(of: entry.name) { PrintableText.text($0.prefix { $0 != 0 }) }
        self.init(
            number: number, name: name, isOpen: isOpen, capacity: entry.capacity, opened: Ticks(entry.opened_ticks))
        asked = entry.asked
        acquired = entry.acquired
        failed = entry.failed
        released = entry.released
        timedOut = entry.timed_out
        releasedTwice = entry.released_twice
        dropped = entry.dropped
        inUse = UInt64(entry.in_use)
        waiting = UInt64(entry.waiting)
        inUsePeak = UInt64(entry.in_use_peak)
        waitingPeak = UInt64(entry.waiting_peak)
        connectionsOpened = entry.connections_opened
        connectionsClosed = entry.connections_closed
        askedAfterClose = entry.after_close
    }
}
