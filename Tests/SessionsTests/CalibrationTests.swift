// The length of a tick: a line through two moments.

import Sessions
import Testing

@Suite("Calibration")
struct CalibrationTests {
    private func calibration(
        ticks: UInt64, nanoseconds: UInt64, from first: UInt64 = 1_000, nominal: UInt64 = 2_000_000_000
    ) -> Calibration {
        Calibration(
            first: ClockAnchor(ticks: Ticks(first), monotonicNanoseconds: 5_000),
            last: ClockAnchor(ticks: Ticks(first + ticks), monotonicNanoseconds: 5_000 + nanoseconds),
            nominalHertz: nominal)
    }

    @Test("Two anchors that are far apart give the length of a tick")
    func twoAnchors() {
        let calibration = calibration(ticks: 3_000_000_000, nanoseconds: 1_000_000_000)
        #expect(abs(calibration.secondsPerTick * 3e9 - 1) < 1e-12)
        #expect(abs(calibration.seconds(1_500_000_000) - 0.5) < 1e-12)
    }

    @Test("Anchors that are close together are not believed")
    func closeAnchors() {
        let calibration = calibration(ticks: 3_000_000, nanoseconds: 1_000_000)
        #expect(calibration.secondsPerTick == 1 / 2e9)
    }

    @Test("Anchors in the wrong order are not believed")
    func wrongOrder() {
        var calibration = calibration(ticks: 3_000_000_000, nanoseconds: 1_000_000_000)
        swap(&calibration.first, &calibration.last)
        #expect(calibration.secondsPerTick == 1 / 2e9)
    }

    @Test("A rate of zero gives no infinity")
    func noRate() {
        let calibration = calibration(ticks: 0, nanoseconds: 0, nominal: 0)
        #expect(calibration.secondsPerTick == 1)
    }

    @Test("Moments count from the first anchor, backwards too")
    func sinceStart() {
        let calibration = calibration(ticks: 2_000_000_000, nanoseconds: 1_000_000_000, from: 4_000_000_000)
        #expect(abs(calibration.secondsSinceStart(Ticks(5_000_000_000)) - 0.5) < 1e-12)
        #expect(abs(calibration.secondsSinceStart(Ticks(3_000_000_000)) + 0.5) < 1e-12)
        #expect(calibration.secondsSinceStart(Ticks(4_000_000_000)) == 0)
    }

    @Test("No ticks whatever give a number that is not one", arguments: [0, 1, UInt64.max / 2, .max])
    func anyTicks(_ ticks: UInt64) {
        let calibration = calibration(ticks: 3_000_000_000, nanoseconds: 1_000_000_000)
        #expect(calibration.seconds(ticks).isFinite)
        #expect(calibration.secondsSinceStart(Ticks(ticks)).isFinite)
    }
}
