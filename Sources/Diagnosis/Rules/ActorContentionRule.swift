// Which actors do tasks stand in line for?

import Analysis
import Wording

enum ActorContentionRule: Rule {
    static let kind = FindingKind.actorContention

    static func findings(in examination: Examination) -> [Finding] {
        examination.model.blame.executors.filter { $0.kind == .actors }.compactMap { finding($0, examination) }
    }

    private static func finding(_ blame: ExecutorBlame, _ examination: Examination) -> Finding? {
        guard let type = examination.model.actors.types.first(where: { "actor \($0.type)" == blame.name }),
            type.held.queued >= 10
        else { return nil }
        let wait = type.held.waitSeconds
        let held = blame.waitSeconds - blame.schedulerSeconds
        let share = blame.waitSeconds > 0 ? held / blame.waitSeconds : 0
        // Where nobody had the actor, it waited for a thread itself: that is the pool's.
        guard wait.p99 * share >= examination.model.thresholds.longWait.value, let first = blame.culprits.first
        else { return nil }
        let busiest = examination.model.actors.actors.filter { $0.type == type.type }.max {
            $0.utilisation < $1.utilisation
        }
        let tail = examination.tail(of: blame)
        let isCritical =
            wait.p99 * share >= examination.limits.criticalWait.value
            || tail.map { $0.seconds >= examination.limits.criticalTailSeconds.value } ?? false
        let busy = busiest.map { Quantity.share(min(1, $0.utilisation)) } ?? "?"
        let rate = examination.seconds > 0 ? Double(type.held.holds) / examination.seconds : 0
        var effects = [
            "\(Quantity.share(share)) of the \(Quantity.duration(blame.waitSeconds)) that tasks waited for it"
        ]
        if let tail, tail.seconds > 0 {
            effects.append("\(tail.request.printable) +\(Quantity.duration(tail.seconds)) in its slowest 1 %")
        }
        return Finding(
            kind, isCritical ? .critical : .warning, site: FindingSite(code: first.site.place, poll: first.site),
            subject: blame.name,
            headline:
                "tasks wait \(Quantity.duration(wait.p99)) at P99 for the \(blame.name.printable), held \(busy) of "
                + "the time",
            context:
                "held longest by \(first.site.place.text(width: 60)): \(Quantity.share(held > 0 ? first.seconds / held : 0))"
                + " of the blame; a hold takes \(Quantity.duration(type.held.holdSeconds.p50)) at P50, \(Quantity.rate(rate))",
            effects: effects,
            impact: FindingImpact(
                waitSeconds: held, waitShare: share, tailSeconds: tail?.seconds, request: tail?.request),
            evidence: [
                FindingEvidence("waitSecondsP99", wait.p99, "wait P99 \(Quantity.duration(wait.p99))"),
                FindingEvidence("holds", Double(type.held.holds), Quantity.counted(type.held.holds, "hold")),
                FindingEvidence(
                    "queued", Double(type.held.queued), "\(Quantity.count(type.held.queued)) of them queued"),
                FindingEvidence(
                    "holdSecondsP99", type.held.holdSeconds.p99,
                    "a hold takes \(Quantity.duration(type.held.holdSeconds.p99)) at P99"),
            ],
            victims: tail.map { [FindingVictim(name: $0.request, seconds: $0.seconds * Double($0.requests))] } ?? [],
            advice: [
                "do less on the actor: make what needs none of its state nonisolated, and compute before or after the call",
                "or several of them, one a key (a shard); or, for state that is read and written in a moment, a Mutex",
            ])
    }
}
