import Foundation
import Testing

@testable import Analysis

@Suite struct HistogramTests {
    /// The definition that the index must obey: (2^(i/32), 2^((i+1)/32)].
    private func definedIndex(_ value: Double) -> Int { Int((log2(value) * 32).rounded(.up)) - 1 }

    @Test func indexObeysTheLogarithmDefinition() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200_000 {
            let value = exp2(Double.random(in: -40...20, using: &random))
            let index = BucketScale.index(of: value)
            // Next to a boundary the logarithm itself is off by a few last bits: there the bounds decide.
            let defined = definedIndex(value)
            #expect(abs(index - defined) <= 1)
            #expect(value <= BucketScale.upperBound(ofBucket: index).nextUp)
            #expect(value > BucketScale.upperBound(ofBucket: index - 1))
            let distance = abs(log2(value) * 32 - (log2(value) * 32).rounded())
            if distance > 1e-9 { #expect(index == defined) }
        }
    }

    @Test func powersOfTwoBelongToTheBucketThatEndsWithThem() {
        for exponent in -40...40 {
            let power = exp2(Double(exponent))
            #expect(BucketScale.index(of: power) == exponent * 32 - 1)
            #expect(BucketScale.index(of: power.nextUp) == exponent * 32)
            #expect(BucketScale.index(of: power.nextDown) == exponent * 32 - 1)
            #expect(BucketScale.upperBound(ofBucket: exponent * 32 - 1) == power)
        }
    }

    @Test func everyBoundaryDecidesToTheLastBit() {
        for step in 1..<32 {
            // The greatest Double below an irrational boundary, and the next one, which is above it.
            let below = BucketScale.upperBound(ofBucket: step - 1)
            #expect(BucketScale.index(of: below) == step - 1)
            #expect(BucketScale.index(of: below.nextUp) == step)
            #expect(abs(below - exp2(Double(step) / 32)) <= 2 * below.ulp)
        }
    }

    @Test func quantilesAreWithinHalfABucketOfTheExactOnes() throws {
        var random = SystemRandomNumberGenerator()
        for size in [1, 2, 3, 10, 999, 20_000] {
            let values = (0..<size).map { _ in exp2(Double.random(in: -30...3, using: &random)) }.sorted()
            var histogram = Histogram()
            for value in values.shuffled() { histogram.record(value) }
            for share in [0, 0.001, 0.25, 0.5, 0.95, 0.99, 0.999, 1] {
                let exact = values[max(0, Int((share * Double(size)).rounded(.up)) - 1)]
                let found = try #require(histogram.quantile(share))
                #expect(abs(found / exact - 1) < 0.0110, "P\(share * 100) of \(size)")
            }
            #expect(histogram.minimum == values.first)
            #expect(histogram.maximum == values.last)
            #expect(histogram.count == UInt64(size))
        }
    }

    @Test func oneValueIsItsOwnQuantile() {
        var histogram = Histogram()
        histogram.record(0.0123)
        #expect(histogram.quantile(0.5) == 0.0123)
        #expect(histogram.quantile(0.999) == 0.0123)
    }

    @Test func mergingIsCountingTogether() {
        var random = SystemRandomNumberGenerator()
        var whole = Histogram()
        var parts = [Histogram(), Histogram(), Histogram()]
        for index in 0..<3_000 {
            let value = index % 7 == 0 ? 0 : exp2(Double.random(in: -30...9, using: &random))
            whole.record(value)
            parts[index % 3].record(value)
        }
        var forward = parts[0]
        forward.merge(parts[1])
        forward.merge(parts[2])
        var backward = Histogram()
        backward.merge(parts[2])
        backward.merge(parts[1])
        backward.merge(parts[0])
        #expect(forward == whole)
        #expect(backward == whole)
        #expect(forward.zeroCount == 429)
        #expect(abs(forward.sum - whole.sum) < 1e-9 * whole.sum)
    }

    @Test(arguments: [4, 3, 0, -2]) func downscalingIsCountingInWiderBuckets(scale: Int) throws {
        var random = SystemRandomNumberGenerator()
        var fine = Histogram()
        var wide: [Int: UInt64] = [:]
        for _ in 0..<5_000 {
            let value = exp2(Double.random(in: -30...9, using: &random))
            fine.record(value)
            wide[Int((log2(value) * exp2(Double(scale))).rounded(.up)) - 1, default: 0] += 1
        }
        let coarse = fine.downscaled(to: scale)
        #expect(Dictionary(uniqueKeysWithValues: coarse.buckets.map { ($0.index, $0.count) }) == wide)
        #expect(coarse.count == fine.count)
        for (index, _) in coarse.buckets {
            let bound = exp2(Double(index + 1) / exp2(Double(scale)))
            #expect(abs(coarse.upperBound(ofBucket: index) / bound - 1) < 1e-12)
        }
        let median = try #require(coarse.quantile(0.5))
        let exact = try #require(fine.quantile(0.5))
        #expect(abs(log2(median / exact)) <= 0.5 / exp2(Double(scale)) + 0.04)

        var mixed = fine
        mixed.merge(coarse)
        #expect(mixed.scale == scale)
        #expect(mixed.count == 2 * fine.count)
    }

    @Test func strangeValuesAreCountedAndHarmless() {
        var histogram = Histogram()
        for value in [-1, 0, .nan, .leastNonzeroMagnitude, .infinity, .greatestFiniteMagnitude, 1] {
            histogram.record(value)
        }
        #expect(histogram.count == 7)
        #expect(histogram.zeroCount == 4)
        #expect(histogram.buckets.reduce(0) { $0 + $1.count } == 3)
        #expect(histogram.maximum == .greatestFiniteMagnitude)
    }

    @Test func emptyHistogramsHaveNoFigures() {
        let empty = Histogram()
        #expect(empty.quantile(0.5) == nil)
        #expect(empty.minimum == nil)
        var other = Histogram()
        other.record(1)
        other.merge(empty)
        #expect(other.minimum == 1)
    }
}
