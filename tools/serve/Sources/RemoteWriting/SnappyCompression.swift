// Bytes made smaller by snappy's block format, as remote write prescribes.

import CSnappy

enum SnappyCompression {
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var length = snappy_max_compressed_length(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: length) { output, count in
            let status = bytes.withUnsafeBytes { input in
                // Safe: the output has as much room as snappy says it may need, and `length` says how much that is.
                snappy_compress(
                    input.baseAddress?.assumingMemoryBound(to: CChar.self), input.count,
                    UnsafeMutableRawPointer(output.baseAddress!).assumingMemoryBound(to: CChar.self), &length)
            }
            precondition(status == SNAPPY_OK, "snappy has failed with as much room as it asked for")
            count = length
        }
    }

    /// What `compressed` made `bytes` of; `nil`: these are not such bytes, or of more than `limit`.
    static func uncompressed(_ bytes: [UInt8], limit: Int = 1 << 26) -> [UInt8]? {
        bytes.withUnsafeBytes { input in
            let text = input.baseAddress?.assumingMemoryBound(to: CChar.self)
            var length = 0
            guard snappy_uncompressed_length(text, input.count, &length) == SNAPPY_OK, length <= limit else {
                return nil
            }
            var status = SNAPPY_OK
            let result = [UInt8](unsafeUninitializedCapacity: length) { output, count in
                // Safe: the output has the room that snappy says it needs.
                status = snappy_uncompress(
                    text, input.count,
                    output.baseAddress.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: CChar.self) }, &length)
                count = status == SNAPPY_OK ? length : 0
            }
            return status == SNAPPY_OK ? result : nil
        }
    }
}
