// How much of the machine others used meanwhile: what they take is truly contention, and no one planted it.

import Foundation

struct OtherWork {
    private let busy: Double
    private let ours: Double
    private let start = ContinuousClock.now

    init() {
        busy = Self.busySeconds
        ours = Self.ourSeconds
    }

    /// Processors that others kept busy since this was made, on average.
    var processors: Double {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return max(0, (Self.busySeconds - busy) - (Self.ourSeconds - ours)) / seconds
    }

    /// Of all processes: user, nice, system, interrupts, and what other machines took, from the first line of /proc/stat.
    private static var busySeconds: Double {
        let text = FileManager.default.contents(atPath: "/proc/stat").map { String(decoding: $0, as: UTF8.self) } ?? ""
        let fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().map { Double($0) ?? 0 }
        guard fields.count >= 8 else { return 0 }
        let ticks = fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Of this program, and of those that it ran and that have ended.
    private static var ourSeconds: Double {
        [RUSAGE_SELF, RUSAGE_CHILDREN].reduce(0) { total, who in
            var usage = rusage()
            getrusage(__rusage_who_t(who.rawValue), &usage)
            return total + seconds(usage.ru_utime) + seconds(usage.ru_stime)
        }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
}
