// How a block of up to 256 numbers of one column is packed.
//
// A block is the smallest value, and what each value has more than that in a fixed number of bits. The few
// values that need more bits than most are exceptions: their low bits are packed with the others, their
// positions and high bits follow. The width is the one that makes the block smallest. This is within a bit or
// two a value of what any code could do with times that spread over a few octaves, it loads and shifts
// instead of branching, and a column that is all zero costs two bytes a block.
//
//   width (bit 7: has exceptions) | smallest, signed varint | values, width bits each, padded to a byte
//   exceptions: count | width of high bits | positions, a byte each | high bits, padded to a byte
//
// "Smallest" is by signed order, so that a value near 2^64 counts as a negative one; differences wrap.

enum ColumnBlock {
    static let hasExceptions: UInt8 = 0x80

    /// Room that a packed block of `count` values can take at most.
    static func maximumBytes(_ count: Int) -> Int { 1 + 10 + 8 * count + 2 + count + 8 * count + 16 }

    /// Packed length of `count` values of `width` bits each.
    static func packedBytes(_ count: Int, width: Int) -> Int { (count * width + 7) / 8 }
}

/// Packs blocks; holds the memory that it takes.
struct ColumnEncoder: ~Copyable {
    /// How many values need 0, 1, … 64 bits: four tallies in turn, so that equal neighbours do not wait for
    /// each other's memory.
    private let tally: UnsafeMutablePointer<UInt32>
    private let exceptions: UnsafeMutablePointer<UInt64>
    private let positions: UnsafeMutablePointer<UInt8>
    private static let tallyRow = 80

    init() {
        tally = .allocate(capacity: 4 * Self.tallyRow)
        tally.initialize(repeating: 0, count: 4 * Self.tallyRow)
        exceptions = .allocate(capacity: RecordingLimits.blockPolls)
        exceptions.initialize(repeating: 0, count: RecordingLimits.blockPolls)
        positions = .allocate(capacity: RecordingLimits.blockPolls)
        positions.initialize(repeating: 0, count: RecordingLimits.blockPolls)
    }

    deinit {
        tally.deallocate()
        exceptions.deallocate()
        positions.deallocate()
    }

    /// Appends `count` values (1 to 256). The values are overwritten.
    func append(_ values: UnsafeMutablePointer<UInt64>, count: Int, to out: inout ByteBuffer) {
        precondition(count > 0 && count <= RecordingLimits.blockPolls)
        // Safe: all reads and writes of values are at 0..<count, as the caller promises.
        var low = Int64.max
        var high = Int64.min
        for index in 0..<count {
            let value = Int64(bitPattern: values[index])
            low = min(low, value)
            high = max(high, value)
        }
        let base = UInt64(bitPattern: low)
        let fullWidth = UInt64.bitWidth - (UInt64(bitPattern: high) &- base).leadingZeroBitCount
        guard fullWidth > 0 else {
            out.append(0)
            out.append(signed: low)
            return
        }
        let (width, exceptionCount) = bestWidth(values, count: count, base: base, fullWidth: fullWidth)
        let room = ColumnBlock.maximumBytes(count)
        _ = out.reserve(room)
        out.append(UInt8(width) | (exceptionCount > 0 ? ColumnBlock.hasExceptions : 0))
        out.append(signed: low)

        if exceptionCount == 0 {
            pack(values, count: count, width: width, to: &out)
            return
        }
        let highWidth = fullWidth - width
        // Safe: exceptionCount of the values need more than width bits, so `found` ends there, below 256.
        var found = 0
        for index in 0..<count {
            let above = values[index] >> UInt64(width)
            if above != 0 {
                exceptions[found] = above
                positions[found] = UInt8(index)
                found += 1
            }
        }
        pack(values, count: count, width: width, to: &out)
        out.append(UInt8(found))
        out.append(UInt8(highWidth))
        out.append(UnsafeRawBufferPointer(start: positions, count: found))
        pack(exceptions, count: found, width: highWidth, to: &out)
    }

    /// Takes the base off all values; the width that makes the block smallest and how many values exceed it.
    @inline(__always)
    private func bestWidth(
        _ values: UnsafeMutablePointer<UInt64>, count: Int, base: UInt64, fullWidth: Int
    ) -> (width: Int, exceptions: Int) {
        // Safe: a bit length is 0...64, within a row of the tally.
        let row = Self.tallyRow
        tally.update(repeating: 0, count: 4 * row)
        for index in 0..<count {
            let value = values[index] &- base
            values[index] = value
            tally[(index & 3) &* row &+ (64 &- value.leadingZeroBitCount)] &+= 1
        }
        var bestWidth = fullWidth
        var bestExceptions = 0
        var bestBits = count * fullWidth
        var exceptions = 0
        var width = fullWidth
        while width > 0 {
            let above =
                tally[width] &+ tally[row &+ width] &+ tally[2 &* row &+ width] &+ tally[3 &* row &+ width]
            exceptions &+= Int(above)
            width &-= 1
            if exceptions > 255 { break }  // the count is a byte
            let bits = count &* width &+ 16 &+ exceptions &* (8 &+ fullWidth &- width)
            if bits < bestBits {
                bestBits = bits
                bestWidth = width
                bestExceptions = exceptions
            }
        }
        return (bestWidth, bestExceptions)
    }

