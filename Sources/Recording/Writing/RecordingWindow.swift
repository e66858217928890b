// The last seconds of a recording that goes on for months: what a flight recorder keeps.
//
// The recording is cut into stretches, each of which begins with a look at the process. What describes things (modules,
// stacks, names) is kept from the beginning, as anything later may refer to it; of all else only the last stretches are
// kept. Head, descriptions, the stretches and an end mark are a recording like any other.

import Sessions

/// Keeps the end of a recording in memory.
///
/// Memory: the stretches take `byteLimit` and one stretch at most; descriptions are bounded by the tables of the session,
/// those of threads by `threadBytes`.
public final class RecordingWindow: ByteSink {
    private struct Stretch {
        var began: Ticks
        var before: RecordingTotals
        var bytes: [UInt8] = []
    }

    /// Threads come and go for as long as a service lives: the names of the last thousands are kept.
    private static let threadBytes = 1 << 18

    private let byteLimit: Int
    private let ticksKept: UInt64
    private var head: [UInt8] = []
    private var descriptions: [UInt8] = []
    private var threads: [[UInt8]] = []
    private var threadByteCount = 0
    private var stretches: [Stretch] = []
    private var stretchByteCount = 0

    /// - Parameters:
    ///   - byteLimit: what the stretches may take in memory.
    ///   - ticksKept: a stretch is dropped when those behind it are as long.
    public init(byteLimit: Int, ticksKept: UInt64) {
        self.byteLimit = byteLimit
        self.ticksKept = ticksKept
    }

    public var byteCount: Int { head.count + descriptions.count + threadByteCount + stretchByteCount }

    /// Since when all is kept; `nil`: nothing is.
    public var begin: Ticks? { stretches.first?.began }

    /// Takes chunks, a whole one at a time, as a writer gives them.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) {
        guard let header = ChunkHeader(bytes) else {
            head.append(contentsOf: bytes)
            return
        }
        switch header.kind {
        case .session: head.append(contentsOf: bytes)
        case .modules, .stacks, .types, .executors, .requestNames: descriptions.append(contentsOf: bytes)
        case .threads: keep(threads: Array(bytes))
        case .end: break  // it counts all that ever was; `write(to:totals:)` makes one of what is there
        default:
            if stretches.isEmpty { stretches.append(Stretch(began: Ticks(0), before: RecordingTotals())) }
            stretches[stretches.count - 1].bytes.append(contentsOf: bytes)
            stretchByteCount += bytes.count
        }
    }

    public func close() throws(RecordingError) {}

    private func keep(threads bytes: [UInt8]) {
        threads.append(bytes)
        threadByteCount += bytes.count
        var dropped = 0
        while threadByteCount > Self.threadBytes, dropped < threads.count - 1 {
            threadByteCount -= threads[dropped].count
            dropped += 1
        }
        threads.removeFirst(dropped)
    }

    /// What comes now belongs to another stretch; the oldest ones go when they are too old, or take too much.
    func beginStretch(at moment: Ticks, before totals: RecordingTotals) {
        let oldest = moment.rawValue &- min(moment.rawValue, ticksKept)
        var dropped = 0
        // The one that ends now stays, whatever it takes.
        while dropped < stretches.count - 1,
            stretches[dropped + 1].began.rawValue <= oldest || stretchByteCount > byteLimit
        {
            stretchByteCount -= stretches[dropped].bytes.count
            dropped += 1
        }
        stretches.removeFirst(dropped)
        // Without the room that it had to grow.
        if let last = stretches.indices.last {
            stretches[last].bytes = stretches[last].bytes.withUnsafeBytes(Array.init)
        }
        stretches.append(Stretch(began: moment, before: totals))
    }

    /// Writes what is kept, as a complete recording, and closes the sink.
    /// - Parameter totals: of the writer, now.
    func write(to sink: any ByteSink, totals: RecordingTotals) throws(RecordingError) {
        for bytes in [head, Self.chunk(.window) { _ in }, descriptions] + threads + stretches.map(\.bytes) {
            try Self.write(bytes, to: sink)
        }
        let kept = totals.since(stretches.first?.before ?? totals)
        try Self.write(Self.chunk(.end) { kept.append(to: &$0) }, to: sink)
        try sink.close()
    }

    private static func write(_ bytes: [UInt8], to sink: any ByteSink) throws(RecordingError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(RecordingError) in try sink.write(bytes) }
        }
        try result.get()
    }

    private static func chunk(_ kind: ChunkKind, _ fill: (inout ByteBuffer) -> Void) -> [UInt8] {
        var front = ByteBuffer()
        fill(&front)
        var chunk = ByteBuffer()
        ChunkHeader(
            kind: kind, frontBytes: UInt32(front.count), bodyBytes: 0, frontChecksum: CRC32C.checksum(front.bytes),
            bodyChecksum: CRC32C.checksum(UnsafeRawBufferPointer(start: nil, count: 0))
        ).append(to: &chunk)
        chunk.append(front.bytes)
        return Array(chunk.bytes)
    }
}

extension RecordingTotals {
    /// What has come since these were `earlier`.
    func since(_ earlier: RecordingTotals) -> RecordingTotals {
        var rest = self
        // Wrapping: losses are summed up so, of damaged sessions.
        rest.polls &-= earlier.polls
        rest.lost &-= earlier.lost
        rest.chunks &-= earlier.chunks
        rest.calls &-= earlier.calls
        rest.longPolls &-= earlier.longPolls
        rest.samples &-= earlier.samples
        rest.evidenceLost &-= earlier.evidenceLost
        rest.samplesLost &-= earlier.samplesLost
        rest.allocationSamples &-= earlier.allocationSamples
        rest.allocationFrees &-= earlier.allocationFrees
        rest.allocationTimings &-= earlier.allocationTimings
        rest.allocationsLost &-= earlier.allocationsLost
        rest.events &-= earlier.events
        rest.eventsLost &-= earlier.eventsLost
        return rest
    }
}
