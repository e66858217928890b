// Requests are due at the rate that was asked for, and the same way in every run.

import LoadModel
import Testing

@Suite struct ArrivalsTests {
    private static let measured = Duration.seconds(2)..<Duration.seconds(12)

    @Test(arguments: [0.5, 3, 150, 7_777.7])
    func constantArrivalsAreExactlyAtTheRate(rate: Double) {
        let due = Arrivals(.constant, rate: rate, seed: 1, measured: Self.measured).map(\.nanoseconds)
        #expect(due.count == Int((rate * 12).rounded(.up)))
        for (count, nanoseconds) in due.enumerated() {
            #expect(nanoseconds == Int64((Double(count) / rate * 1e9).rounded()))
        }
    }

    @Test(arguments: [0.5, 3, 150, 5_000], 1...5)
    func poissonArrivalsAreAsManyAsTheRateSays(rate: Double, seed: Int) {
        let due = Array(Arrivals(.poisson, rate: rate, seed: UInt64(seed), measured: Self.measured))
        #expect(due.count { $0 < .seconds(2) } == Int(rate * 2))
        #expect(due.count { Self.measured.contains($0) } == Int(rate * 10))
        #expect(due.count == Int(rate * 12))
        #expect(due == due.sorted())
    }

    @Test func aRateTooLowForASecondHasItsRequestAllTheSame() {
        let measured = Duration.seconds(1)..<Duration.seconds(10)
        #expect(Array(Arrivals(.poisson, rate: 0.3, seed: 1, measured: measured)).count == 3)
    }

    /// In exponential gaps, the mean is also the standard deviation, and e⁻¹ of them are longer than it.
    @Test func poissonGapsAreExponential() {
        let measured = Duration.zero..<Duration.seconds(500)
        let due = Arrivals(.poisson, rate: 200, seed: 7, measured: measured).map(\.seconds)
        let gaps = zip(due.dropFirst(), due).map { $0 - $1 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        let longer = Double(gaps.count { $0 > mean }) / Double(gaps.count)
        #expect(abs(mean * 200 - 1) < 0.02)
        #expect(abs(variance.squareRoot() * 200 - 1) < 0.02)
        #expect(abs(longer - 0.3679) < 0.01)
    }

    @Test func burstsComeTwelveAtOnce() {
        let due = Array(Arrivals(.bursts, rate: 120, seed: 1, measured: .zero..<(.seconds(1))))
        #expect(due == (0..<10).flatMap { Array(repeating: Duration.milliseconds(100 * $0), count: 12) })
    }

    @Test func equalSeedsGiveEqualArrivals() {
        func arrivals(seed: UInt64) -> [Duration] {
            Array(Arrivals(.poisson, rate: 90, seed: seed, measured: Self.measured))
        }
        #expect(arrivals(seed: 3) == arrivals(seed: 3))
        #expect(arrivals(seed: 3) != arrivals(seed: 4))
    }
}

@Suite struct ScheduleTests {
    private func arrivals(_ schedule: Schedule) -> [Arrival] {
        var schedule = schedule
        var arrivals: [Arrival] = []
        while let arrival = schedule.removeNext() { arrivals.append(arrival) }
        return arrivals
    }

    @Test func routesAreMergedInTheOrderOfTime() {
        let merged = arrivals(
            Schedule(rates: [4, 2], process: .constant, seed: 1, measured: .zero ..< .seconds(1)))
        let expected: [Arrival] = [
            Arrival(due: .zero, route: 0), Arrival(due: .zero, route: 1),
            Arrival(due: .milliseconds(250), route: 0),
            Arrival(due: .milliseconds(500), route: 0), Arrival(due: .milliseconds(500), route: 1),
            Arrival(due: .milliseconds(750), route: 0),
        ]
        #expect(merged == expected)
    }

    @Test func nothingIsDueAtTheEndOrAfter() {
        let merged = arrivals(
            Schedule(rates: [10], process: .constant, seed: 1, measured: .seconds(1) ..< .seconds(3)))
        #expect(merged.count == 30)
    }

    @Test func routesOfOneRateDoNotArriveTogether() {
        let merged = arrivals(
            Schedule(rates: [50, 50], process: .poisson, seed: 1, measured: .seconds(1) ..< .seconds(10)))
        let first = Set(merged.filter { $0.route == 0 }.map(\.due))
        let second = Set(merged.filter { $0.route == 1 }.map(\.due))
        #expect(first.count == 500)
        #expect(first.isDisjoint(with: second))
    }
}
