// A block of a column comes back as it was, whatever its values and wherever they end.

import Testing

@testable import Recording

struct ColumnBlockTests {
    private func roundTrip(_ values: [UInt64]) throws -> (values: [UInt64], bytes: Int) {
        let encoder = ColumnEncoder()
        var buffer = ByteBuffer(capacity: 1)
        var copy = values
        copy.withUnsafeMutableBufferPointer {
            encoder.append($0.baseAddress!, count: $0.count, to: &buffer)
        }
        var decoded = [UInt64](repeating: 0xAA, count: values.count)
        var decoder = ColumnDecoder(buffer.bytes, from: 0)
        try decoded.withUnsafeMutableBufferPointer {
            try decoder.next($0.baseAddress!, count: $0.count)
        }
        #expect(decoder.isAtEnd)
        return (decoded, buffer.count)
    }

    @Test func everyWidthAndCountComesBack() throws {
        var random = SplitMix64(seed: 1)
        for width in 0...64 {
            for count in [1, 2, 3, 7, 8, 9, 63, 64, 65, 255, 256] {
                let mask = width == 0 ? 0 : UInt64.max >> UInt64(64 - width)
                let base = random.next()
                let values = (0..<count).map { _ in base &+ (random.next() & mask) }
                #expect(try roundTrip(values).values == values, "\(count) values of \(width) bits")
            }
        }
    }

    @Test func exceptionsComeBack() throws {
        var random = SplitMix64(seed: 2)
        for count in [1, 2, 20, 255, 256] {
            for rarity: UInt64 in [2, 10, 100] {
                for high in [0, 9, 20, 40, 63] {
                    let values = (0..<count).map { _ in
                        random.next() % rarity == 0 ? random.next() >> UInt64(63 - high) : random.next() % 100
                    }
                    #expect(try roundTrip(values).values == values)
                }
            }
        }
    }

    @Test func extremesComeBack() throws {
        let extremes: [UInt64] = [0, 1, .max, 1 << 63, (1 << 63) - 1, (1 << 63) + 1]
        for a in extremes {
            for b in extremes {
                for c in extremes { #expect(try roundTrip([a, b, c]).values == [a, b, c]) }
            }
        }
    }

    @Test func aFewLargeValuesDoNotWidenTheOthers() throws {
        var values = [UInt64](repeating: 0, count: 256)
        for index in values.indices { values[index] = UInt64(index % 2) }
        values[17] = 1 << 40
        #expect(try roundTrip(values).bytes < 60)
    }

    @Test func equalValuesTakeTheirValueOnly() throws {
        #expect(try roundTrip(Array(repeating: 0, count: 256)).bytes == 2)
        #expect(try roundTrip(Array(repeating: 5, count: 256)).bytes == 2)
    }

    @Test func whatIsCutIsNotRead() throws {
        let encoder = ColumnEncoder()
        var buffer = ByteBuffer()
        var values = (0..<256).map { UInt64($0 % 5 == 0 ? $0 << 30 : $0) }
        values.withUnsafeMutableBufferPointer {
            encoder.append($0.baseAddress!, count: $0.count, to: &buffer)
        }
        for count in 0..<buffer.count {
            var decoder = ColumnDecoder(UnsafeRawBufferPointer(rebasing: buffer.bytes.prefix(count)), from: 0)
            #expect(throws: MalformedPayload.self) {
                try values.withUnsafeMutableBufferPointer {
                    try decoder.next($0.baseAddress!, count: $0.count)
                }
            }
        }
    }
}
