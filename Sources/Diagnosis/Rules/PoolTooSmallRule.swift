// Does a pool of connections keep its users waiting?

import Analysis
import Wording

enum PoolTooSmallRule: Rule {
    static let kind = FindingKind.poolTooSmall

    static func findings(in examination: Examination) -> [Finding] {
        examination.model.pools.compactMap { pool in
            guard let advice = pool.advice, advice.verdict == .tooSmall else { return nil }
            return finding(pool, advice, examination)
        }
    }

    static func lacks(in examination: Examination) -> String? {
        let silent = examination.model.pools.compactMap { pool in
            pool.adviceMissing.map { "pool \"\(pool.name.printable)\": \($0)" }
        }
        return silent.isEmpty ? nil : silent.joined(separator: "; ")
    }

    private static func finding(_ pool: PoolReport, _ advice: PoolAdvice, _ examination: Examination) -> Finding {
        let wait = pool.waitSeconds.p99
        let capacity = pool.capacity.map { "\($0)" } ?? "unknown"
        let tail = examination.poolTail
        var effects = ["as many as \(Quantity.count(UInt64(max(0, pool.waitingPeak)))) waiting at once"]
        if pool.timedOut > 0 { effects.append("\(Quantity.count(pool.timedOut)) gave up waiting") }
        if let tail {
            effects.append("\(tail.request.printable) +\(Quantity.duration(tail.seconds)) in its slowest 1 %")
        }
        let now = pool.capacity.flatMap { size in advice.sizes.first { $0.size == size } }
        let then = advice.sizes.first { $0.size == advice.size }
        let expected =
            then.map {
                "; expect acquire P99 \(Quantity.duration(now?.waitP99 ?? wait)) → \(Quantity.duration($0.waitP99))"
            } ?? ""
        return Finding(
            kind, wait >= examination.limits.criticalPoolWait.value ? .critical : .warning, subject: pool.name,
            headline: "pool \"\(pool.name.printable)\" of \(capacity) is too small: acquiring takes "
                + "\(Quantity.duration(wait)) at P99",
            context: "", effects: effects,
            impact: FindingImpact(
                waitSeconds: pool.waitSeconds.totalSeconds, tailSeconds: tail?.seconds ?? wait, request: tail?.request),
            evidence: [
                FindingEvidence("acquires", Double(pool.acquired), Quantity.counted(pool.acquired, "acquire")),
                FindingEvidence("waitSecondsP99", wait, "wait P99 \(Quantity.duration(wait))"),
                FindingEvidence("littlesLaw", advice.littlesLaw, PoolText.load(pool, advice)),
            ],
            advice: [
                "\(PoolText.size(advice)) connections: \(PoolText.replays(pool, advice))\(expected)",
                "or hold them shorter: \(Quantity.duration(pool.holdSeconds.p50)) at P50 now",
            ])
    }
}

extension Examination {
    /// The requests whose slowest wait longest for pools.
    var poolTail: TailHarm? {
        model.requests.endpoints.compactMap { endpoint in
            guard let cohort = endpoint.cohorts.first(where: { $0.kind == .slowest1Percent }) else { return nil }
            let seconds = cohort.mean[.poolWait]
            return TailHarm(
                request: endpoint.name, seconds: seconds,
                share: cohort.meanSeconds > 0 ? seconds / cohort.meanSeconds : 0, requests: Int(clamping: cohort.count))
        }.filter { $0.seconds > 0 }.max { $0.seconds < $1.seconds }
    }
}