    /// The low `width` bits of each value, one after the other.
    @inline(__always)
    private func pack(
        _ values: UnsafeMutablePointer<UInt64>, count: Int, width: Int, to out: inout ByteBuffer
    ) {
        guard width > 0 else { return }
        let bytes = ColumnBlock.packedBytes(count, width: width)
        // Safe: whole words are stored, the last one up to seven bytes behind what is committed, in the room
        // reserved here.
        var at = out.reserve(bytes + 8)
        let mask = UInt64.max >> UInt64(64 &- width)
        var word: UInt64 = 0
        var filled = 0
        for index in 0..<count {
            let value = values[index] & mask
            word |= value &<< UInt64(filled)
            filled &+= width
            if filled >= 64 {
                at.storeBytes(of: word.littleEndian, as: UInt64.self)
                at += 8
                filled &-= 64
                // What of the value did not fit; nothing when it ended with the word.
                word = filled == 0 ? 0 : value &>> UInt64(width &- filled)
            }
        }
        if filled > 0 { at.storeBytes(of: word.littleEndian, as: UInt64.self) }
        out.commit(bytes)
    }
}

/// Unpacks blocks from a buffer that has `ByteBuffer.slack` readable bytes behind its end.
struct ColumnDecoder {
    private let start: UnsafeRawPointer
    private let end: Int
    private(set) var position: Int

    /// - Parameter bytes: valid as long as the decoder is used, and within a `ByteBuffer`.
    init(_ bytes: UnsafeRawBufferPointer, from position: Int) {
        // An empty buffer has no address of its own: nothing is loaded from it, since end is 0.
        start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
        end = bytes.count
        self.position = position
    }

    var isAtEnd: Bool { position == end }

    /// Unpacks `count` values (1 to 256) to `values`.
    mutating func next(
        _ values: UnsafeMutablePointer<UInt64>, count: Int
    ) throws(MalformedPayload) {
        let head = try byte()
        let width = Int(head & ~ColumnBlock.hasExceptions)
        guard width <= 64 else { throw MalformedPayload() }
        let base = UInt64(bitPattern: try signed())
        try unpack(values, count: count, width: width, base: base)
        guard head & ColumnBlock.hasExceptions != 0 else { return }

        let exceptionCount = Int(try byte())
        let highWidth = Int(try byte())
        guard exceptionCount > 0, exceptionCount <= count, width + highWidth <= 64, highWidth > 0 else {
            throw MalformedPayload()
        }
        let positions = position
        guard end - position >= exceptionCount + ColumnBlock.packedBytes(exceptionCount, width: highWidth)
        else {
            throw MalformedPayload()
        }
        let firstBit = (positions + exceptionCount) * 8
        let mask = UInt64.max >> UInt64(64 - highWidth)
        // Safe: positions and high bits are within the bytes, as just checked; a position is checked before
        // use.
        for index in 0..<exceptionCount {
            let place = Int(start.load(fromByteOffset: positions + index, as: UInt8.self))
            guard place < count else { throw MalformedPayload() }
            let above = bits(at: firstBit + index * highWidth) & mask
            values[place] = values[place] &+ (above << UInt64(width))
        }
        position = positions + exceptionCount + ColumnBlock.packedBytes(exceptionCount, width: highWidth)
    }

    @inline(__always)
    private mutating func unpack(
        _ values: UnsafeMutablePointer<UInt64>, count: Int, width: Int, base: UInt64
    ) throws(MalformedPayload) {
        if width == 0 {
            // Safe: the caller has room for count values.
            values.update(repeating: base, count: count)
            return
        }
        let bytes = ColumnBlock.packedBytes(count, width: width)
        guard end - position >= bytes else { throw MalformedPayload() }
        let mask = UInt64.max >> UInt64(64 - width)
        var bit = position * 8
        // Safe: the values' bits are within the bytes; the words around them end within the slack.
        if width <= 57 {
            for index in 0..<count {
                let word = start.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self)
                values[index] = base &+ ((UInt64(littleEndian: word) &>> UInt64(bit & 7)) & mask)
                bit &+= width
            }
        } else {
            for index in 0..<count {
                values[index] = base &+ (bits(at: bit) & mask)
                bit &+= width
            }
        }
        position += bytes
    }

    /// 64 bits from any bit on.
    @inline(__always)
    private func bits(at bit: Int) -> UInt64 {
        // Safe: nine bytes from a byte within the buffer are within its slack.
        let word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
        let next = UInt64(start.load(fromByteOffset: (bit >> 3) &+ 8, as: UInt8.self))
        let shift = UInt64(bit & 7)
        return (word &>> shift) | ((next << 8) &<< (56 &- shift))
    }

    /// A number of entries that follow.
    mutating func count(atMost limit: Int) throws(MalformedPayload) -> Int {
        var reader = PayloadReader(UnsafeRawBufferPointer(start: start + position, count: end - position))
        let count = try reader.varint(as: Int.self)
        guard count <= limit else { throw MalformedPayload() }
        position += reader.position
        return count
    }

    private mutating func byte() throws(MalformedPayload) -> UInt8 {
        guard position < end else { throw MalformedPayload() }
        defer { position += 1 }
        // Safe: position < end.
        return start.load(fromByteOffset: position, as: UInt8.self)
    }

    private mutating func signed() throws(MalformedPayload) -> Int64 {
        var reader = PayloadReader(UnsafeRawBufferPointer(start: start + position, count: end - position))
        let value = try reader.signed()
        position += reader.position
        return value
    }
}
