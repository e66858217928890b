// Does code keep an event loop from its descriptors?

import Analysis
import Wording

enum EventLoopBlockedRule: Rule {
    static let kind = FindingKind.eventLoopBlocked

    static func findings(in examination: Examination) -> [Finding] {
        let model = examination.model
        let loops = Dictionary(model.eventLoops.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        guard !loops.isEmpty else { return [] }
        let ran = 1 - (model.kernelWait?.pollThreads.share ?? 0)
        var causes: [Cause] = []
        for site in model.longPolls where loops[site.executor] != nil {
            let blocks = site.split.blockedSeconds > site.split.onCPUSeconds
            let limit = model.thresholds.longPoll.value
            guard blocks || site.computes(limit, ran: ran) else { continue }
            let fault = CodeAtFault(site, blocks ? .blocked : .cpu)
            let call = blocks ? site.calls.first : nil
            let place = call?.place ?? fault?.place ?? site.site.place
            if let index = causes.firstIndex(where: {
                $0.place.function == place.function && $0.place.file == place.file
            }) {
                causes[index].sites.append(site)
            } else {
                causes.append(Cause(place: place, sites: [site], call: call))
            }
        }
        return causes.compactMap { finding($0, loops, examination) }
    }

    private struct Cause {
        var place: CodePlace
        var sites: [LongPollSite]
        var call: BlockingSite?
    }

    private static func finding(
        _ cause: Cause, _ loops: [String: EventLoopReport], _ examination: Examination
    ) -> Finding? {
        let names = Set(cause.sites.map(\.executor)).sorted()
        guard
            let worst = names.compactMap({ loops[$0] }).max(by: {
                $0.arrivalWaitSeconds.p99 < $1.arrivalWaitSeconds.p99
            }),
            let main = cause.sites.first
        else { return nil }
        let polls = cause.sites.reduce(0) { $0 + $1.polls }
        let seconds = cause.sites.reduce(0) { $0 + $1.split.totalSeconds }
        let mean = seconds / Double(max(1, polls))
        let p99 = worst.arrivalWaitSeconds.p99
        let isFelt = p99 >= examination.model.thresholds.longWait.value
        let turns = cause.sites.map(\.pollSeconds.max).max() ?? 0
        let does = cause.call.map { "blocks in \($0.call)" } ?? "computes"
        let severity: Severity =
            !isFelt || polls < UInt64(examination.limits.episodesLeast)
            ? .info : p99 >= examination.limits.criticalWait.value ? .critical : .warning
        return Finding(
            kind, severity, site: FindingSite(code: cause.place, poll: main.site), subject: worst.name,
            headline: "\(cause.place.function.printable) \(does) \(Quantity.duration(mean)) on an event loop",
            context: "in a \(main.site.place.function.printable)"
                + (names.count > 1 ? " and \(Quantity.counted(UInt64(names.count - 1), "more loop"))" : ""),
            effects: [
                "what comes in on \(worst.name.printable) waits up to \(Quantity.duration(worst.arrivalWaitSeconds.max)), "
                    + "\(Quantity.duration(p99)) at P99",
                "all connections of the loop stand still meanwhile",
            ],
            impact: FindingImpact(waitSeconds: seconds, tailSeconds: p99),
            evidence: [
                FindingEvidence("longTurns", Double(polls), Quantity.counted(polls, "long turn")),
                FindingEvidence("turnSeconds", mean, "\(Quantity.duration(mean)) each, in the mean"),
                FindingEvidence("longestTurnSeconds", turns, "the longest \(Quantity.duration(turns))"),
                FindingEvidence("arrivalWaitSecondsP99", p99, "an arrival waits \(Quantity.duration(p99)) at P99"),
            ],
            advice: [
                "leave the loop: hand it to a task, a thread pool (threadPool.runIfActive) or an actor, and come back with "
                    + "eventLoop.execute { … } or the future's result"
            ] + (cause.call.map { BlockingAdvice.advice(for: $0).prefix(1).map { $0 } } ?? []))
    }
}
