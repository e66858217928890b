// A table of sites: the place to the left, figures to the right, the width shared out between them.

import Analysis

/// A figure of a site: its heading and how to read it.
struct SiteColumn {
    var heading: String
    var figure: (SiteReport) -> String
}

struct SiteTable {
    var columns: [SiteColumn]
    private static let figureWidth = 9
    /// From this page width on, the task's name has a column of its own.
    private static let widthWithTask = 120

    func append(_ sites: some Sequence<SiteReport>, titled title: String, to page: inout Page) {
        let names = page.width - columns.count * (Self.figureWidth + 1)
        let taskWidth = page.width >= Self.widthWithTask ? names / 4 : 0
        let placeWidth = names - 2 - (taskWidth > 0 ? taskWidth + 2 : 0)

        let headings = columns.map { " " + $0.heading.rightAligned(Self.figureWidth) }.joined()
        page.line()
        page.line(page.ink.heading(title.leftAligned(names)) + headings)
        let bearers = Dictionary(grouping: sites) { $0.place }
        for site in sites {
            var line = "  " + site.place.row(width: placeWidth)
            if taskWidth > 0 {
                line += "  " + site.taskBesidePlace.printable.shortened(to: taskWidth).leftAligned(taskWidth)
            }
            for column in columns { line += " " + column.figure(site).rightAligned(Self.figureWidth) }
            page.line(line)
            // What looks the same twice differs in its executor, or in its task.
            if let same = bearers[site.place], Set(same.map(\.executor)).count > 1 {
                page.sentence("on the \(site.executor.shortened(to: 40))", indent: 6, mark: page.ink.faint)
            }
        }
    }
}

extension SiteReport {
    /// Empty where it would say the same again.
    fileprivate var taskBesidePlace: String { task == place.function ? "" : task }
}
