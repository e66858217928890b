// Sites that are entries of several executors, put together.

extension SiteReport {
    /// Whether the long polls are this site's.
    public func isSame(as inside: LongPollSite) -> Bool {
        inside.site.place == place && inside.site.task == task && inside.kind == kind && inside.executor == executor
    }

    fileprivate mutating func merge(_ other: SiteReport) {
        polls += other.polls
        longPolls += other.longPolls
        criticalPolls += other.criticalPolls
        unknownWaits += other.unknownWaits
        share += other.share
        blockedSeconds += other.blockedSeconds
        pollHistogram.merge(other.pollHistogram)
        waitHistogram.merge(other.waitHistogram)
        pollSeconds = DurationSummary(
            pollHistogram, totalSeconds: pollSeconds.totalSeconds + other.pollSeconds.totalSeconds)
        waitSeconds = DurationSummary(
            waitHistogram, totalSeconds: waitSeconds.totalSeconds + other.waitSeconds.totalSeconds)
    }
}

/// What of a site is the same on all executors.
private struct PlaceOfSite: Hashable {
    var site: SiteName
    var kind: PollKind

    init(_ site: SiteReport) {
        self.site = SiteName(place: site.place, task: site.task)
        kind = site.kind
    }
}

extension [SiteReport] {
    /// With one entry for what is the same on several event loops; its executor is the first one's. By total poll time.
    public var mergedOverEventLoops: [SiteReport] {
        var merged: [SiteReport] = []
        var indices: [PlaceOfSite: Int] = [:]
        for site in self {
            let key = PlaceOfSite(site)
            if site.executorKind == .eventLoop, let index = indices[key] {
                merged[index].merge(site)
            } else {
                if site.executorKind == .eventLoop { indices[key] = merged.count }
                merged.append(site)
            }
        }
        return merged.enumerated().sorted {
            ($1.element.pollSeconds.totalSeconds, $0.offset) < ($0.element.pollSeconds.totalSeconds, $1.offset)
        }.map(\.element)
    }
}
