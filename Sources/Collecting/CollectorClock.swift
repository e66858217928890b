// What time it is for the collector.

import Glibc

enum CollectorClock {
    /// Seconds on a clock that never goes back.
    static var now: Double { seconds(CLOCK_MONOTONIC) }
    /// Seconds since 1970.
    static var wall: Double { seconds(CLOCK_REALTIME) }
    /// CPU time of this process.
    static var cpuSeconds: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

    /// CPU time of the thread that asks.
    static var threadCPUSeconds: Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var now = timespec()
        clock_gettime(clock, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }

    /// `20261129T012244Z`, for names of files.
    static func stamp(_ wall: Double) -> String {
        var moment = time_t(wall)
        var parts = tm()
        gmtime_r(&moment, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))T"
            + "\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z"
    }
}
