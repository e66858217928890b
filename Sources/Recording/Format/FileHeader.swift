// The first bytes of a recording: what it is, and by which format.

/// Magic, format, length of this header.
struct FileHeader {
    static let magic: [UInt8] = Array("PLSCREC\n".utf8)
    static let byteCount = 16

    var format: RecordingFormat
    /// Where the first chunk begins.
    var firstChunkOffset: UInt64

    static func append(to out: inout ByteBuffer) {
        magic.withUnsafeBytes { out.append($0) }
        out.append(fixed: UInt32(RecordingFormat.current.major) | UInt32(RecordingFormat.currentMinor) << 16)
        out.append(fixed: UInt32(byteCount))
    }

    /// The header in the first bytes of a file.
    ///
    /// - Throws: `empty`, `foreign`, `newer`, or `damaged` when the file was cut within its header.
    init(_ bytes: UnsafeRawBufferPointer, of name: String) throws(RecordingError) {
        if bytes.isEmpty {
            throw RecordingError(
                code: .empty, what: "\(name) is empty",
                remedy: "Record again: the recording was ended before it began")
        }
        guard bytes.starts(with: Self.magic.prefix(bytes.count)) else {
            throw RecordingError(
                code: .foreign, what: "\(name) is not a Pollscope recording",
                remedy: "Give a file that `pollscope record` wrote")
        }
        var reader = PayloadReader(bytes)
        guard (try? reader.take(Self.magic.count)) != nil, let number = try? reader.fixed32(),
            let length = try? reader.fixed32()
        else {
            throw RecordingError(
                code: .damaged, what: "\(name) was cut within its first \(Self.byteCount) bytes",
                remedy: "Record again: nothing is left of it")
        }
        guard let format = RecordingFormat(readable: UInt16(truncatingIfNeeded: number)) else {
            throw RecordingError(
                code: .newer,
                what: "\(name) was made by a newer pollscope (format \(number & 0xFFFF), not "
                    + "\(RecordingFormat.current.major))",
                remedy: "Update pollscope to read it")
        }
        self.format = format
        firstChunkOffset = UInt64(max(length, UInt32(Self.byteCount)))
    }
}
