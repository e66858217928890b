// How one pool of a status is written.

import Sessions

/// In the file's order.
private var figures: [WritableKeyPath<PoolStatus, UInt64>] {
    [
        \.asked, \.acquired, \.failed, \.released, \.timedOut, \.releasedTwice, \.dropped, \.inUse, \.waiting,
        \.inUsePeak,
        \.waitingPeak, \.connectionsOpened, \.connectionsClosed, \.askedAfterClose,
    ]
}

extension ByteBuffer {
    /// What a pool takes at least: number, length of its name, whether it is open, capacity, time, and its figures.
    static let poolBytesMin = 5 + figures.count

    mutating func append(_ pool: PoolStatus) {
        append(varint: pool.number)
        append(text: pool.name)
        append(pool.isOpen ? 1 : 0)
        append(varint: pool.capacity)
        append(varint: pool.opened.rawValue)
        for figure in figures { append(varint: pool[keyPath: figure]) }
    }
}

extension PayloadReader {
    mutating func pool() throws(MalformedPayload) -> PoolStatus {
        var pool = PoolStatus(
            number: try varint(as: UInt32.self), name: try text(), isOpen: try byte() != 0,
            capacity: try varint(as: UInt32.self), opened: Ticks(try varint()))
        for figure in figures { pool[keyPath: figure] = try varint() }
        return pool
    }
}
