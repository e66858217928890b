import Sessions
import Testing

@testable import Analysis

/// Estimates are right on average, and as far off as they say.
@Suite struct SampledSumTests {
    /// A generator whose low bits are as good as its high ones.
    private struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let mean: UInt64 = 4_096

    /// Whether one of `bytes` is picked, each by itself with the chance 1 / mean.
    private static func isSample(_ bytes: UInt64, _ chance: inout Chance) -> Bool {
        // Not by the formula that is tested: byte by byte would take too long, so by the length of the way to the next
        // one.
        var distance: UInt64 = 0
        while distance < bytes {
            distance += 1
            if UInt64.random(in: 0..<mean, using: &chance) == 0 { return true }
        }
        return false
    }

    /// Sizes of a service: many small ones, few large ones.
    private static let sizes: [UInt64] = (0..<300).map { (number: UInt64) -> UInt64 in
        if number % 50 == 0 { return 9_000 }
        return number % 7 == 0 ? 1_500 : 16 + number % 100
    }

    /// How often so many standard errors apart: mean and variance of the deviations, in standard errors.
    private func deviations(
        rounds: Int, _ estimate: (inout Chance) -> (Estimate?, truth: Double)
    ) -> (bias: Double, variance: Double) {
        var chance = Chance(state: 42)
        var values: [Double] = []
        var errors = 0.0
        for _ in 0..<rounds {
            let (estimate, truth) = estimate(&chance)
            guard let estimate else { continue }
            values.append(estimate.value - truth)
            errors += estimate.standardError * estimate.standardError
        }
        let count = Double(values.count)
        let average = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + $1 * $1 } / count
        return (average / (variance / count).squareRoot(), variance / (errors / count))
    }

    @Test func sumsHaveNoBiasAndTheirErrorIsTheirs() {
        let bytes = Double(Self.sizes.reduce(0, +))
        for isOfBytes in [true, false] {
            let (bias, variance) = deviations(rounds: 400) { chance in
                var sum = SampledSum()
                for size in Self.sizes where Self.isSample(size, &chance) {
                    sum.add(SampledSum(sampleOf: size, mean: Self.mean))
                }
                return isOfBytes ? (sum.bytesEstimate, bytes) : (sum.countEstimate, Double(Self.sizes.count))
            }
            #expect(bias.magnitude < 4)
            #expect(variance > 0.7 && variance < 1.4)
        }
    }

    @Test func ratiosAreNearTheTruthAndTheirErrorIsTheirs() {
        func isGarbage(_ number: Int) -> Bool { number % 3 != 0 }
        let garbage = Self.sizes.enumerated().filter { isGarbage($0.offset) }.reduce(0) { $0 + Double($1.element) }
        let truth = garbage / Double(Self.sizes.reduce(0, +))
        let (_, variance) = deviations(rounds: 400) { chance in
            var (all, part) = (SampledSum(), SampledSum())
            for (number, size) in Self.sizes.enumerated() where Self.isSample(size, &chance) {
                let sample = SampledSum(sampleOf: size, mean: Self.mean)
                all.add(sample)
                if isGarbage(number) { part.add(sample) }
            }
            return (all.share(of: part), truth)
        }
        #expect(variance > 0.5 && variance < 1.5)
    }

    @Test func oneSampleLeavesMuchDoubtAndManyLeaveLittle() throws {
        let sample = SampledSum(sampleOf: 64, mean: 524_288)
        let one = try #require(sample.share(of: sample))
        #expect(one.value == 1)
        #expect(one.standardError > 0.2)
        var many = SampledSum()
        for _ in 0..<1_000 { many.add(sample) }
        let sure = try #require(many.share(of: many))
        #expect(sure.standardError < 0.01)
        let none = try #require(many.share(of: SampledSum()))
        #expect(none.value == 0)
        #expect(none.standardError > 0)
        #expect(SampledSum().share(of: SampledSum()) == nil)
    }

    @Test func aLargeAllocationIsCertain() {
        let sum = SampledSum(sampleOf: 1 << 30, mean: 512 << 10)
        #expect(sum.countEstimate.value == 1)
        #expect(sum.bytesEstimate.value == Double(1 << 30))
        #expect(sum.bytesEstimate.standardError == 0)
    }

    @Test func aSmallAllocationStandsForTheMeanDistance() {
        let sum = SampledSum(sampleOf: 16, mean: 512 << 10)
        #expect((sum.bytes / Double(512 << 10) - 1).magnitude < 1e-4)
        #expect((sum.bytesEstimate.standardError / sum.bytes - 1).magnitude < 1e-4)
    }

    @Test(arguments: [0, 1, 1_000, UInt64.max], [0, 1, 1_000, UInt64.max])
    func anySizeAndAnyMeanGiveNumbers(bytes: UInt64, mean: UInt64) {
        var sum = SampledSum(sampleOf: bytes, mean: mean)
        sum.add(sum)
        for value in [sum.count, sum.bytes, sum.countVariance, sum.bytesVariance] {
            #expect(value.isFinite && value >= 0)
        }
        #expect(sum.samples == (bytes == 0 ? 0 : 2))
        if let share = sum.share(of: sum) { #expect(share.value == 1 && share.standardError.isFinite) }
    }

    @Test func timingsStandForTheCallsThatWereNotTimed() throws {
        let facts = MadeAllocations.facts(statuses: [
            MadeAllocations.status(at: 0, 0, 0, 0, cpuSeconds: 1),
            MadeAllocations.status(at: 2, 1, 1, 0, cpuSeconds: 3),
        ])
        // A hundred thousand calls of 20 to 1,019 ns, one in ten timed, 20 ns of which are the timer's.
        let truth = (0..<10_000).reduce(0.0) { $0 + Double(20 + $1 % 1_000) } * 1e-9
        let (bias, variance) = deviations(rounds: 400) { chance in
            var times = AllocatorTimes(facts: facts, thresholds: ReportThresholds())
            for call in 0..<10_000 where UInt64.random(in: 0..<10, using: &chance) == 0 {
                times.add(MadeAllocations.timing(.ticks(UInt64(40 + call % 1_000)), in: nil))
            }
            return (times.process.share(of: 0.1, oneIn: times.calls), truth / 0.1)
        }
        #expect(bias.magnitude < 4)
        #expect(variance > 0.8 && variance < 1.25)
    }
}
