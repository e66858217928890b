// Blocking calls: by name and line, how many, how long, and on what.

import Analysis

struct BlockingSection {
    private static let shown = 10
    private static let figureWidth = 9

    func append(_ model: ReportModel, to page: inout Page) {
        guard !model.blocking.isEmpty else { return }
        page.line()
        append(model.blocking.prefix(Self.shown), namesSite: true, to: &page)
        if model.blocking.count > Self.shown {
            page.line(
                page.ink.faint("  … \(model.blocking.count - Self.shown) more; the JSON report has them all"))
        }
    }

    /// A table, its heading included.
    func append(_ calls: some Sequence<BlockingSite>, namesSite: Bool, to page: inout Page) {
        let columns: [(heading: String, figure: (BlockingSite) -> String)] = [
            ("count", { Quantity.count($0.count) }), ("total", { Quantity.duration($0.seconds.totalSeconds) }),
            ("P99", { Quantity.duration($0.seconds.p99) }), ("worst", { Quantity.duration($0.seconds.max) }),
        ]
        let names = page.width - columns.count * (Self.figureWidth + 1)
        page.line(
            page.ink.heading("BLOCKING CALLS".leftAligned(names))
                + columns.map { " " + $0.heading.rightAligned(Self.figureWidth) }.joined())
        for call in calls {
            let figures = columns.map { " " + $0.figure(call).rightAligned(Self.figureWidth) }.joined()
            page.line("  " + head(call, width: names - 2).leftAligned(names - 2) + figures)
            page.sentence(details(call, namesSite: namesSite, width: page.width), indent: 6)
        }
    }

    /// `fsync  Ledger.append(_:)`
    private func head(_ call: BlockingSite, width: Int) -> String {
        let name = call.call + "  "
        return (name + call.place.function.printable.shortened(to: max(8, width - name.count))).shortened(to: width)
    }

    /// `at Ledger.swift:91, on /var/lib/ledger (3 files), 2 failed; in Ledger.post(_:), await 1`
    private func details(_ call: BlockingSite, namesSite: Bool, width: Int) -> String {
        var parts: [String] = []
        let location = call.place.location(width: width / 2)
        if !location.isEmpty { parts.append("at \(location)") }
        if let via = call.via { parts.append("through \(via.printable.shortened(to: width / 2))") }
        if let object = call.object { parts.append(self.object(object, of: call, width: width)) }
        if call.errors > 0 { parts.append("\(Quantity.count(call.errors)) failed") }
        var text = parts.joined(separator: ", ")
        if namesSite, call.site.place.function != call.place.function {
            text += (text.isEmpty ? "" : "; ") + "in \(call.site.place.text(width: width / 2))"
        }
        return text
    }

    private func object(_ object: CallObjectName, of call: BlockingSite, width: Int) -> String {
        let isNamed = ["path", "file", "host", "other"].contains(object.kind)
        let text = object.text.printable.shortened(to: width / 2)
        let others = call.objects > 1 || call.hasMoreObjects
        return "on " + (isNamed && !text.isEmpty ? text : text.isEmpty ? "a \(object.kind)" : "\(object.kind) \(text)")
            + (others ? " and \(call.objects - 1) more" + (call.hasMoreObjects ? " at least" : "") : "")
    }
}
