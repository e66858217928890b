// How much a recording holds: the last chunk states it, and a reader counts it.

public struct RecordingTotals: Sendable, Hashable {
    public var polls: UInt64 = 0
    /// Polls that were overwritten in the process before they could be read.
    public var lost: UInt64 = 0
    /// Chunks of polls.
    public var chunks: UInt64 = 0

    public init() {}

    func append(to out: inout ByteBuffer) {
        out.append(varint: polls)
        out.append(varint: lost)
        out.append(varint: chunks)
    }

    init(_ reader: inout PayloadReader) throws(MalformedPayload) {
        polls = try reader.varint()
        lost = try reader.varint()
        chunks = try reader.varint()
    }
}
