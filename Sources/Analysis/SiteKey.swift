// What figures of sites are kept by once they have names.

/// One site's polls of one kind on one executor.
struct SiteKey: Hashable {
    var site: SiteName
    var kind: PollKind
    var executor: UInt8

    init(_ poll: PollKey, names: inout StackNames) {
        site = names.site(of: poll)
        kind = poll.kind
        executor = poll.executor
    }

    /// By name: for what is equal in all figures, so that two reports of one recording are the same.
    func comesBefore(_ other: SiteKey) -> Bool {
        (site.place.function, site.place.awaitPoint ?? -1, site.place.line ?? -1, site.task, executor, kind.rawValue)
            < (
                other.site.place.function, other.site.place.awaitPoint ?? -1, other.site.place.line ?? -1,
                other.site.task, other.executor, other.kind.rawValue
            )
    }
}
