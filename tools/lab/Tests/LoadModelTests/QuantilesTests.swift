// A quantile is one of the values: the least that so many do not exceed.

import LoadModel
import Testing

@Suite struct QuantilesTests {
    @Test func nearestRankOfAHundred() {
        let quantiles = Quantiles((1...100).map(Int64.init).shuffled())
        for percent in 1...100 {
            #expect(quantiles.quantile(Double(percent) / 100) == .nanoseconds(percent))
        }
        #expect(quantiles.quantile(0) == .nanoseconds(1))
        #expect(quantiles.max == .nanoseconds(100))
    }

    @Test func ranksAreRoundedUp() {
        let quantiles = Quantiles([10, 20, 30])
        #expect(quantiles.quantile(0.5) == .nanoseconds(20))
        #expect(quantiles.quantile(0.34) == .nanoseconds(20))
        #expect(quantiles.quantile(0.33) == .nanoseconds(10))
        #expect(quantiles.quantile(0.99) == .nanoseconds(30))
    }

    /// Against the definition, in every small world.
    @Test func agreesWithTheDefinition() {
        for count in 1...40 {
            let values = (1...count).map { Int64($0 * $0) }
            for share in stride(from: 0.05, through: 1, by: 0.05) {
                let least = values.first { value in
                    Double(values.count { $0 <= value }) >= share * Double(count) - 1e-9
                }
                #expect(Quantiles(values).quantile(share)?.nanoseconds == least)
            }
        }
    }

    @Test func nothingHasNoQuantile() {
        #expect(Quantiles([]).quantile(0.99) == nil)
        #expect(Quantiles([]).max == nil)
    }
}
