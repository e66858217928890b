// Does code give way so often that giving way is what it does?

import Analysis
import Wording

enum OverYieldingRule: Rule {
    static let kind = FindingKind.overYielding

    /// What a yield costs beside the poll: the runtime's helper job, two hand-overs.
    private static let yieldSeconds = 0.65e-6

    static func findings(in examination: Examination) -> [Finding] {
        let limits = examination.limits
        var findings: [Finding] = []
        for helper in examination.model.sites where helper.kind == .yield {
            let function =
                helper.place.function.hasPrefix("yield of ")
                ? String(helper.place.function.dropFirst("yield of ".count)) : helper.place.function
            let own = examination.model.sites.filter {
                $0.kind == .task && $0.place.function == function && $0.place.line == helper.place.line
                    && $0.place.awaitPoint == helper.place.awaitPoint
            }
            let polls = own.reduce(0) { $0 + $1.polls }
            guard polls > 0, let site = own.max(by: { $0.polls < $1.polls }) else { continue }
            let yields = min(polls, helper.polls)
            let cost =
                (Double(yields) * yieldSeconds + helper.pollSeconds.totalSeconds) / max(1e-9, examination.cpuSeconds)
            guard Double(yields) >= limits.yieldShare.value * Double(polls),
                site.pollSeconds.p50 < limits.yieldPoll.value, cost >= limits.yieldCPUShare.value
            else { continue }
            let rate = examination.seconds > 0 ? Double(yields) / examination.seconds : 0
            // So many of today's stretches make one of 200 µs.
            let every = max(2, UInt64(nearest: 200e-6 / max(1e-8, site.pollSeconds.p50)))
            findings.append(
                Finding(
                    kind, .warning,
                    site: FindingSite(
                        code: CodePlace(
                            function: function, awaitPoint: helper.place.awaitPoint, file: helper.place.file,
                            line: helper.place.line), poll: SiteName(place: site.place, task: site.task)),
                    headline: "\(function.printable) yields \(Quantity.rate(rate)), after "
                        + "\(Quantity.duration(site.pollSeconds.p50)) of work each time",
                    context: SiteName(place: site.place, task: site.task).context(
                        besides: CodePlace(function: function, awaitPoint: nil, file: nil, line: nil)),
                    effects: [
                        "about \(Quantity.share(min(1, cost))) of CPU time goes into yielding",
                        "each yield puts the task behind all that wait",
                    ],
                    impact: FindingImpact(cpuShare: min(1, cost)),
                    evidence: [
                        FindingEvidence("yields", Double(yields), Quantity.counted(yields, "yield")),
                        FindingEvidence(
                            "pollSecondsP50", site.pollSeconds.p50,
                            "a poll between them takes \(Quantity.duration(site.pollSeconds.p50)) at P50"),
                        FindingEvidence(
                            "waitSecondsP50", site.waitSeconds.p50,
                            "it waits \(Quantity.duration(site.waitSeconds.p50)) at P50 to go on"),
                    ],
                    advice: [
                        "yield after every \(Quantity.count(every)) items in place of each: 200 µs of work between two yields "
                            + "keeps everybody served"
                    ]))
        }
        return findings
    }
}
