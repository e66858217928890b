// Counts of classic and native buckets against the values themselves.

import Analysis
import Exporting
import Testing

@Suite("Buckets")
struct BucketsTests {
    @Test("Each bound counts the value that equals it, and not the next one")
    func classicBounds() {
        let bounds = ClassicBuckets.upperBounds
        #expect(
            bounds.first == 0x1p-20 && bounds.dropLast().last == 32 && bounds.last == .infinity && bounds.count == 27)
        for (place, bound) in bounds.enumerated().dropLast() {
            for (value, expected) in [(bound.nextDown, place), (bound, place), (bound.nextUp, place + 1)] {
                var histogram = Histogram()
                histogram.record(value)
                let counts = ClassicBuckets.cumulativeCounts(of: histogram)
                #expect(counts.firstIndex(of: 1) == expected, "\(value)")
                #expect(counts.last == 1)
            }
        }
    }

    @Test("Values beyond the bounds are in the first bucket, or the last")
    func classicEnds() {
        var histogram = Histogram()
        for value in [0, .leastNonzeroMagnitude, .leastNormalMagnitude, 1e-9, 33, .greatestFiniteMagnitude, .infinity] {
            histogram.record(value)
        }
        let counts = ClassicBuckets.cumulativeCounts(of: histogram)
        #expect(counts.dropLast().allSatisfy { $0 == 4 } && counts.last == 7)
        #expect(ClassicBuckets.cumulativeCounts(of: Histogram()) == Array(repeating: 0, count: 27))
    }

    @Test("Classic counts are what counting in octaves gives, at every scale", arguments: [5, 4, 0])
    func classicCounts(scale: Int) {
        var generator = SplitMix(state: 7)
        let values =
            (0..<5_000).map { _ in Self.logarithmic(&generator, 1e-8...100) } + ClassicBuckets.upperBounds.dropLast()
        var histogram = Histogram()
        for value in values { histogram.record(value) }
        let expected = ClassicBuckets.upperBounds.map { bound in UInt64(values.count { $0 <= bound }) }
        #expect(ClassicBuckets.cumulativeCounts(of: histogram.downscaled(to: scale)) == expected)
    }

    @Test("Label values of bounds read back as the bounds")
    func labelValues() {
        #expect(
            zip(ClassicBuckets.labelValues, ClassicBuckets.upperBounds).allSatisfy { Double($0.0) ?? .infinity == $0.1 }
        )
        #expect(ClassicBuckets.labelValues[20] == "1.0")
    }

    @Test("A bucket of the native layout covers the values that were counted in it")
    func nativeIndices() {
        var generator = SplitMix(state: 11)
        for _ in 0..<2_000 {
            let value = Self.logarithmic(&generator, 1e-9...1e3)
            var histogram = Histogram()
            histogram.record(value)
            let native = NativeBuckets(histogram)
            #expect(native.schema == 5 && native.spans.count == 1 && native.deltas == [1])
            // By Prometheus's definition: bucket i is (2^((i - 1) / 32), 2^(i / 32)].
            let index = Double(native.spans[0].offset)
            let exact = 32 * Self.log2(value)
            #expect(exact > index - 1 - 1e-9 && exact <= index + 1e-9)
        }
        // Powers of two are bounds exactly: 1 is in bucket 0.
        for exponent in -30...10 {
            var histogram = Histogram()
            histogram.record(Double(sign: .plus, exponent: exponent, significand: 1))
            #expect(NativeBuckets(histogram).spans[0].offset == Int32(exponent * 32))
        }
    }

    @Test("Spans and deltas give every bucket back")
    func nativeSpans() {
        var generator = SplitMix(state: 3)
        for size in [1, 2, 10, 100, 1_000] {
            var histogram = Histogram()
            for _ in 0..<size { histogram.record(Self.logarithmic(&generator, 1e-3...1)) }
            let native = NativeBuckets(histogram, mostBuckets: 1_000)
            #expect(
                Self.decoded(native)
                    == Dictionary(uniqueKeysWithValues: histogram.buckets.map { ($0.index + 1, $0.count) }))
            #expect(native.spans.reduce(0) { $0 + Int($1.length) } == native.deltas.count)
            #expect(native.spans.dropFirst().allSatisfy { $0.offset > 2 })
        }
    }

    @Test("More buckets than are allowed are widened, and no value is lost")
    func nativeWidened() {
        var histogram = Histogram()
        for step in 0..<600 {
            histogram.record(Double(sign: .plus, exponent: step / 20 - 20, significand: 1 + Double(step % 20) / 20))
        }
        let native = NativeBuckets(histogram)
        #expect(native.schema < 5)
        let decoded = Self.decoded(native)
        #expect(decoded.count <= NativeBuckets.mostBuckets)
        #expect(decoded.values.reduce(0, +) == 600)
        let exact = histogram.downscaled(to: native.schema)
        #expect(decoded == Dictionary(uniqueKeysWithValues: exact.buckets.map { ($0.index + 1, $0.count) }))
    }

    @Test("The whole range of a Double fits")
    func nativeRange() {
        var histogram = Histogram()
        for exponent in -1022...1023 { histogram.record(Double(sign: .plus, exponent: exponent, significand: 1.5)) }
        let native = NativeBuckets(histogram)
        let decoded = Self.decoded(native)
        #expect(decoded.count <= NativeBuckets.mostBuckets && native.schema >= -4)
        #expect(decoded.values.reduce(0, +) + native.zeroCount == 2_046)
    }

    @Test("Zeros, and values that are none to others, are in the zero bucket; nothing is a native histogram, too")
    func nativeZeros() {
        var histogram = Histogram()
        for value in [0, -1, .leastNonzeroMagnitude, 0x1p-128, 0x1p-127] { histogram.record(value) }
        let native = NativeBuckets(histogram)
        #expect(native.zeroCount == 4 && Self.decoded(native) == [-127 * 32: 1])
        let empty = NativeBuckets(Histogram())
        #expect(empty.spans.isEmpty && empty.deltas.isEmpty && empty.zeroCount == 0 && NativeBuckets.zeroThreshold > 0)
    }

    private static func decoded(_ native: NativeBuckets) -> [Int: UInt64] {
        var result: [Int: UInt64] = [:]
        var index = 0
        var count: Int64 = 0
        var deltas = native.deltas[...]
        for span in native.spans {
            index += Int(span.offset)
            for _ in 0..<span.length {
                count += deltas.removeFirst()
                if count > 0 { result[index] = UInt64(count) }
                index += 1
            }
        }
        return result
    }

    /// Values as evenly over the orders of magnitude as over one.
    private static func logarithmic(_ generator: inout SplitMix, _ range: ClosedRange<Double>) -> Double {
        let octaves = Int(log2(range.upperBound / range.lowerBound))
        let value =
            range.lowerBound
            * Double(sign: .plus, exponent: Int.random(in: 0..<octaves, using: &generator), significand: 1)
        return value * Double.random(in: 1...2, using: &generator)
    }

    /// Without the C mathematics library: the digits of the exponent by squaring.
    private static func log2(_ value: Double) -> Double {
        var result = Double(value.exponent)
        var rest = value.significand
        var digit = 0.5
        for _ in 0..<52 {
            rest *= rest
            if rest >= 2 {
                rest /= 2
                result += digit
            }
            digit /= 2
        }
        return result
    }
}

/// The same numbers in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
