// Payments that are tried again after a pause: a pause of the thread, not of the task.

import Foundation
import Synchronization

extension Ailment {
    static let threadSleep = Ailment("thread-sleep", "a retry waits by putting its thread to sleep for 30 ms") {
        let gateway = PaymentGateway()
        return PriceBoard().endpoints() + [
            Endpoint("POST /payment", perSecond: 30) {
                try await Task.sleep(for: .milliseconds(2))
                gateway.charge(cents: 1_250)
            }
        ]
    }
}

final class PaymentGateway: Sendable {
    private let charges = Mutex(0)

    // planted: begin
    /// Tries until it works: every other time at once, every eighth at the third attempt.
    @inline(never)
    func charge(cents: Int) {
        let number = charges.withLock { count in
            count += 1
            return count
        }
        var attempts = 1
        while !works(cents, number, attempts) {
            Thread.sleep(forTimeInterval: 0.03 * Double(attempts))
            attempts += 1
        }
    }
    // planted: end

    private func works(_ cents: Int, _ number: Int, _ attempts: Int) -> Bool {
        cents > 0 && (number.isMultiple(of: 2) || attempts > (number % 8 == 1 ? 2 : 1))
    }
}
