// From counted holds and names to the report's values of actors.

import CPollscopeLayout
import Sessions

extension ActorsReport {
    /// Beyond it, an actor is in the figures of its type only.
    public static let instancesMax = 100

    init(
        _ analysis: HoldAnalysis, types names: TypeNames, clock: TickClock, durationSeconds: Double,
        names sites: inout StackNames
    ) {
        let known = zip(analysis.keys, analysis.actors)
        var numbers: [HoldAnalysis.Key: Int] = [:]
        var instances: [UInt16: UInt64] = [:]
        var ofTypes = analysis.rest.mapValues(\.figures)
        for (key, actor) in known.sorted(by: { $0.1.firstStart < $1.1.firstStart }) {
            instances[key.type, default: 0] += 1
            numbers[key] = Int(instances[key.type] ?? 0)
            ofTypes[key.type, default: HoldFigures()].merge(actor.figures)
        }
        types = ofTypes.map { type, figures in
            ActorTypeReport(
                type: names.actor(type),
                instances: (instances[type] ?? 0) + (analysis.rest[type]?.instances ?? 0),
                held: HoldReport(figures, clock: clock))
        }.sorted { ($1.held.holdSeconds.totalSeconds, $0.type) < ($0.held.holdSeconds.totalSeconds, $1.type) }

        let busiest = known.sorted {
            ($1.1.figures.heldTicks, $0.1.firstStart, $0.0.actor) < (
                $0.1.figures.heldTicks, $1.1.firstStart, $1.0.actor
            )
        }
        actors = []
        for (key, actor) in busiest.prefix(Self.instancesMax) {
            let busy = clock.seconds(actor.figures.busyTicks)
            actors.append(
                ActorReport(
                    type: names.actor(key.type), instance: numbers[key] ?? 1, number: key.actor,
                    held: HoldReport(actor.figures, clock: clock),
                    utilisation: durationSeconds > 0 ? busy / durationSeconds : 0,
                    sites: ActorSite.all(of: actor, clock: clock, names: &sites)))
        }
    }
}

extension ActorReport {
    public static let sitesMax = 10
}

extension HoldReport {
    init(_ figures: HoldFigures, clock: TickClock) {
        holds = figures.holds
        atOnce = figures.atOnce
        holdSeconds = DurationSummary(figures.held, totalSeconds: clock.seconds(figures.heldTicks))
        waitSeconds = DurationSummary(figures.wait, totalSeconds: clock.seconds(figures.waitTicks))
    }
}

extension ActorSite {
    fileprivate static func all(of actor: HeldActor, clock: TickClock, names: inout StackNames) -> [ActorSite] {
        var places: [SiteName: HoldPlace] = [:]
        for (stack, place) in actor.places {
            let site = names.site(
                of: PollKey(stack: stack, kind: .task, executor: UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)))
            places[site, default: HoldPlace()].merge(place)
        }
        let (held, waited) = (actor.figures.heldTicks, actor.figures.waitTicks)
        return
            places.sorted { a, b in
                (
                    b.value.heldTicks, a.key.place.function, a.key.place.line ?? -1, a.key.place.awaitPoint ?? -1,
                    a.key.task
                )
                    < (
                        a.value.heldTicks, b.key.place.function, b.key.place.line ?? -1,
                        b.key.place.awaitPoint ?? -1, b.key.task
                    )
            }.prefix(ActorReport.sitesMax).map { site, place in
                ActorSite(
                    site: site, holds: place.holds, heldSeconds: clock.seconds(place.heldTicks),
                    heldShare: held > 0 ? Double(place.heldTicks) / Double(held) : 0,
                    waitSeconds: clock.seconds(place.waitTicks),
                    waitShare: waited > 0 ? Double(place.waitTicks) / Double(waited) : 0)
            }
    }
}

extension ThreadsReport {
    init(_ facts: RecordingFacts) {
        created = facts.countersAdded(\.threadsCreated)
        let seconds = facts.secondsOfCounters
        createdPerSecond = seconds > 0 ? Double(created) / seconds : nil
    }
}
