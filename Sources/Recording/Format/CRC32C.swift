// The checksum of chunks: CRC-32C (Castagnoli), sixteen bytes a step by tables.

/// CRC-32C as in RFC 3720: reflected polynomial 0x82F63B78, initial value and final xor all ones.
enum CRC32C {
    /// `tables[256 * k + b]` is the register after byte `b` and then `k` zero bytes.
    ///
    /// Safe: written once, before the global is first read, and never freed or written again.
    nonisolated(unsafe) private static let tables: UnsafePointer<UInt32> = {
        let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * 256)
        for byte in 0..<256 {
            var register = UInt32(byte)
            for _ in 0..<8 { register = (register >> 1) ^ (register & 1 == 1 ? 0x82F6_3B78 : 0) }
            tables[byte] = register
        }
        for index in 256..<(16 * 256) {
            let previous = tables[index - 256]
            tables[index] = (previous >> 8) ^ tables[Int(previous & 0xFF)]
        }
        return UnsafePointer(tables)
    }()

    /// The checksum of `bytes`; pass the checksum of what came before to go on.
    static func checksum(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32 {
        let tables = Self.tables
        var register = ~previous
        guard var at = bytes.baseAddress else { return previous }
        var left = bytes.count
        // Safe: sixteen bytes are read where at least sixteen are left; table indices are bytes plus 256 * k,
        // k < 16.
        while left >= 16 {
            let low = UInt64(littleEndian: at.loadUnaligned(as: UInt64.self)) ^ UInt64(register)
            let high = UInt64(littleEndian: at.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let first = lookup(low, in: tables + 8 * 256)
            register = first ^ lookup(high, in: tables)
            at += 16
            left &-= 16
        }
        while left > 0 {
            let byte = at.load(as: UInt8.self)
            register = (register >> 8) ^ tables[Int(UInt8(truncatingIfNeeded: register) ^ byte)]
            at += 1
            left &-= 1
        }
        return ~register
    }

    /// Eight bytes of input by eight tables: the first byte has the most bytes after it.
    @inline(__always)
    private static func lookup(_ word: UInt64, in tables: UnsafePointer<UInt32>) -> UInt32 {
        // Safe: each index is below 8 * 256, and the caller leaves that much room.
        tables[7 * 256 + Int(word & 0xFF)] ^ tables[6 * 256 + Int((word >> 8) & 0xFF)]
            ^ tables[5 * 256 + Int((word >> 16) & 0xFF)] ^ tables[4 * 256 + Int((word >> 24) & 0xFF)]
            ^ tables[3 * 256 + Int((word >> 32) & 0xFF)] ^ tables[2 * 256 + Int((word >> 40) & 0xFF)]
            ^ tables[1 * 256 + Int((word >> 48) & 0xFF)] ^ tables[Int(word >> 56)]
    }
}
