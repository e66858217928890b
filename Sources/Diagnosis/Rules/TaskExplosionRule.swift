// Does code make more tasks than anybody can run?

import Analysis
import Wording

enum TaskExplosionRule: Rule {
    static let kind = FindingKind.taskExplosion

    static func findings(in examination: Examination) -> [Finding] {
        let load = examination.model.load
        let limits = examination.limits
        guard let start = load.starts.max(by: { peak($0) < peak($1) }) else { return [] }
        let waiting = start.waitingPeak
        let group = load.census?.groups.first
        let live = load.tasks?.livePeak ?? 0
        let most = max(waiting, group?.tasks ?? 0)
        guard Double(most) >= limits.backlog.value else { return [] }
        // The one who makes them is at fault; what they are made of is known in any case.
        let made = group.flatMap { $0.code?.function == start.site.place.function ? $0.maker : nil }
        let place = made ?? start.site.place
        let rate = load.tasks?.createdPerSecondPeak ?? 0
        let span = Quantity.duration(load.startStretchSeconds)
        let tail = examination.model.blame.tails.compactMap { tail -> TailHarm? in
            let seconds = tail.culprits.filter { $0.site.place.function == start.site.place.function }
                .reduce(0) { $0 + $1.seconds }
            return seconds > 0
                ? TailHarm(
                    request: tail.request, seconds: seconds,
                    share: tail.meanSeconds > 0 ? seconds / tail.meanSeconds : 0, requests: tail.requests)
                : nil
        }.max { $0.seconds < $1.seconds }
        var effects = ["as many as \(Quantity.count(live)) tasks lived at once, a kilobyte and more each"]
        if waiting > 0 { effects.append("\(Quantity.count(waiting)) of them had not begun") }
        if let tail {
            effects.append("\(tail.request.printable) +\(Quantity.duration(tail.seconds)) in its slowest 1 %")
        }
        return [
            Finding(
                kind,
                tail.map { $0.seconds >= limits.criticalTailSeconds.value } ?? false ? .critical : .warning,
                site: FindingSite(code: place, poll: start.site),
                headline: "\(place.function.printable) makes \(Quantity.count(start.madePeak)) tasks within \(span)",
                context: made == nil ? "" : "each begins in \(start.site.place.function.printable)", effects: effects,
                impact: FindingImpact(tailSeconds: tail?.seconds, request: tail?.request),
                evidence: [
                    FindingEvidence("livePeak", Double(live), "\(Quantity.count(live)) alive at once"),
                    FindingEvidence("madePeak", Double(start.madePeak), "\(Quantity.count(start.madePeak)) in \(span)"),
                    FindingEvidence("waitingPeak", Double(waiting), "\(Quantity.count(waiting)) waiting to begin"),
                    FindingEvidence("tasksPerSecondPeak", rate, "\(Quantity.rate(rate)) at most"),
                ],
                advice: [
                    "bound them: start as many as can run (a few times the processors, or what the pool behind them lends), "
                        + "and add one with group.addTask each time that group.next() returns",
                    "or give each task a batch of items in place of one",
                ])
        ]
    }

    private static func peak(_ start: TaskStartSite) -> UInt64 { max(start.waitingPeak, start.madePeak) }
}
