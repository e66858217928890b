// A synchronous interface in front of an asynchronous one: it waits on a thread of the pool for work that needs one.

import Dispatch

extension Ailment {
    static let poolDeadlock = Ailment("pool-deadlock", "all threads wait for tasks that none is left to run") {
        let client = LegacyClient()
        return PriceBoard().endpoints() + [
            // Twelve at once are more than there are threads.
            Endpoint("GET /customer/{id}", perSecond: 6, arrivals: .bursts, after: .seconds(2)) {
                _ = client.customer(17)
            }
        ]
    }
}

struct LegacyClient: Sendable {
    private func fetch(_ number: Int) async -> Int {
        try? await Task.sleep(for: .milliseconds(5))
        return number
    }

    // planted: begin
    @inline(never)
    func customer(_ number: Int) -> Int {
        let done = DispatchSemaphore(value: 0)
        // Written before the signal, and read after it.
        nonisolated(unsafe) var customer = 0
        Task {
            customer = await fetch(number)
            done.signal()
        }
        done.wait()
        return customer
    }
    // planted: end
}
