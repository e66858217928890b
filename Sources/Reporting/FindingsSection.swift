// The diagnosis on the first screen: what is wrong, where, whom it hurts, and what to do; then whether it is worth it.

import Analysis
import Diagnosis
import Wording

struct FindingsSection {
    /// A tired reader mends one thing at a time.
    private static let shown = 4
    private static let labelWidth = 8

    func append(_ diagnosis: Diagnosis, to page: inout Page) {
        let serious = diagnosis.findings.filter { $0.severity >= .warning }
        if !serious.isEmpty { page.line() }
        for (index, finding) in serious.prefix(Self.shown).enumerated() {
            append(finding, number: index + 1, to: &page)
        }
        if serious.count > Self.shown {
            page.sentence(
                "… and \(Quantity.counted(UInt64(serious.count - Self.shown), "more finding")): pollscope report FILE "
                    + "--findings", indent: 2)
        }
        append(diagnosis.verdict, to: &page)
        let minor = diagnosis.findings.filter { $0.severity == .info }
        if !minor.isEmpty {
            let names = minor.prefix(3).map(\.headline.printable).joined(separator: "; ")
            page.sentence(
                "Worth knowing: \(names)" + (minor.count > 3 ? "; \(minor.count - 3) more" : "") + ".")
        }
    }

    /// One finding: its headline, and a line for each of where, effect, and what to do.
    func append(_ finding: Finding, number: Int, to page: inout Page) {
        let start = "\(number)  \(finding.severity.rawValue.uppercased())".padded(to: 11) + "  "
        for (index, part) in finding.headline.printable.wrapped(to: page.width - start.count).enumerated() {
            let margin =
                index == 0
                ? page.ink.alarm(start.trimmedEnd) + String(repeating: " ", count: start.count - start.trimmedEnd.count)
                : String(repeating: " ", count: start.count)
            page.line(margin + page.ink.heading(part))
        }
        entry("where", finding.whereText(width: page.width - 5 - Self.labelWidth), to: &page)
        entry("effect", finding.effects.joined(separator: "; "), to: &page)
        for symptom in finding.symptoms.prefix(3) { entry("also", symptom.sentence, to: &page) }
        entry("do", finding.advice.joined(separator: "; "), to: &page)
    }

    func entry(_ label: String, _ text: String, to page: inout Page) {
        guard !text.isEmpty else { return }
        let margin = String(repeating: " ", count: 5) + label.padded(to: Self.labelWidth)
        for (index, part) in text.printable.wrapped(to: page.width - margin.count).enumerated() {
            page.line((index == 0 ? margin : String(repeating: " ", count: margin.count)) + part)
        }
    }

    private func append(_ verdict: Verdict, to page: inout Page) {
        guard !verdict.sentence.isEmpty else { return }
        page.line()
        let fine = verdict.leaveAlone.isEmpty ? "" : " Leave alone: \(verdict.leaveAlone.joined(separator: ", "))."
        page.sentence(verdict.sentence + fine)
    }
}

extension Finding {
    /// `Risk.swift:48, after await 2, task "POST /risk"`.
    fileprivate func whereText(width: Int) -> String {
        let location = site?.code.location(width: min(60, width)) ?? ""
        return [location, context.printable].filter { !$0.isEmpty }.joined(separator: ", ")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }

    fileprivate var trimmedEnd: String {
        var end = endIndex
        while end > startIndex, self[index(before: end)] == " " { end = index(before: end) }
        return String(self[..<end])
    }
}
