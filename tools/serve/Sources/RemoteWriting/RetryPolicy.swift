// What becomes of a request after an attempt: it is done, is tried again, or is given up.

/// How an attempt to send a request went.
enum WriteOutcome: Sendable, Hashable {
    /// The store has answered. `retryAfter` is the header's text, `text` what the answer says.
    case answered(status: Int, retryAfter: String?, text: String)
    /// There was no answer, and why.
    case failed(String)
}

struct RetryPolicy: Sendable {
    enum Decision: Sendable, Hashable {
        case sent
        /// After so many seconds; why.
        case retry(seconds: Double, String)
        /// Would fail again: why.
        case refused(String)
    }

    var backoffSeconds: Double
    var longestBackoffSeconds: Double

    /// A store that asks for more rest than this is not believed.
    static let longestRetryAfterSeconds: Double = 300

    /// - Parameters:
    ///   - attempt: 0 for the first.
    ///   - chance: from 0 to 1: spreads the next attempts of many, so that a store that comes up again is not run over.
    func decision(_ outcome: WriteOutcome, attempt: Int, chance: Double) -> Decision {
        switch outcome {
        case .failed(let why):
            return .retry(seconds: backoff(attempt, chance), why)
        case .answered(let status, let retryAfter, let text):
            let sentence = "HTTP status \(status)" + (text.isEmpty ? "" : ": \(text)")
            switch status {
            case 200..<300: return .sent
            case 429, 500...:
                // Dates are not read: what asks for one is waited for as for those that ask for nothing.
                let asked = retryAfter.flatMap(Double.init).flatMap { $0 >= 0 ? $0 : nil }
                let seconds = backoff(attempt, chance)
                return .retry(seconds: max(min(asked ?? 0, Self.longestRetryAfterSeconds), seconds), sentence)
            default: return .refused(sentence)
            }
        }
    }

    /// Doubles with each attempt; between half of it and all.
    private func backoff(_ attempt: Int, _ chance: Double) -> Double {
        let doubled = backoffSeconds * Double(sign: .plus, exponent: min(attempt, 30), significand: 1)
        return min(doubled, longestBackoffSeconds) * (0.5 + 0.5 * min(max(chance, 0), 1))
    }
}
