// Letters that are written on a thread of their own each.

import Foundation

extension Ailment {
    static let threadChurn = Ailment("thread-churn", "every request starts a thread") {
        let rounds = await Calibration.units(in: .microseconds(300)) { MailMerge.letter(rounds: $0) }
        let merge = MailMerge(rounds: rounds)
        return PriceBoard().endpoints() + [
            Endpoint("POST /letter", perSecond: 400) {
                try await Task.sleep(for: .milliseconds(1))
                _ = await merge.write()
            }
        ]
    }
}

struct MailMerge: Sendable {
    var rounds: Int

    // planted: begin
    @inline(never)
    func write() async -> Int {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.letter(rounds: rounds)) }
        }
    }
    // planted: end

    @inline(never)
    static func letter(rounds: Int) -> Int {
        var text = 7
        // Safe: a checksum is arithmetic modulo 2^64.
        for round in 0..<rounds { text = (text ^ round) &* 33 &+ (text >> 5) }
        return text
    }
}
