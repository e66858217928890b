// What is missing of a recording, and why.

/// A recording is whole when it ends with its end mark and all of it can be read. Of any other, this says
/// what is missing; what a reader gives is good all the same.
public struct RecordingDamage: Sendable, Hashable, CustomStringConvertible {
    /// The recording ends here, without an end mark: its writer was killed, or the file was cut.
    public var cutAtByte: UInt64?
    /// From here on nothing can be made of the bytes.
    public var unreadableFromByte: UInt64?
    /// Chunks that were passed over since their contents are damaged.
    public var damagedChunks = 0
    /// Bytes that could not be used, those of damaged chunks and those at the end.
    public var missingBytes: UInt64 = 0
    /// Polls known to be among them; there may be more.
    public var missingPolls: UInt64 = 0
    /// Calls, long polls and samples known to be among them; there may be more.
    public var missingEvidence: UInt64 = 0
    /// Records of single allocations known to be among them; there may be more.
    public var missingAllocations: UInt64 = 0
    /// Events of requests and pools known to be among them; there may be more.
    public var missingEvents: UInt64 = 0

    public init() {}

    /// Counts a chunk that could not be decoded.
    public mutating func add(unreadable chunk: PollChunk) {
        damagedChunks += 1
        missingBytes &+= UInt64(chunk.byteCount)
        missingPolls &+= UInt64(chunk.polls)
    }

    /// Counts a chunk that could not be decoded.
    public mutating func add(unreadable chunk: EvidenceChunk) {
        damagedChunks += 1
        missingBytes &+= UInt64(chunk.byteCount)
        missingEvidence &+= UInt64(chunk.records)
    }

    /// Counts a chunk that could not be decoded.
    public mutating func add(unreadable chunk: AllocationChunk) {
        damagedChunks += 1
        missingBytes &+= UInt64(chunk.byteCount)
        missingAllocations &+= UInt64(chunk.records)
    }

    /// Counts a chunk that could not be decoded.
    public mutating func add(unreadable chunk: EventChunk) {
        damagedChunks += 1
        missingBytes &+= UInt64(chunk.byteCount)
        missingEvents &+= UInt64(chunk.count)
    }

    var isNone: Bool { self == RecordingDamage() }

    /// One or two sentences for the head of a report.
    public var description: String {
        var sentences: [String] = []
        if let cutAtByte {
            sentences.append(
                "The recording has no end mark: it was cut at byte \(cutAtByte), or is still being written.")
        }
        if let unreadableFromByte {
            sentences.append("The recording cannot be read from byte \(unreadableFromByte) on.")
        }
        if damagedChunks > 0 {
            let parts = damagedChunks == 1 ? "1 damaged part was" : "\(damagedChunks) damaged parts were"
            sentences.append("\(parts) passed over.")
        }
        if [missingBytes, missingPolls, missingEvidence, missingAllocations, missingEvents].contains(where: { $0 > 0 })
        {
            let missing = [
                "\(missingBytes) bytes", Self.atLeast(missingPolls, "poll", "polls"),
                Self.atLeast(missingEvidence, "record of a long poll or a call", "records of long polls and calls"),
                Self.atLeast(missingAllocations, "record of an allocation", "records of allocations"),
                Self.atLeast(missingEvents, "event of a request or a pool", "events of requests and pools"),
            ]
            sentences.append("Missing: \(missing.compactMap { $0 }.joined(separator: ", ")).")
        }
        return sentences.joined(separator: " ")
    }

    private static func atLeast(_ count: UInt64, _ one: String, _ many: String) -> String? {
        count == 0 ? nil : "\(count) \(count == 1 ? one : many) or more"
    }
}
