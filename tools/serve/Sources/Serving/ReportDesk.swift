// Reports one after the other: each is an analysis, and the machine has other things to do.

import Synchronization

final class ReportDesk: Sendable {
    /// Those who wait for another's report. Whoever comes then is sent away.
    static let waitingMax = 4

    private struct State {
        var isBusy = false
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let state = Mutex(State())

    /// Runs `body` when it is its turn; `nil`: too many wait already.
    func inTurn<Answer: Sendable>(_ body: () async -> Answer) async -> Answer? {
        guard await turn() else { return nil }
        let answer = await body()
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isBusy = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: true)
        return answer
    }

    private func turn() async -> Bool {
        await withCheckedContinuation { continuation in
            enum Turn { case now, later, never }
            let turn: Turn = state.withLock { state in
                guard state.isBusy else {
                    state.isBusy = true
                    return .now
                }
                guard state.waiting.count < Self.waitingMax else { return .never }
                state.waiting.append(continuation)
                return .later
            }
            switch turn {
            case .now: continuation.resume(returning: true)
            case .later: break
            case .never: continuation.resume(returning: false)
            }
        }
    }
}
