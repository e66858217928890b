// How much of some work takes a given time of a CPU of this machine.

import Foundation

enum Calibration {
    /// How many units of `work` take `time`: measured on a thread of its own, as time on a CPU, so that a busy machine
    /// does not count. `work` returns something that depends on what it did, so that it is not optimised away.
    static func units(in time: Duration, of work: @escaping @Sendable (Int) -> Int) async -> Int {
        await withCheckedContinuation { continuation in
            OwnThread.start("calibration") { continuation.resume(returning: measure(time, work)) }
        }
    }

    private static func measure(_ time: Duration, _ work: (Int) -> Int) -> Int {
        let wanted = time / .seconds(1)
        var units = 1
        var taken = cpuSeconds(of: work, units)
        while taken < 0.005, units < 1 << 40 {
            units *= 2
            taken = cpuSeconds(of: work, units)
        }
        // The median: the quickest trials run at a speed of the processor that does not last.
        let trials = (0..<15).map { _ in cpuSeconds(of: work, units) }.sorted()
        return max(1, Int(Double(units) * wanted / trials[trials.count / 2]))
    }

    private static func cpuSeconds(of work: (Int) -> Int, _ units: Int) -> Double {
        let start = threadSeconds
        let result = work(units)
        let end = threadSeconds
        // Never true; it keeps the work from being optimised away.
        if result == .min { print(result) }
        return end - start
    }

    private static var threadSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
