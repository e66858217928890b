// A service that computes a little, beside neighbours that use all CPUs.

import Foundation

extension Ailment {
    static let stolenCPU = Ailment("stolen-cpu", "neighbours on the machine use the CPUs, six for each") {
        let days = await Calibration.units(in: .milliseconds(3)) { PriceHistory.average(days: $0) }
        try await OwnThread.run {
            for _ in 0..<6 * ProcessInfo.processInfo.activeProcessorCount { try startNeighbour() }
        }
        return PriceBoard().endpoints() + [
            Endpoint("GET /history/{id}", perSecond: 30) {
                try await Task.sleep(for: .milliseconds(2))
                _ = PriceHistory.average(days: days)
            }
        ]
    }
}

enum PriceHistory {
    @inline(never)
    static func average(days: Int) -> Int {
        var price = 100
        // Safe: a checksum is arithmetic modulo 2^64.
        for day in 0..<days { price = (price ^ day) &* 131 &+ (price >> 7) }
        return price
    }
}

/// Another process of this program, which ends with this one.
private func startNeighbour() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["neighbour", "--parent", "\(getpid())"]
    try process.run()
}
