// The bytes of one chunk, read whole and compared with their checksums.

/// A buffer for chunk after chunk.
struct ChunkBytes: ~Copyable {
    private var buffer = ByteBuffer()
    private var frontBytes = 0

    /// Reads the chunk that a survey met at `offset`.
    ///
    /// - Returns: false when it is not what was written.
    /// - Throws: `notReadable`.
    mutating func load(
        _ header: ChunkHeader, at offset: UInt64, of source: any ByteSource
    ) throws(RecordingError) -> Bool {
        buffer.removeAll()
        frontBytes = 0
        let count = Int(header.chunkBytes)
        let room = buffer.reserve(count)
        // Safe: count bytes are reserved.
        let read = try source.read(at: offset, into: UnsafeMutableRawBufferPointer(start: room, count: count))
        guard read == count else { return false }
        buffer.commit(count)
        frontBytes = Int(header.frontBytes)
        return ChunkHeader(buffer.bytes) == header && CRC32C.checksum(front) == header.frontChecksum
            && CRC32C.checksum(body) == header.bodyChecksum
    }

    /// Front and body; valid until the next load, and followed by `ByteBuffer.slack` readable bytes.
    var front: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: buffer.bytes[ChunkHeader.byteCount..<bodyStart])
    }
    var body: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer.bytes[bodyStart...]) }

    /// The whole chunk, and where its body begins in it.
    var bytes: UnsafeRawBufferPointer { buffer.bytes }
    var bodyStart: Int { ChunkHeader.byteCount + frontBytes }
}
