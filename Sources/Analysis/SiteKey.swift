// What figures of sites are kept by once they have names.

/// One site's polls of one kind on one executor; actors of one type are one executor here.
struct SiteKey: Hashable {
    var site: SiteName
    var kind: PollKind
    var executor: UInt8
    /// On actors: their type. `nil`: not known.
    var actor: UInt16?

    init(_ poll: PollKey, names: inout StackNames) {
        site = names.site(of: poll)
        kind = poll.kind
        executor = poll.executor
        actor = names.actor(of: poll)
    }

    /// By name: for what is equal in all figures, so that two reports of one recording are the same.
    func comesBefore(_ other: SiteKey) -> Bool {
        let (own, others) = (names, other.names)
        if own != others { return own < others }
        return (executor, actor ?? 0, kind.rawValue) < (other.executor, other.actor ?? 0, other.kind.rawValue)
    }

    private var names: (String, Int, Int, String) {
        (site.place.function, site.place.awaitPoint ?? -1, site.place.line ?? -1, site.task)
    }
}
