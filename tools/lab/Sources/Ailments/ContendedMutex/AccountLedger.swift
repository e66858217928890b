// Balances behind a lock that the one who writes statements keeps while it writes.

import Foundation

extension Ailment {
    static let contendedMutex = Ailment("contended-mutex", "readers wait for an NSLock that is held for 30 ms") {
        let ledger = AccountLedger()
        OwnThread.start("statements") {
            while true {
                Thread.sleep(forTimeInterval: 0.05)
                ledger.writeStatements()
            }
        }
        return PriceBoard().endpoints() + [
            Endpoint("GET /balance/{id}", perSecond: 60) {
                try await Task.sleep(for: .milliseconds(2))
                _ = ledger.balance(of: 17)
            }
        ]
    }
}

final class AccountLedger: Sendable {
    private let lock = NSLock()
    /// With `lock` held.
    private nonisolated(unsafe) var balances = Array(repeating: 100, count: 1_000)

    // planted: begin
    @inline(never)
    func balance(of account: Int) -> Int {
        lock.lock()
        defer { lock.unlock() }
        return balances[account]
    }

    /// Keeps the lock until the last line is written, on a slow disk.
    @inline(never)
    func writeStatements() {
        lock.lock()
        defer { lock.unlock() }
        for account in balances.indices { balances[account] += 1 }
        Thread.sleep(forTimeInterval: 0.03)
    }
    // planted: end
}
