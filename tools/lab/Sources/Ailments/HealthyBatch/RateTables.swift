// Healthy: a batch that computes for 50 ms at a time, on a thread of its own, where it holds up nobody.

extension Ailment {
    static let healthyBatch = Ailment("healthy-batch", "a batch computes 50 ms at a time on an executor of its own") {
        let rows = await Calibration.units(in: .milliseconds(50)) { RateTables.table(rows: $0, seed: 3) }
        let batch = ThreadExecutor("batch", threads: 1)
        Task(executorPreference: batch) {
            var seed = 1
            while true {
                try await Task.sleep(for: .milliseconds(100))
                seed = RateTables.table(rows: rows, seed: seed)
            }
        }
        return PriceBoard().endpoints()
    }
}

enum RateTables {
    @inline(never)
    static func table(rows: Int, seed: Int) -> Int {
        var rate = seed
        // Safe: a checksum is arithmetic modulo 2^64.
        for row in 0..<rows { rate = (rate ^ row) &* 131 &+ (rate >> 7) }
        return rate
    }
}
