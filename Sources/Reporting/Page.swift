// The lines of a report, and how wide they may be.

/// Gathers lines for a terminal of `width` columns.
struct Page {
    /// Below this, columns would be nothing but ellipses.
    static let narrowest = 60
    /// Beyond this, the eye loses the line on its way to the figures.
    static let widest = 180
    /// What belongs together is not further apart, however wide the page is.
    static let readable = 100

    let width: Int
    let ink: Ink
    private(set) var lines: [String] = []

    init(width: Int, ink: Ink) {
        self.width = min(max(width, Self.narrowest), Self.widest)
        self.ink = ink
    }

    mutating func line(_ text: String = "") {
        var end = text.endIndex
        while end > text.startIndex, text[text.index(before: end)] == " " { end = text.index(before: end) }
        lines.append(String(text[..<end]))
    }

    /// A sentence, on as many lines as it takes; `mark` emphasises each.
    mutating func sentence(_ text: String, indent: Int = 0, mark: (String) -> String = { $0 }) {
        let margin = String(repeating: " ", count: indent)
        for part in text.printable.wrapped(to: width - indent) { line(margin + mark(part)) }
    }

    /// Figures side by side, two spaces apart if there is room.
    mutating func figures(_ text: String, indent: Int) {
        if indent + text.count <= width {
            line(String(repeating: " ", count: indent) + text)
        } else {
            sentence(text, indent: indent)
        }
    }

    /// A section begins: an empty line and its heading, with what sums it up beside it.
    mutating func section(_ title: String, _ summary: String = "") {
        if !lines.isEmpty { line() }
        let margin = String(repeating: " ", count: title.count + 2)
        let parts = summary.wrapped(to: width - margin.count)
        line(ink.heading(title) + (parts.first.map { "  " + $0 } ?? ""))
        for part in parts.dropFirst() { line(margin + part) }
    }

    var text: String { lines.joined(separator: "\n") + "\n" }
}
