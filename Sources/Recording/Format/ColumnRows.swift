// How rows of numbers are packed: their count, then blocks of up to 256 rows, each a column for each part of a row.

extension ColumnEncoder {
    /// Appends `count` rows of `parts` numbers each; `value` is asked for them part by part within a block.
    func append(rows count: Int, parts: Int, to out: inout ByteBuffer, value: (_ row: Int, _ part: Int) -> UInt64) {
        out.append(varint: UInt64(count))
        var block = [UInt64](repeating: 0, count: RecordingLimits.blockPolls)
        var done = 0
        while done < count {
            let taken = min(count - done, RecordingLimits.blockPolls)
            for part in 0..<parts {
                for index in 0..<taken { block[index] = value(done + index, part) }
                block.withUnsafeMutableBufferPointer {
                    // Safe: the block has room for 256 values, taken is at most that.
                    append($0.baseAddress!, count: taken, to: &out)
                }
            }
            done += taken
        }
    }
}

extension ColumnDecoder {
    /// Unpacks rows of `parts` numbers each, and gives them to `add` one after the other.
    /// - Parameter limit: rows that are accepted, since rows can cost next to no bytes.
    /// - Throws: when there are more, or when `add` says false.
    mutating func rows(
        parts: Int, atMost limit: Int, add: (_ part: (Int) -> UInt64) -> Bool
    ) throws(MalformedPayload) {
        let width = RecordingLimits.blockPolls
        let count = try count(atMost: limit)
        let block = UnsafeMutablePointer<UInt64>.allocate(capacity: parts * width)
        block.initialize(repeating: 0, count: parts * width)
        defer { block.deallocate() }
        var done = 0
        while done < count {
            let taken = min(count - done, width)
            // Safe: the block has 256 values for each part, taken is at most that.
            for part in 0..<parts { try next(block + part * width, count: taken) }
            for index in 0..<taken {
                guard add({ block[$0 * width + index] }) else { throw MalformedPayload() }
            }
            done += taken
        }
    }
}
