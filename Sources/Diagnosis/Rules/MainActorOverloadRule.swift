// Does the main actor keep its jobs waiting?

import Analysis
import Wording

enum MainActorOverloadRule: Rule {
    static let kind = FindingKind.mainActorOverload

    static func findings(in examination: Examination) -> [Finding] {
        guard let blame = examination.model.blame.executors.first(where: { $0.kind == .main }),
            let executor = examination.executor(blame.name)
        else { return [] }
        let p99 = executor.waitSeconds.p99
        let held = blame.waitSeconds - blame.schedulerSeconds
        guard p99 >= examination.model.thresholds.longWait.value, executor.polls >= 10,
            held >= examination.limits.mainWaitShare.value * blame.waitSeconds, let first = blame.culprits.first
        else { return [] }
        let sites = examination.model.longPolls.filter { $0.executor == blame.name && $0.site == first.site }
        let code = sites.first.flatMap { CodeAtFault($0, .cpu) }
        let calls = BlockingCode.all(in: examination) { $0.site == first.site }
        let blocks = first.blockedSeconds > first.seconds / 2 ? calls.first : nil
        let place = blocks?.main.place ?? code?.place ?? first.site.place
        let tail = examination.tail(of: blame)
        let isCritical = p99 >= examination.limits.criticalWait.value
        let site = examination.model.sites.first {
            $0.place == first.site.place && $0.task == first.site.task && $0.executor == blame.name
        }
        let runs =
            site.map {
                ", which runs \(Quantity.duration($0.pollSeconds.p50)) at P50, "
                    + "\(Quantity.counted($0.polls, "time"))"
            } ?? ""
        var effects = [
            "\(Quantity.share(first.share)) of the \(Quantity.duration(blame.waitSeconds)) that jobs waited for it"
        ]
        if let tail {
            effects.append("\(tail.request.printable) +\(Quantity.duration(tail.seconds)) in its slowest 1 %")
        }
        return [
            Finding(
                kind, isCritical ? .critical : .warning, site: FindingSite(code: place, poll: first.site),
                subject: blame.name,
                headline: "jobs wait \(Quantity.duration(p99)) at P99 for the main actor, most for "
                    + place.function.printable,
                context: "held by \(first.site.place.text(width: 60))\(runs)"
                    + (blocks.map { "; blocked in \($0.main.call)" } ?? ""),
                effects: effects,
                impact: FindingImpact(
                    waitSeconds: first.seconds, waitShare: first.share, tailSeconds: tail?.seconds,
                    request: tail?.request),
                evidence: [
                    FindingEvidence("waitSecondsP99", p99, "wait P99 \(Quantity.duration(p99))"),
                    FindingEvidence(
                        "utilisation", executor.utilisation, "busy \(Quantity.share(min(1, executor.utilisation)))"),
                    FindingEvidence(
                        "longPolls", Double(executor.longPolls), Quantity.counted(executor.longPolls, "long poll")),
                ],
                victims: examination.waiting(on: blame.name, except: []).prefix(5).map {
                    FindingVictim(name: $0.function, seconds: $0.seconds)
                },
                advice: [
                    "take \(place.function.printable) off @MainActor (nonisolated, an actor of its own): a service has no "
                        + "screen that needs the main thread",
                    "what must stay there: a snapshot of the state, and the work elsewhere",
                ] + (blocks.map { BlockingAdvice.advice(for: $0.main).prefix(1).map { $0 } } ?? []))
        ]
    }
}
