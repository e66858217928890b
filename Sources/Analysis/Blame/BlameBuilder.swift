// From charges and names to the report's values of blame.

import CPollscopeLayout
import Sessions

extension BlameReport {
    static let episodesMax = 100
    private static let placesMax = 12

    init(
        _ results: BlameResults, widths: [Int], clock: TickClock, start: Ticks,
        requestNames: (RequestTable.Key) -> String,
        names: inout StackNames
    ) {
        self.init()
        unresolvedSeconds = results.unresolvedTicks * clock.secondsPerTick
        var charges = [[SiteKey: BlameCharge]](repeating: [:], count: results.groups.count)
        for entry in results.charges {
            charges[entry.group][SiteKey(entry.key, names: &names), default: BlameCharge()].add(entry.charge)
        }
        for (figures, charged) in zip(results.groups, charges) where figures.waitTicks > 0 {
            executors.append(ExecutorBlame(figures, charged, widths: widths, clock: clock, names: names))
        }
        executors.sort { ($0.waitSeconds, $1.name) > ($1.waitSeconds, $0.name) }
        for entry in results.episodes.prefix(Self.episodesMax) {
            let group = results.groups[entry.episode.group].group
            episodes.append(
                Episode(entry, group: group, keys: results.keys, clock: clock, start: start, names: &names))
        }
        tails = Self.tails(of: results, charges, clock: clock, requestNames: requestNames, names: &names)
    }

    /// Tails of endpoints with one name after grouping are put together.
    private static func tails(
        of results: BlameResults, _ charges: [[SiteKey: BlameCharge]], clock: TickClock,
        requestNames: (RequestTable.Key) -> String, names: inout StackNames
    ) -> [TailReport] {
        var sums: [String: TailSum] = [:]
        for (lane, tail) in results.tails.enumerated() {
            let name = requestNames(tail.key)
            sums[name, default: TailSum()].add(tail, names: &names)
            for (figures, charged) in zip(results.groups, charges) {
                let part: AnatomyPart =
                    switch figures.group {
                    case .executor: .executorWait
                    case .actors: .actorWait
                    }
                sums[name, default: TailSum()].scheduler += figures.schedulerVictims[lane]
                for (site, charge) in charged where charge.victims[lane] > 0 {
                    sums[name, default: TailSum()].culprits[TailSum.Place(site: site.site, part: part), default: 0] +=
                        charge.victims[lane]
                }
            }
        }
        return sums.map { name, sum in
            let share = clock.secondsPerTick / Double(max(1, sum.requests))
            func places(_ ticks: [TailSum.Place: Double]) -> [TailPlace] {
                ticks.map { TailPlace(site: $0.key.site, part: $0.key.part, seconds: $0.value * share) }
                    .sorted { $0.comesBefore($1) }.prefix(placesMax).map { $0 }
            }
            return TailReport(
                request: name, requests: sum.requests, meanSeconds: sum.ticks * share, own: places(sum.own),
                culprits: places(sum.culprits), schedulerSeconds: sum.scheduler * share)
        }.sorted { ($0.meanSeconds, $1.request) > ($1.meanSeconds, $0.request) }
    }
}

/// What is added up of one tail, in ticks.
private struct TailSum {
    struct Place: Hashable {
        var site: SiteName
        var part: AnatomyPart
    }

    var requests = 0
    var ticks: Double = 0
    var scheduler: Double = 0
    var own: [Place: Double] = [:]
    var culprits: [Place: Double] = [:]

    mutating func add(_ tail: RequestTail, names: inout StackNames) {
        requests += tail.requests.count
        for request in tail.requests {
            ticks += Double(request.ticks)
            for stretch in request.stretches {
                switch stretch.part {
                case .onCPU, .blocked, .kernelWait:
                    let key = PollKey(stack: stretch.stack, kind: stretch.kind, executor: stretch.executor)
                    own[Place(site: names.site(of: key), part: stretch.part), default: 0] += Double(stretch.ticks)
                default: break
                }
            }
        }
    }
}

extension TailPlace {
    fileprivate func comesBefore(_ other: TailPlace) -> Bool {
        if seconds != other.seconds { return seconds > other.seconds }
        return (site.place.function, site.place.line ?? -1, site.task, part.rawValue)
            < (other.site.place.function, other.site.place.line ?? -1, other.site.task, other.part.rawValue)
    }
}

extension BlameSweep.Group {
    fileprivate func name(_ names: StackNames) -> String {
        switch self {
        case .executor(let number): names.executors[number]
        case .actors(let type): names.executors.actor(type)
        }
    }

    fileprivate func kind(_ names: StackNames) -> ExecutorKind {
        switch self {
        case .executor(let number): names.executors.kind(of: number)
        case .actors: .actors
        }
    }
}

extension ExecutorBlame {
    fileprivate init(
        _ figures: BlameFigures, _ charges: [SiteKey: BlameCharge], widths: [Int], clock: TickClock, names: StackNames
    ) {
        func seconds(_ ticks: Double) -> Double { ticks * clock.secondsPerTick }
        name = figures.group.name(names)
        kind = figures.group.kind(names)
        width =
            switch figures.group {
            case .executor(let number): max(1, widths.indices.contains(Int(number)) ? widths[Int(number)] : 1)
            case .actors: 1
            }
        waitSeconds = seconds(figures.waitTicks)
        schedulerSeconds = seconds(figures.schedulerTicks)
        episodes = figures.episodes
        episodeSeconds = seconds(figures.episodeTicks)
        episodeWaitSeconds = seconds(figures.episodeWaitTicks)
        culprits = charges.sorted { a, b in
            a.value.ticks != b.value.ticks ? a.value.ticks > b.value.ticks : a.key.comesBefore(b.key)
        }.prefix(Self.culpritsMax).map { key, charge in
            Culprit(
                site: key.site, kind: key.kind, executor: names.executor(of: key), seconds: seconds(charge.ticks),
                share: charge.ticks / figures.waitTicks, blockedSeconds: seconds(charge.blocked),
                kernelWaitSeconds: seconds(charge.kernel))
        }
    }
}

extension Episode {
    fileprivate init(
        _ entry: EpisodeLog.Entry, group: BlameSweep.Group, keys: [PollKey], clock: TickClock, start: Ticks,
        names: inout StackNames
    ) {
        let episode = entry.episode
        executor = group.name(names)
        startSeconds =
            episode.start >= start.rawValue
            ? clock.seconds(episode.start - start.rawValue) : -clock.seconds(start.rawValue - episode.start)
        durationSeconds = clock.seconds(episode.end - episode.start)
        peakDepth = episode.peakDepth
        oldestSeconds = clock.seconds(episode.oldestTicks)
        victims = episode.victims
        waitSeconds = episode.waitTicks * clock.secondsPerTick
        let computing = entry.all.ticks - entry.all.blocked - entry.all.kernel
        cause =
            entry.all.blocked >= max(computing, entry.all.kernel)
            ? .blocked : entry.all.kernel > computing ? .kernel : .computing
        var sites: [SiteName: Double] = [:]
        for culprit in entry.culprits {
            sites[names.site(of: keys[Int(culprit.key)]), default: 0] += culprit.charge.ticks
        }
        let all = entry.all.ticks
        culprits = sites.sorted {
            $0.value != $1.value ? $0.value > $1.value : $0.key.place.function < $1.key.place.function
        }.map { EpisodeCulprit(site: $0.key, share: all > 0 ? $0.value / all : 0) }
    }
}
