// All that a report knows of one site, gathered from its parts.

/// One site on one executor, whole.
public struct SiteDetail: Sendable {
    public var site: SiteName
    public var kind: PollKind
    public var executor: String
    /// `nil`: none of its polls has ended.
    public var polls: SiteReport?
    /// `nil`: none of its polls was long, or nothing is known of what they did.
    public var longPolls: LongPollSite?
    /// Calls of polls of the site, whatever their kind and executor.
    public var calls: [BlockingSite]
    /// Longest first, of those that the model has.
    public var slowest: [PollReport]
    public var unfinished: [PollReport]
}

extension ReportModel {
    /// The sites that match, by total poll time.
    public func sites(matching pattern: SitePattern) -> [SiteDetail] {
        struct Key: Hashable {
            var site: SiteName
            var kind: PollKind
            var executor: String
        }
        var seen: Set<Key> = []
        let keys =
            sites.map { Key(site: SiteName(place: $0.place, task: $0.task), kind: $0.kind, executor: $0.executor) }
            + longPolls.map { Key(site: $0.site, kind: $0.kind, executor: $0.executor) }
            + unfinished.map { Key(site: $0.site, kind: $0.kind, executor: $0.executor) }
        return keys.filter { pattern.matches($0.site) && seen.insert($0).inserted }.map { key in
            func isOfKey(_ poll: PollReport) -> Bool {
                Key(site: poll.site, kind: poll.kind, executor: poll.executor) == key
            }
            return SiteDetail(
                site: key.site, kind: key.kind, executor: key.executor,
                polls: sites.first {
                    $0.place == key.site.place && $0.task == key.site.task && $0.kind == key.kind
                        && $0.executor == key.executor
                },
                longPolls: longPolls.first {
                    Key(site: $0.site, kind: $0.kind, executor: $0.executor) == key
                },
                calls: blocking.filter { $0.site == key.site }, slowest: slowest.filter(isOfKey),
                unfinished: unfinished.filter(isOfKey))
        }
    }

    /// Functions and tasks that a pattern can match.
    public var siteNames: [String] {
        // Helpers have the names of the sites that they help, and some words before them.
        (sites.filter { !$0.kind.isHelper }.map { SiteName(place: $0.place, task: $0.task) } + longPolls.map(\.site)
            + unfinished.map(\.site))
            .flatMap { [$0.place.function, $0.task] }
    }
}
