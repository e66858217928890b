// How much a recording holds: the last chunk states it, and a reader counts it.

public struct RecordingTotals: Sendable, Hashable {
    public var polls: UInt64 = 0
    /// Polls that were overwritten in the process before they could be read.
    public var lost: UInt64 = 0
    /// Chunks of polls.
    public var chunks: UInt64 = 0
    public var calls: UInt64 = 0
    public var longPolls: UInt64 = 0
    public var samples: UInt64 = 0
    /// Calls and long polls that were overwritten in the process before they could be read.
    public var evidenceLost: UInt64 = 0
    public var samplesLost: UInt64 = 0
    public var allocationSamples: UInt64 = 0
    public var allocationFrees: UInt64 = 0
    public var allocationTimings: UInt64 = 0
    /// Records of these that were overwritten in the process before they could be read, or were damaged.
    public var allocationsLost: UInt64 = 0
    /// Events of requests and pools, and those that were overwritten in the process before they could be read, or were
    /// damaged.
    public var events: UInt64 = 0
    public var eventsLost: UInt64 = 0

    /// Calls, long polls and samples.
    // Wrapping: an end mark can say anything.
    var evidence: UInt64 { calls &+ longPolls &+ samples }

    /// Records of single allocations.
    // Wrapping: as above.
    var allocations: UInt64 { allocationSamples &+ allocationFrees &+ allocationTimings }

    public init() {}

    func append(to out: inout ByteBuffer) {
        out.append(varint: polls)
        out.append(varint: lost)
        out.append(varint: chunks)
        for count in [calls, longPolls, samples, evidenceLost, samplesLost] { out.append(varint: count) }
        for count in [allocationSamples, allocationFrees, allocationTimings, allocationsLost] {
            out.append(varint: count)
        }
        for count in [events, eventsLost] { out.append(varint: count) }
    }

    init(_ reader: inout PayloadReader) throws(MalformedPayload) {
        polls = try reader.varint()
        lost = try reader.varint()
        chunks = try reader.varint()
        if reader.isAtEnd { return }  // of a recording made before there was evidence
        calls = try reader.varint()
        longPolls = try reader.varint()
        samples = try reader.varint()
        evidenceLost = try reader.varint()
        samplesLost = try reader.varint()
        if reader.isAtEnd { return }  // of a recording made before there were records of allocations
        allocationSamples = try reader.varint()
        allocationFrees = try reader.varint()
        allocationTimings = try reader.varint()
        allocationsLost = try reader.varint()
        if reader.isAtEnd { return }  // of a recording made before there were events
        events = try reader.varint()
        eventsLost = try reader.varint()
    }
}
