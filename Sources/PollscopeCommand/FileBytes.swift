// The bytes of a file of which nothing is known: read in pieces, wherever they are, fewer where the file ends.

import Glibc

final class FileBytes {
    private let descriptor: Int32

    /// Nil: it cannot be read, or is no plain file.
    init?(path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)  // a pipe is not waited for
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// Up to `count` bytes from `offset` on.
    func bytes(at offset: UInt64, count: Int) -> [UInt8] {
        guard let position = off_t(exactly: offset), count > 0 else { return [] }
        // Safe: the buffer has `count` bytes, and pread writes at most that many.
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, position))
        }
    }

    /// Up to `count` values of a C struct, one after the other.
    func values<Value: BitwiseCopyable>(_ type: Value.Type, at offset: UInt64, count: Int) -> [Value] {
        Self.values(type, in: bytes(at: offset, count: count * MemoryLayout<Value>.stride))
    }

    static func values<Value: BitwiseCopyable>(_ type: Value.Type, in bytes: [UInt8]) -> [Value] {
        let stride = MemoryLayout<Value>.stride
        return (0..<bytes.count / stride).compactMap { value(type, in: bytes[($0 * stride)...]) }
    }

    /// The struct that the bytes begin with; nil: they are fewer.
    static func value<Value: BitwiseCopyable>(_ type: Value.Type, in bytes: some Collection<UInt8>) -> Value? {
        let whole = Array(bytes.prefix(MemoryLayout<Value>.size))
        guard whole.count == MemoryLayout<Value>.size else { return nil }
        // Safe: there are as many bytes as the struct has, and any bytes are a value of it.
        return whole.withUnsafeBytes { $0.loadUnaligned(as: type) }
    }

    /// The text at a place of a table of texts; empty where there is none.
    static func text(in table: [UInt8], at offset: UInt64) -> String {
        guard offset < UInt64(table.count) else { return "" }
        return String(decoding: table[Int(offset)...].prefix { $0 != 0 }, as: UTF8.self)
    }
}
