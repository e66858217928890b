// Where a chunk of events is, and what it says of itself before its records.

import CPollscopeLayout
import Sessions

/// A chunk of events of requests and pools: what is decoded at once.
public struct EventChunk: Sendable, Hashable {
    /// Where it begins in the file, bytes. All events of a poll up to its end lie before the chunk of the poll.
    public var offset: UInt64
    /// Its length in the file, bytes.
    public var byteCount: Int
    public var count: Int
    /// Every event that happened before it is in this chunk or an earlier one, and every poll that ended before it is in
    /// a chunk that comes before the next chunk of events; but for what was lost.
    ///
    /// Why that is so, also of a chunk that was written in the middle of a look: the writer gathers all events of a look
    /// first, then its polls, and hears when both are done how far they are complete. Whatever makes it write, it writes
    /// the events that it has, with what it heard last, and right after them the polls that it has. What it heard last is
    /// of a look that was done: all of its records had been gathered by then, so they are in the two chunks or before
    /// them. Of the look that is being gathered some records may be there already, some come later; none of these is
    /// counted on.
    ///
    /// A look is complete up to a little before it began: a record says a moment, and can be seen a moment later (the
    /// recorder allows it a tenth of a second). A thread that is stopped for longer in between makes a late record;
    /// its poll is shown as running meanwhile.
    public var until: Ticks

    let header: ChunkHeader
}

/// A chunk of events, decoded.
public struct EventBatch: Sendable {
    /// In the order they were written: of each ring in that of their numbers. `reserved` is zero.
    public var records: [pollscope_event_record] = []
    /// How the records were numbered, by ring.
    public var runs: [EvidenceRun] = []
    /// Records that were overwritten before they could be read, or were damaged.
    public var lost: UInt64 = 0
    /// See `EventChunk.until`.
    public var until = Ticks(0)

    public init() {}
}

/// The front of a chunk of events: how many there are, how they were numbered, what was lost, and what is complete.
struct EventChunkFront {
    var count = 0
    var until = Ticks(0)
    var lost: UInt64 = 0
    var runs: [EvidenceRun] = []
}

extension EventChunkFront {
    func append(to out: inout ByteBuffer) {
        out.append(varint: UInt64(count))
        out.append(varint: until.rawValue)
        out.append(varint: lost)
        out.append(runs)
    }

    init(_ reader: inout PayloadReader) throws(MalformedPayload) {
        count = try reader.varint(as: Int.self)
        guard count <= RecordingLimits.chunkEvents else { throw MalformedPayload() }
        until = Ticks(try reader.varint())
        lost = try reader.varint()
        runs = try reader.runs()
    }
}
