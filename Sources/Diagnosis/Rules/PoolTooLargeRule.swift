// Is a pool of connections larger than what it needs, or than what is behind it can serve?

import Analysis
import Wording

enum PoolTooLargeRule: Rule {
    static let kind = FindingKind.poolTooLarge

    static func findings(in examination: Examination) -> [Finding] {
        examination.model.pools.compactMap { pool in
            guard let advice = pool.advice else { return nil }
            switch advice.verdict {
            case .tooLarge: return unused(pool, advice, examination)
            case .saturated: return saturated(pool, advice, examination)
            case .tooSmall, .right: return nil
            }
        }
    }

    private static func unused(_ pool: PoolReport, _ advice: PoolAdvice, _ examination: Examination) -> Finding {
        let capacity = pool.capacity ?? pool.inUsePeak
        let isLarge = Double(capacity) >= examination.limits.largePool.value
        return Finding(
            kind, isLarge ? .warning : .info, subject: pool.name,
            headline: "pool \"\(pool.name.printable)\" of \(Quantity.count(UInt64(max(0, capacity)))) "
                + (pool.inUsePeak < capacity
                    ? "never lends more than \(Quantity.count(UInt64(max(0, pool.inUsePeak))))"
                    : "is larger than it need be"),
            effects: ["each connection costs the server behind it memory, and a place"], impact: FindingImpact(),
            evidence: evidence(pool, advice),
            advice: ["\(PoolText.size(advice)) would do: \(PoolText.replays(pool, advice))"])
    }

    private static func saturated(_ pool: PoolReport, _ advice: PoolAdvice, _ examination: Examination) -> Finding {
        let growth = advice.holdGrowth.map { "\(Quantity.threeDigits($0)) times as long" } ?? "longer"
        let tail = examination.poolTail
        return Finding(
            kind, .warning, subject: pool.name,
            headline:
                "pool \"\(pool.name.printable)\" lends more than what is behind it can serve: holds take \(growth) "
                + "when most are in use",
            effects: ["a larger pool would only move the wait behind the pool"],
            impact: FindingImpact(tailSeconds: tail?.seconds, request: tail?.request),
            evidence: evidence(pool, advice)
                + pool.holdByUse.map {
                    FindingEvidence(
                        "medianHoldSeconds", $0.medianHoldSeconds,
                        "a hold takes \(Quantity.duration($0.medianHoldSeconds)) with \($0.inUse.lowerBound) to "
                            + "\($0.inUse.upperBound) in use")
                },
            advice: [
                "look at what is behind it (slow queries, locks, its own limits) before the pool",
                "and make the pool smaller: holds get shorter with fewer at once",
            ])
    }

    private static func evidence(_ pool: PoolReport, _ advice: PoolAdvice) -> [FindingEvidence] {
        [
            FindingEvidence("acquires", Double(pool.acquired), Quantity.counted(pool.acquired, "acquire")),
            FindingEvidence("inUsePeak", Double(pool.inUsePeak), "\(pool.inUsePeak) in use at most"),
            FindingEvidence("littlesLaw", advice.littlesLaw, PoolText.load(pool, advice)),
        ]
    }
}
