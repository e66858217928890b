// Bytes being drawn up for the file, or read from it: a growing buffer that is used again and again.

/// A growing buffer with some readable and writable bytes behind its end, so that whole words can be loaded
/// and stored at any of its bytes.
struct ByteBuffer: ~Copyable {
    /// Bytes behind `capacity` that may be loaded or stored, and mean nothing.
    static let slack = 16

    private(set) var start: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 4_096) {
        self.capacity = capacity
        start = .allocate(byteCount: capacity + Self.slack, alignment: 16)
        start.initializeMemory(as: UInt8.self, repeating: 0, count: capacity + Self.slack)
    }

    deinit { start.deallocate() }

    /// The bytes; valid until the buffer is next changed.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    mutating func removeAll() { count = 0 }

    /// Makes room for `extra` more bytes, and returns where they go.
    mutating func reserve(_ extra: Int) -> UnsafeMutableRawPointer {
        if capacity - count < extra { grow(by: extra) }
        // Safe: count <= capacity.
        return start + count
    }

    /// Counts `extra` bytes as written that were written where `reserve` said.
    mutating func commit(_ extra: Int) {
        precondition(extra >= 0 && extra <= capacity - count)
        count += extra
    }

    private mutating func grow(by extra: Int) {
        let larger = max(capacity * 2, count + extra)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger + Self.slack, alignment: 16)
        // Safe: count <= capacity < larger, and the rest up to the slack's end is initialised.
        moved.copyMemory(from: start, byteCount: count)
        (moved + count).initializeMemory(as: UInt8.self, repeating: 0, count: larger + Self.slack - count)
        start.deallocate()
        start = moved
        capacity = larger
    }
}

extension ByteBuffer {
    mutating func append(_ byte: UInt8) {
        // Safe: one byte was reserved.
        reserve(1).storeBytes(of: byte, as: UInt8.self)
        commit(1)
    }

    mutating func append(fixed value: UInt32) {
        // Safe: four bytes were reserved.
        reserve(4).storeBytes(of: value.littleEndian, as: UInt32.self)
        commit(4)
    }

    mutating func append(fixed value: UInt64) {
        // Safe: eight bytes were reserved.
        reserve(8).storeBytes(of: value.littleEndian, as: UInt64.self)
        commit(8)
    }

    /// Seven bits a byte, the lowest first; a set top bit says that more follow.
    mutating func append(varint value: UInt64) {
        // Safe: a 64-bit value takes at most ten bytes.
        let at = reserve(10)
        var rest = value
        var length = 0
        while rest >= 0x80 {
            at.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: length, as: UInt8.self)
            rest >>= 7
            length += 1
        }
        at.storeBytes(of: UInt8(rest), toByteOffset: length, as: UInt8.self)
        commit(length + 1)
    }

    mutating func append<Value: FixedWidthInteger & UnsignedInteger>(varint value: Value) {
        append(varint: UInt64(value))
    }

    /// A signed value, small in bytes when it is near zero: 0, -1, 1, -2 … become 0, 1, 2, 3 …
    mutating func append(signed value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    mutating func append(_ other: UnsafeRawBufferPointer) {
        guard let from = other.baseAddress else { return }
        // Safe: other.count bytes were reserved, and buffers do not overlap: each has its own memory.
        reserve(other.count).copyMemory(from: from, byteCount: other.count)
        commit(other.count)
    }

    mutating func append(bytes: [UInt8]) {
        append(varint: UInt64(bytes.count))
        bytes.withUnsafeBytes { append($0) }
    }

    /// Length, then UTF-8; cut at a character when too long.
    mutating func append(text: String) {
        var kept = text
        while kept.utf8.count > RecordingLimits.textBytes {
            kept = String(kept.prefix(min(kept.count - 1, RecordingLimits.textBytes)))
        }
        append(bytes: Array(kept.utf8))
    }
}
