// Stock behind a Mutex that a count of all goods keeps, on threads of its own, while the requests wait on the runtime's.

import Synchronization

extension Ailment {
    static let swiftMutex = Ailment("swift-mutex", "requests wait for a Mutex that another task holds for 30 ms") {
        let rounds = await Calibration.units(in: .milliseconds(30)) { StockLevels().count(rounds: $0) }
        let stock = StockLevels()
        let counting = ThreadExecutor("counting", threads: 1)
        Task(executorPreference: counting) {
            while true {
                try await Task.sleep(for: .milliseconds(50))
                _ = stock.count(rounds: rounds)
            }
        }
        return PriceBoard().endpoints() + [
            Endpoint("POST /reservation", perSecond: 60) {
                try await Task.sleep(for: .milliseconds(2))
                stock.reserve(17)
            }
        ]
    }
}

final class StockLevels: Sendable {
    private let levels = Mutex(Array(repeating: 100, count: 500))

    // planted: begin
    @inline(never)
    func reserve(_ article: Int) {
        levels.withLock { $0[article] -= 1 }
    }

    /// Nobody may reserve anything until all is counted.
    @inline(never)
    func count(rounds: Int) -> Int {
        levels.withLock { levels in
            var checksum = 0
            // Safe: a checksum is arithmetic modulo 2^64.
            for round in 0..<rounds { checksum = (checksum &+ levels[(checksum ^ round) & 255]) &* 31 }
            return checksum
        }
    }
    // planted: end
}
