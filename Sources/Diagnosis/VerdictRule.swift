// Is tuning worth it, and what should be left alone?

import Analysis
import Wording

enum VerdictRule {
    static func verdict(_ findings: [Finding], in examination: Examination) -> Verdict {
        let model = examination.model
        let limits = examination.limits
        switch model.coverage.signal {
        case .none: return Verdict(.unknown, sentence: "Nothing can be said: too little of the service was seen.")
        case .idle:
            guard findings.allSatisfy({ $0.severity < .warning }) else { break }
            return Verdict(
                .unknown,
                sentence: "Nothing can be said: the service did next to nothing. Record it under load.")
        case .seen: break
        }
        let worst = findings.map(\.severity).max() ?? .info
        let leaveAlone = leaveAlone(findings, examination)
        guard model.polls >= limits.pollsLeast || worst >= .warning else {
            return Verdict(
                .unknown,
                sentence:
                    "Nothing can be said: \(Quantity.counted(model.polls, "poll")) are too few. Record until there "
                    + "are \(Quantity.count(limits.pollsLeast)).")
        }
        guard worst >= .warning else {
            let waits = model.executors.filter {
                ($0.kind == .global || $0.kind == .main) && $0.polls >= limits.pollsLeast
            }
            if let late = waits.first(where: { $0.waitSeconds.p99 >= model.thresholds.longWait.value }) {
                return Verdict(
                    .unknown,
                    sentence:
                        "No rule explains it, but jobs wait \(Quantity.duration(late.waitSeconds.p99)) at P99 for the "
                        + "\(late.name.printable): see --findings.", leaveAlone: leaveAlone)
            }
            return Verdict(.healthy, sentence: "Nothing wrong. \(lookedAt(examination))", leaveAlone: leaveAlone)
        }
        guard let slow = worstEndpoint(model) else {
            return Verdict(
                .worthIt,
                sentence:
                    "Worth tuning by what was found. How much requests gain is not known: the service does not tell "
                    + "of them (Pollscope.request).", leaveAlone: leaveAlone)
        }
        let duration = slow.durationSeconds
        let ratio = duration.p50 > 0 ? duration.p99 / duration.p50 : 0
        let rate = model.requests.endpoints.reduce(0) { $0 + $1.perSecond }
        // Little's law.
        let atOnce = model.requests.endpoints.reduce(0) {
            $0 + $1.perSecond * ($1.count > 0 ? $1.durationSeconds.totalSeconds / Double($1.count) : 0)
        }
        let times = ratio >= 1.5 ? ", \(Quantity.threeDigits(ratio)) times the median," : ""
        let figures =
            "P99 of \(slow.name.printable) is \(Quantity.duration(duration.p99))\(times) at "
            + "\(Quantity.rate(rate)) requests, \(Quantity.threeDigits(atOnce)) at once on average"
        let isSlow = duration.p99 >= limits.worthP99.value
        let isCrowded = atOnce >= limits.worthConcurrency.value
        let isSkewed = ratio >= 10 && duration.p99 >= 4 * limits.tailSeconds.value
        if !isSlow, !isCrowded, !isSkewed {
            return Verdict(
                .notWorthIt,
                sentence: "Hardly worth tuning: \(figures). It is from a P99 of "
                    + "\(Quantity.limit(limits.worthP99.value)) or \(Quantity.count(UInt64(nearest: limits.worthConcurrency.value))) "
                    + "requests at once on.", leaveAlone: leaveAlone)
        }
        if rate < limits.worthRate.value, worst < .critical {
            return Verdict(
                .notWorthIt,
                sentence: "Hardly worth tuning: \(figures); below \(Quantity.rate(limits.worthRate.value)) a larger "
                    + "machine is cheaper.", leaveAlone: leaveAlone)
        }
        return Verdict(.worthIt, sentence: "Worth tuning: \(figures).", leaveAlone: leaveAlone)
    }

    private static func worstEndpoint(_ model: ReportModel) -> RequestReport? {
        model.requests.endpoints.filter { $0.count >= 10 }.max { $0.durationSeconds.p99 < $1.durationSeconds.p99 }
    }

    /// What stands behind a clean bill.
    private static func lookedAt(_ examination: Examination) -> String {
        let model = examination.model
        var parts = ["\(Quantity.counted(model.polls, "poll")) in \(Quantity.duration(examination.seconds))"]
        if let longest = model.sites.map(\.pollSeconds.max).max(), longest > 0 {
            parts.append("the longest \(Quantity.duration(longest))")
        }
        let waits = model.executors.filter { $0.waitHistogram.count > 0 && $0.kind != .eventLoop }
        if let worst = waits.max(by: { $0.waitSeconds.p99 < $1.waitSeconds.p99 }) {
            parts.append("wait P99 \(Quantity.duration(worst.waitSeconds.p99)) at most (\(worst.name.printable))")
        }
        let requests = model.requests.endpoints.reduce(0) { $0 + $1.count }
        if requests > 0 { parts.append(Quantity.counted(requests, "request")) }
        return "Looked at " + parts.joined(separator: ", ") + "."
    }

    /// What was looked at and is fine.
    private static func leaveAlone(_ findings: [Finding], _ examination: Examination) -> [String] {
        let model = examination.model
        var fine: [String] = []
        for pool in model.pools where pool.advice?.verdict == .right {
            let size = pool.capacity.map { " of \($0)" } ?? ""
            fine.append("pool \"\(pool.name.printable)\" (\(pool.inUsePeak)\(size) used)")
        }
        if let share = model.allocations?.allocatorShare, share.value < model.thresholds.allocatorShare.value {
            fine.append("allocation (\(Quantity.share(share.value)) of CPU)")
        }
        if !model.eventLoops.isEmpty, !findings.contains(where: { $0.kind == .eventLoopBlocked }),
            let worst = model.eventLoops.map(\.arrivalWaitSeconds.p99).max()
        {
            fine.append("event loops (an arrival waits \(Quantity.duration(worst)) at P99)")
        }
        if let busiest = model.actors.types.first, !findings.contains(where: { $0.kind == .actorContention }),
            busiest.held.waitSeconds.p99 < model.thresholds.longWait.value
        {
            fine.append(
                "actors (wait P99 \(Quantity.duration(busiest.held.waitSeconds.p99)) for \(busiest.type.printable))")
        }
        return fine
    }
}
