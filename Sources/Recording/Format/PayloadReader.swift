// Reads what ByteBuffer drew, from bytes that nobody vouches for.

/// The bytes do not mean what they should: too few, or a value out of its bounds.
struct MalformedPayload: Error {}

/// A cursor over bytes that are valid as long as it is used; every read is checked against their end.
struct PayloadReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }
    var isAtEnd: Bool { position == bytes.count }

    /// `count` bytes, the cursor moved behind them.
    mutating func take(_ count: Int) throws(MalformedPayload) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw MalformedPayload() }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }

    mutating func byte() throws(MalformedPayload) -> UInt8 {
        guard position < bytes.count else { throw MalformedPayload() }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func fixed32() throws(MalformedPayload) -> UInt32 {
        // Safe: four bytes were taken.
        UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))
    }

    mutating func fixed64() throws(MalformedPayload) -> UInt64 {
        // Safe: eight bytes were taken.
        UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))
    }

    mutating func varint() throws(MalformedPayload) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = UInt64(try byte())
            if shift == 63, next > 1 { throw MalformedPayload() }  // would not fit 64 bits
            value |= (next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    /// A varint that has to fit `Value`.
    mutating func varint<Value: FixedWidthInteger>(as type: Value.Type) throws(MalformedPayload) -> Value {
        guard let value = Value(exactly: try varint()) else { throw MalformedPayload() }
        return value
    }

    mutating func signed() throws(MalformedPayload) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A count of things that take `bytesEach` bytes each at least: never more than the rest can hold.
    mutating func count(bytesEach: Int, atMost limit: Int = .max) throws(MalformedPayload) -> Int {
        let count = try varint(as: Int.self)
        guard count <= remaining / bytesEach, count <= limit else { throw MalformedPayload() }
        return count
    }

    mutating func byteArray() throws(MalformedPayload) -> [UInt8] {
        let count = try count(bytesEach: 1)
        return Array(try take(count))
    }

    /// Text; bytes that are not UTF-8 become U+FFFD.
    mutating func text() throws(MalformedPayload) -> String {
        let count = try count(bytesEach: 1)
        return String(decoding: try take(count), as: UTF8.self)
    }
}
