// Actors: which are held most, by which code, and how long others wait for them.

import Analysis

struct ActorsSection {
    private static let shown = 8
    /// The first rows have the sites that hold them below.
    private static let explained = 3
    private static let sites = 3
    /// Instances of one type from which on the type has a row, not they.
    private static let instancesOfType = 4
    /// With less of the time held, an actor without long waits needs no explanation.
    private static let leastUse = 0.01
    /// A site with a lesser share of the time held, and of the wait, says nothing.
    private static let leastShare = 0.05

    func append(_ model: ReportModel, to page: inout Page) {
        let rows = Row.all(of: model.actors, groupedFrom: Self.instancesOfType)
        guard !rows.isEmpty else { return }
        let shown = Array(rows.prefix(Self.shown))
        var explained = 0
        FigureTable<Row>(
            title: "ACTORS",
            columns: [
                FigureColumn("holds") { Quantity.shortCount($0.held.holds) },
                FigureColumn("busy") { Quantity.share($0.utilisation) },
                FigureColumn("held P50", isSpare: true) { Quantity.duration($0.held.holdSeconds.p50) },
                FigureColumn("held P99") { Quantity.duration($0.held.holdSeconds.p99) },
                FigureColumn("wait P50", isSpare: true) { Quantity.duration($0.held.waitSeconds.p50) },
                FigureColumn("wait P99") { Quantity.duration($0.held.waitSeconds.p99) },
            ]
        ).append(shown, name: \.name, to: &page) { row, page in
            let isWorthIt =
                row.utilisation >= Self.leastUse || row.held.waitSeconds.p99 >= model.thresholds.longWait.value
            guard isWorthIt, explained < Self.explained else { return }
            append(row, to: &page)
            explained += 1
        }
        if rows.count > shown.count {
            page.line(page.ink.faint("  … \(rows.count - shown.count) more; the JSON report has them"))
        }
    }

    /// What stands below a row: how its holds began, and the code that held it.
    private func append(_ row: Row, to page: inout Page) {
        let held = row.held
        let busiest = row.isType ? "how busy, and by what, is the busiest one's; " : ""
        page.sentence(
            "\(busiest)\(Quantity.count(held.queued)) holds queued, \(Quantity.count(held.atOnce)) had it at once; "
                + "longest hold \(Quantity.duration(held.holdSeconds.max)), "
                + "longest wait \(Quantity.duration(held.waitSeconds.max))", indent: 6)
        for site in row.sites.prefix(Self.sites)
        where site.heldShare >= Self.leastShare || site.waitShare >= Self.leastShare {
            let figures =
                "\(Quantity.share(site.heldShare)) of the time held, \(Quantity.share(site.waitShare)) of the wait"
            let location = site.site.place.location(width: page.width / 2)
            page.sentence(
                "\(site.site.place.text(width: page.width - 8))\(location.isEmpty ? "" : " (\(location))"): \(figures)",
                indent: 6)
        }
    }

    /// An actor, or the actors of a type.
    private struct Row {
        var name: String
        var held: HoldReport
        /// Of a type: the busiest one's.
        var utilisation: Double
        var sites: [ActorSite]
        var instances: UInt64
        var isType: Bool

        /// Most time held first.
        static func all(of report: ActorsReport, groupedFrom many: Int) -> [Row] {
            report.types.flatMap { type -> [Row] in
                let actors = report.actors.filter { $0.type == type.type }
                guard type.instances >= UInt64(many) || UInt64(actors.count) < type.instances else {
                    return actors.map { actor in
                        Row(
                            name: actor.type + (type.instances > 1 ? " #\(actor.instance)" : ""), held: actor.held,
                            utilisation: actor.utilisation, sites: actor.sites, instances: 1, isType: false)
                    }
                }
                let busiest = actors.first
                return [
                    Row(
                        name: "\(type.type), \(Quantity.count(type.instances)) of them", held: type.held,
                        utilisation: busiest?.utilisation ?? 0, sites: busiest?.sites ?? [], instances: type.instances,
                        isType: true)
                ]
            }.enumerated().sorted {
                ($1.element.held.holdSeconds.totalSeconds, $0.offset)
                    < ($0.element.held.holdSeconds.totalSeconds, $1.offset)
            }.map(\.element)
        }
    }
}
