import Testing

@testable import Analysis
@testable import Reporting

@Suite struct EstimateTextTests {
    private func estimate(_ value: Double, _ error: Double, samples: UInt64 = 100) -> Estimate {
        Estimate(value: value, standardError: error, samples: samples)
    }

    @Test(
        arguments: [
            (0.1234, 0.0123, "12 ± 1 %"), (0.1234, 0.04, "12 ± 4 %"), (0.0821, 0.003, "8.2 ± 0.3 %"),
            (0.0821, 0.02, "8 ± 2 %"), (0.0031, 0.0004, "0.3 ± 0.1 %"), (0.0001, 0.00001, "< 0.1 %"),
            (0.5, 0.0001, "50 ± 1 %"),
            (0.997, 0.0008, "99.7 ± 0.1 %"), (0.42, 0.2, "42 ± 20 %"),
        ] as [(Double, Double, String)]) func sharesHaveTheDigitsThatTheirErrorLeaves(
            value: Double, error: Double, text: String
        )
    {
        #expect(EstimateText.share(estimate(value, error)) == text)
    }

    @Test(
        arguments: [
            (0, 0.004, "< 2 %"), (0.01, 0.009, "< 4 %"), (0, 1e-9, "< 1 %"), (1, 0.01, "> 97 %"),
            (0.99, 0.02, "> 93 %"),
            (1, 0, "> 99 %"), (0, 0.2, nil), (0.3, 0.3, nil), (1, 0.3, nil), (.nan, 0.1, nil), (0.1, .infinity, nil),
            (-0.1, 0.1, nil),
        ] as [(Double, Double, String?)]) func whatIsNotSureIsABoundOrNothing(
            value: Double, error: Double, text: String?
        )
    {
        #expect(EstimateText.share(estimate(value, error)) == text)
    }

    @Test func noSamplesAreNoShareOfNothing() {
        #expect(EstimateText.share(estimate(0, 0, samples: 0)) == nil)
    }

    @Test(
        arguments: [
            (1.204e9, 4.6e7, "1.12 ± 0.04 GiB"), (96e6, 7e6, "92 ± 7 MiB"), (520, 40, "520 ± 40 B"),
            (524_288, 524_000, nil), (0, 0, nil), (.infinity, 1, nil),
        ] as [(Double, Double, String?)]) func sizes(value: Double, error: Double, text: String?)
    {
        #expect(EstimateText.bytes(estimate(value, error)) == text)
    }

    @Test(
        arguments: [
            (12_345, 431, "12,300 ± 400"), (690_000, 18_400, "690,000 ± 20,000"), (31, 4, "31 ± 4"),
            (1_204_000, 51_000, "1.20 ± 0.05 M"), (9_300, 9_300, nil),
        ] as [(Double, Double, String?)]) func counts(value: Double, error: Double, text: String?)
    {
        #expect(EstimateText.count(estimate(value, error)) == text)
    }
}

@Suite struct SizeTests {
    @Test(
        arguments: [
            (0, "0 B"), (1, "1 B"), (999, "999 B"), (1_000, "0.98 KiB"), (1_408, "1.38 KiB"), (43_200_000, "41.2 MiB"),
            (.max, "> 999 TiB"),
        ] as [(UInt64, String)]) func bytes(bytes: UInt64, text: String)
    {
        #expect(Quantity.bytes(bytes) == text)
    }

    @Test(
        arguments: [
            (0, "0/s"), (0.001, "< 0.01/s"), (0.25, "0.25/s"), (148_213, "148,000/s"), (999.9, "1,000/s"),
            (12_345_678, "12.3 M/s"), (.nan, "?"),
        ] as [(Double, String)]) func rates(perSecond: Double, text: String)
    {
        #expect(Quantity.rate(perSecond) == text)
    }
}
