// Where a chunk of polls is, and what it holds: known without decoding it.

import Sessions

/// A chunk of polls: what is decoded at once, and by any thread.
public struct PollChunk: Sendable, Hashable {
    /// Where it begins in the file, bytes.
    public var offset: UInt64
    /// Its length in the file, bytes.
    public var byteCount: Int
    public var polls: Int
    /// Polls that were overwritten before they could be read.
    public var lost: UInt64
    /// Earliest start of its polls. A chunk can be without polls (only losses, or only what was running):
    /// then `minStart` is the largest value and `maxEnd` the smallest, so that neither moves a minimum or
    /// maximum.
    public var minStart: Ticks
    /// Latest end of its polls.
    public var maxEnd: Ticks

    let header: ChunkHeader
}
