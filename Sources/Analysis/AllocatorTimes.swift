// How long the allocator takes: by calls that were timed, one in N of them at random.
//
// Each timed call stands for N. The variance of the sum of their durations d is that of calls which are timed with the
// chance p = 1 / N each: the sum of (1 - p) / p² d² = N (N - 1) d². (The gaps between timed calls are more even than
// that, so the error is rather less.)

import Sessions

struct AllocatorTimes: Sendable {
    /// Durations of timed calls, added up.
    struct Sum: Sendable {
        var timings: UInt64 = 0
        var seconds: Double = 0
        var squares: Double = 0

        mutating func add(_ duration: Double) {
            // Wrapping here and below: counts of records.
            timings &+= 1
            seconds += duration
            squares += duration * duration
        }

        mutating func merge(_ other: Sum) {
            timings &+= other.timings
            seconds += other.seconds
            squares += other.squares
        }

        /// The part of `whole` seconds that all calls took, one in `calls` having been timed; `nil` without timings. It
        /// is not over one, which chance alone could make it.
        func share(of whole: Double, oneIn calls: Double) -> Estimate? {
            guard timings > 0, whole > 0, whole.isFinite else { return nil }
            return Estimate(
                value: min(1, calls * seconds / whole),
                standardError: (calls * (calls - 1) * squares).squareRoot() / whole, samples: timings)
        }
    }

    private static let pollsMax = 65_536

    /// A timed call stands for so many.
    let calls: Double
    private let secondsPerTick: Double
    private let timerTicks: Double
    private let interruptedSeconds: Double
    private let spanOfCPU: ClosedRange<Ticks>?

    private(set) var polls: [PollKey: Sum] = [:]
    /// In the time that the process's CPU time is known for.
    private(set) var process = Sum()
    private(set) var timings: UInt64 = 0
    private(set) var interrupted: UInt64 = 0

    init(facts: RecordingFacts, thresholds: ReportThresholds) {
        calls = Double(max(1, facts.info.allocationTimingCalls))
        secondsPerTick = facts.calibration.secondsPerTick
        // It comes from a file: anything may stand there.
        let timer = facts.info.allocationTimerTicks
        timerTicks = timer.isFinite ? max(0, timer) : 0
        interruptedSeconds = thresholds.interruptedTiming.value
        spanOfCPU = facts.spanOfCPU
    }

    mutating func add(_ timing: AllocatorTiming) {
        // Wrapping: counts of records.
        timings &+= 1
        let seconds: Double
        switch timing.duration {
        case .cpuNanoseconds(let nanoseconds): seconds = Double(nanoseconds) * 1e-9
        case .ticks(let ticks):
            guard Double(ticks) * secondsPerTick <= interruptedSeconds else {
                interrupted &+= 1
                return
            }
            seconds = max(0, Double(ticks) - timerTicks) * secondsPerTick
        }
        if spanOfCPU?.contains(timing.at) ?? false { process.add(seconds) }
        guard let context = timing.context else { return }
        var key = PollKey(context)
        if polls.count >= Self.pollsMax, polls[key] == nil { key = PollKey(stack: 0, kind: .other, executor: 0) }
        polls[key, default: Sum()].add(seconds)
    }
}
