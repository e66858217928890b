// How a recording is divided: every chunk says what it is and how long, under checksums.

/// What a chunk holds: four letters, so that a dump of the file can be read.
struct ChunkKind: Hashable {
    var rawValue: UInt32

    private init(_ letters: StaticString) {
        precondition(letters.utf8CodeUnitCount == 4)
        // Safe: four bytes are there.
        rawValue = UInt32(littleEndian: UnsafeRawPointer(letters.utf8Start).loadUnaligned(as: UInt32.self))
    }

    init(rawValue: UInt32) { self.rawValue = rawValue }

    static let session = ChunkKind("SESS")
    static let modules = ChunkKind("MODS")
    static let stacks = ChunkKind("STKS")
    static let threads = ChunkKind("THRD")
    static let status = ChunkKind("STAT")
    static let polls = ChunkKind("POLL")
    static let evidence = ChunkKind("EVID")
    static let allocations = ChunkKind("ALOC")
    static let types = ChunkKind("TYPE")
    static let executors = ChunkKind("EXEC")
    static let events = ChunkKind("EVNT")
    static let requestNames = ChunkKind("NAME")
    static let stuckTasks = ChunkKind("TASK")
    static let load = ChunkKind("LOAD")
    static let census = ChunkKind("LIVE")
    /// Says that what came before was not kept: it has nothing in it.
    static let window = ChunkKind("KEPT")
    /// The last chunk: a recording without it was cut.
    static let end = ChunkKind("DONE")
}

/// Header, front, body. A reader that only wants to know what there is reads headers and fronts; the columns
/// of polls, allocations and events and the records of evidence are in bodies. The three have a checksum each, so that
/// what is read is checked and nothing else needs to be.
struct ChunkHeader: Hashable {
    static let byteCount = 24

    var kind: ChunkKind
    var frontBytes: UInt32
    var bodyBytes: UInt32
    var frontChecksum: UInt32
    var bodyChecksum: UInt32

    /// Length of the whole chunk, this header included.
    var chunkBytes: UInt64 { UInt64(Self.byteCount) + UInt64(frontBytes) + UInt64(bodyBytes) }

    func append(to out: inout ByteBuffer) {
        let from = out.count
        for field in [kind.rawValue, frontBytes, bodyBytes, frontChecksum, bodyChecksum] {
            out.append(fixed: field)
        }
        let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: out.bytes[from...]))
        out.append(fixed: checksum)
    }

    init(
        kind: ChunkKind, frontBytes: UInt32, bodyBytes: UInt32, frontChecksum: UInt32, bodyChecksum: UInt32
    ) {
        self.kind = kind
        self.frontBytes = frontBytes
        self.bodyBytes = bodyBytes
        self.frontChecksum = frontChecksum
        self.bodyChecksum = bodyChecksum
    }

    /// The header in `bytes`, which are at least `byteCount`; nil when it is damaged or out of all bounds.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let own = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.byteCount))
        var reader = PayloadReader(own)
        guard let kind = try? reader.fixed32(), let frontBytes = try? reader.fixed32(),
            let bodyBytes = try? reader.fixed32(), let frontChecksum = try? reader.fixed32(),
            let bodyChecksum = try? reader.fixed32(), let checksum = try? reader.fixed32(),
            checksum == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: own.dropLast(4))),
            frontBytes <= RecordingLimits.chunkPartBytes, bodyBytes <= RecordingLimits.chunkPartBytes
        else { return nil }
        self.init(
            kind: ChunkKind(rawValue: kind), frontBytes: frontBytes, bodyBytes: bodyBytes,
            frontChecksum: frontChecksum, bodyChecksum: bodyChecksum)
    }
}
