// What to say of a pool: which size would do and why, and what is not as it should be.

import Analysis

package enum PoolText {
    // MARK: Advice

    /// `needs 12 (rate 410/s × hold 23.0 ms = 9.43 in use on average); acquire P99 600 µs at 12, 1.40 ms at 11`.
    package static func advice(_ pool: PoolReport) -> String {
        guard pool.acquired > 0 || pool.failed > 0 else { return "not used" }
        guard let advice = pool.advice else { return pool.adviceMissing ?? "no advice" }
        let text =
            switch advice.verdict {
            case .tooSmall: "too small: needs \(size(advice)) (\(load(pool, advice))); \(replays(pool, advice))"
            case .tooLarge:
                "larger than it need be: \(size(advice)) would do (\(load(pool, advice))); \(replays(pool, advice))"
                    + otherReason(pool, advice)
            case .saturated: saturated(pool, advice)
            case .right: right(pool, advice)
            }
        return text + bound(advice) + stretch(advice)
    }

    package static func size(_ advice: PoolAdvice) -> String {
        (advice.isAtLeast ? "at least " : "") + Quantity.count(UInt64(max(0, advice.size)))
    }

    package static func load(_ pool: PoolReport, _ advice: PoolAdvice) -> String {
        let mean = pool.holdHistogram.mean ?? 0
        return "rate \(Quantity.rate(pool.perSecond)) × hold \(Quantity.duration(mean)) = "
            + "\(Quantity.threeDigits(advice.littlesLaw)) in use on average"
    }

    /// `acquire P99 600 µs at 12, 1.40 ms at 11`.
    package static func replays(_ pool: PoolReport, _ advice: PoolAdvice) -> String {
        func wait(_ size: Int) -> String? {
            advice.sizes.first { $0.size == size }.map { "\(Quantity.duration($0.waitP99)) at \(size)" }
        }
        let texts = [wait(advice.size), advice.size > 1 ? wait(advice.size - 1) : nil].compactMap { $0 }
        return texts.isEmpty ? "" : "acquire P99 " + texts.joined(separator: ", ")
    }

    /// Of a pool that is waited for though it never lends all that it has.
    private static func otherReason(_ pool: PoolReport, _ advice: PoolAdvice) -> String {
        guard pool.waitSeconds.p99 >= advice.targetSeconds else { return "" }
        return ". That acquiring takes \(Quantity.duration(pool.waitSeconds.p99)) at P99 is not for its size: at most "
            + "\(Quantity.count(UInt64(max(0, pool.inUsePeak)))) were in use at once"
    }

    private static func saturated(_ pool: PoolReport, _ advice: PoolAdvice) -> String {
        let growth = advice.holdGrowth.map { "\(Quantity.threeDigits($0)) times as long" } ?? "longer"
        return "what is behind it is the limit: holds take \(growth) when most are in use as when few are"
            + "; a larger pool would only move the wait behind the pool"
    }

    private static func right(_ pool: PoolReport, _ advice: PoolAdvice) -> String {
        let limit = Quantity.limit(advice.targetSeconds)
        guard pool.waitSeconds.p99 < advice.targetSeconds else {
            return
                "large enough: \(size(advice)) would do by the recorded holds (\(load(pool, advice))), and acquiring "
                + "takes \(limit) or longer for another reason than its size"
        }
        return "leave alone: \(size(advice)) would do (\(load(pool, advice)))"
    }

    private static func bound(_ advice: PoolAdvice) -> String {
        guard advice.isAtLeast, advice.verdict != .saturated else { return "" }
        return ". Whoever waits asks for no more meanwhile, so with shorter waits it may take more, but no more than "
            + "\(Quantity.count(UInt64(max(0, advice.wantedPeak)))), which were wanted at once"
    }

    private static func stretch(_ advice: PoolAdvice) -> String {
        advice.stretchSeconds.map { ". From the first \(Quantity.duration($0)) of the recording" } ?? ""
    }

    // MARK: Figures

    /// What the table has no column for.
    package static func figures(_ pool: PoolReport) -> String {
        var texts = [
            "\(Quantity.counted(pool.acquired, "acquire"))",
            "wait P50 \(Quantity.duration(pool.waitSeconds.p50)), longest \(Quantity.duration(pool.waitSeconds.max))",
            "hold P99 \(Quantity.duration(pool.holdSeconds.p99)), longest \(Quantity.duration(pool.holdSeconds.max))",
            "waiting at once \(Quantity.count(UInt64(max(0, pool.waitingPeak)))) at most",
        ]
        if pool.failed > 0 {
            let kinds = [(pool.timedOut, "timed out"), (pool.cancelled, "cancelled")].filter { $0.0 > 0 }
                .map { "\(Quantity.count($0.0)) \($0.1)" }
            texts.append(
                "\(Quantity.count(pool.failed)) failed" + (kinds.isEmpty ? "" : " (\(kinds.joined(separator: ", ")))"))
        }
        if pool.connectionsOpened > 0 || pool.connectionsClosed > 0 {
            texts.append(
                "connections: \(Quantity.count(pool.connectionsOpened)) opened, "
                    + "\(Quantity.count(pool.connectionsClosed)) closed")
        }
        return texts.joined(separator: "; ")
    }

    // MARK: Problems

    /// What somebody should look at; empty where all is well.
    package static func problems(_ pool: PoolReport) -> [String] {
        var sentences: [String] = []
        if let capacity = pool.capacity, pool.inUsePeak > capacity {
            sentences.append(
                "as many as \(Quantity.count(UInt64(pool.inUsePeak))) were in use, though its size is said to be \(capacity): "
                    + "tell Pollscope the size that it has, and of a release before the connection goes back")
        }
        if pool.releasedTwice > 0 {
            sentences.append(
                "given back that had been given back: \(Quantity.counted(pool.releasedTwice, "time")); somebody may "
                    + "use what is lent to another")
        }
        if pool.dropped > 0 {
            sentences.append(
                "never given back, and lost: \(Quantity.count(pool.dropped)); look for ways out that pass release() by")
        }
        if pool.askedAfterClose > 0 {
            sentences.append("asked for after it was closed: \(Quantity.counted(pool.askedAfterClose, "time"))")
        }
        if !pool.isOpen, pool.inUse > 0 {
            sentences.append("closed with \(Quantity.count(pool.inUse)) still in use")
        }
        return sentences
    }
}
