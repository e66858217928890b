// A table of names and figures: names to the left as wide as the page leaves room, figures to the right.

extension String {
    /// Without what the heading of a table says already.
    func without(prefix: String) -> String {
        hasPrefix(prefix) && count > prefix.count ? String(dropFirst(prefix.count)) : self
    }
}

/// A figure of a row: its heading and how to read it.
struct FigureColumn<Row> {
    var heading: String
    /// Left out where a page is narrow, the last of them first.
    var isSpare = false
    var figure: (Row) -> String

    init(_ heading: String, isSpare: Bool = false, _ figure: @escaping (Row) -> String) {
        self.heading = heading
        self.isSpare = isSpare
        self.figure = figure
    }
}

/// A table that any kind of row can be put into.
struct FigureTable<Row> {
    var title: String
    var columns: [FigureColumn<Row>]

    static var figureWidth: Int { 8 }
    private static var namesLeast: Int { 22 }

    /// `below` says what stands under a row, if anything.
    func append(
        _ rows: some Sequence<Row>, name: (Row) -> String, to page: inout Page,
        below: (Row, inout Page) -> Void = { _, _ in }
    ) {
        let fitting = (page.width - Self.namesLeast) / (Self.figureWidth + 1)
        var shown = columns
        while shown.count > fitting, let spare = shown.lastIndex(where: \.isSpare) { shown.remove(at: spare) }
        // On a wide page the figures stay near the names.
        let names = min(page.width, Page.readable) - shown.count * (Self.figureWidth + 1)
        page.line()
        page.line(
            page.ink.heading(title.shortened(to: names).leftAligned(names))
                + shown.map { " " + $0.heading.rightAligned(Self.figureWidth) }.joined())
        for row in rows {
            page.line(
                "  " + name(row).printable.shortened(to: names - 2).leftAligned(names - 2)
                    + shown.map { " " + $0.figure(row).rightAligned(Self.figureWidth) }.joined())
            below(row, &page)
        }
    }
}
