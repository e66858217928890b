// Confirmations that come by a callback, of which some never come: nobody gives up waiting.

import Dispatch
import Synchronization

extension Ailment {
    static let leakedContinuation = Ailment("leaked-continuation", "some requests wait for a callback that never comes")
    {
        let desk = ConfirmationDesk()
        return PriceBoard().endpoints() + [
            Endpoint("POST /booking", perSecond: 40) { try await desk.confirm(17) }
        ]
    }
}

final class ConfirmationDesk: Sendable {
    private struct State {
        var asked = 0
        var lost: [UnsafeContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let partner = DispatchQueue(label: "booking-partner", attributes: .concurrent)

    // planted: begin
    /// The partner's answer takes 5 ms; one in ten gets lost.
    @inline(never)
    func confirm(_ booking: Int) async throws {
        // What the partner charges, from the price list.
        try await Task.sleep(for: .milliseconds(2))
        await withUnsafeContinuation { continuation in
            let isLost = state.withLock { state in
                state.asked += 1
                guard state.asked % 10 == 7 else { return false }
                state.lost.append(continuation)
                return true
            }
            guard !isLost else { return }
            partner.asyncAfter(deadline: .now() + .milliseconds(5)) { continuation.resume() }
        }
    }
    // planted: end
}
