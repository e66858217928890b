// The first bytes of a recording: what it is, and by which format.

/// Magic, format, length of this header. A reader takes any minor format of its major one: it passes over
/// chunks and trailing fields that it does not know.
struct FileHeader {
    static let magic: [UInt8] = Array("PLSCREC\n".utf8)
    static let major: UInt16 = 1
    /// 1: chunks of evidence.
    static let minor: UInt16 = 1
    static let byteCount = 16

    static func append(to out: inout ByteBuffer) {
        magic.withUnsafeBytes { out.append($0) }
        out.append(fixed: UInt32(major) | UInt32(minor) << 16)
        out.append(fixed: UInt32(byteCount))
    }

    /// Where the first chunk begins.
    ///
    /// - Throws: `empty`, `foreign`, `newer`, or `damaged` when the file was cut within its header.
    static func firstChunkOffset(
        in bytes: UnsafeRawBufferPointer, of name: String
    ) throws(RecordingError) -> UInt64 {
        if bytes.isEmpty {
            throw RecordingError(
                code: .empty, what: "\(name) is empty",
                remedy: "Record again: the recording was ended before it began")
        }
        guard bytes.starts(with: magic.prefix(bytes.count)) else {
            throw RecordingError(
                code: .foreign, what: "\(name) is not a Pollscope recording",
                remedy: "Give a file that `pollscope record` wrote")
        }
        var reader = PayloadReader(bytes)
        guard (try? reader.take(magic.count)) != nil, let format = try? reader.fixed32(),
            let length = try? reader.fixed32()
        else {
            throw RecordingError(
                code: .damaged, what: "\(name) was cut within its first \(byteCount) bytes",
                remedy: "Record again: nothing is left of it")
        }
        guard UInt16(truncatingIfNeeded: format) == major else {
            throw RecordingError(
                code: .newer,
                what:
                    "\(name) was made by a newer pollscope (format \(format & 0xFFFF), not \(major))",
                remedy: "Update pollscope to read it")
        }
        return UInt64(max(length, UInt32(byteCount)))
    }
}
