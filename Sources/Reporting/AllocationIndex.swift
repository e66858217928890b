// Which allocations are a site's: reports list sites and their allocations apart.

import Analysis

struct AllocationIndex {
    private struct Key: Hashable {
        var place: CodePlace
        var task: String
        var kind: PollKind
        var executor: String
    }

    private var sites: [Key: AllocationSite] = [:]

    init(_ report: AllocationReport?) {
        for site in report?.sites ?? [] {
            sites[Key(place: site.site.place, task: site.site.task, kind: site.kind, executor: site.executor)] = site
        }
    }

    /// `nil`: the site neither allocated nor freed, or nothing is known.
    subscript(site: SiteReport) -> AllocationSite? {
        sites[Key(place: site.place, task: site.task, kind: site.kind, executor: site.executor)]
    }

    subscript(site: SiteDetail) -> AllocationSite? {
        sites[Key(place: site.site.place, task: site.site.task, kind: site.kind, executor: site.executor)]
    }
}
