// Where the time of some requests went, as bars in one scale: a row for each cohort, a column for each part.
//
//   slowest 1 %  ▏on CPU 0.2  ▏▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ executor wait 61.2  ▏░░ outside 6.3  ms
//   median       ▏on CPU 0.1  ▏executor wait 0.0                        ▏░ outside 2.2   ms

import Analysis

struct AnatomyBars {
    private static let labelWidth = 14
    /// With less room bars say nothing: then a part is left out instead.
    private static let barsLeast = 10
    private static let barsMost = 40
    /// A part with less of the longest row is left out where the others are.
    private static let leastShare = 0.005

    /// Rows from top to bottom.
    func append(_ cohorts: [RequestCohort], to page: inout Page) {
        let longest = cohorts.map(\.mean.totalSeconds).max() ?? 0
        guard longest > 0, longest.isFinite else { return }
        let largest = cohorts.flatMap { cohort in AnatomyPart.allCases.map { cohort.mean[$0] } }.max() ?? 0
        let scale = QuantityScale(for: largest)
        let room = page.width - 2 - Self.labelWidth - scale.unit.count - 1
        func most(_ part: AnatomyPart) -> Double { cohorts.map { $0.mean[part] }.max() ?? 0 }
        func width(_ part: AnatomyPart) -> Int {
            let labels = cohorts.map { Self.label(part, $0, scale).count }
            // The mark before it, a space between bar and label, two behind.
            return (labels.max() ?? 0) + 4
        }
        var parts = AnatomyPart.allCases.filter { most($0) >= longest * Self.leastShare }
        // What takes least gives way.
        while parts.count > 1, room - parts.reduce(0, { $0 + width($1) }) < Self.barsLeast,
            let least = parts.min(by: { most($0) < most($1) })
        {
            parts.removeAll { $0 == least }
        }
        let bars = min(Self.barsMost, max(0, room - parts.reduce(0) { $0 + width($1) }))
        let shown = parts.reduce(0) { $0 + most($1) }
        guard shown > 0 else { return }
        func length(_ seconds: Double) -> Int {
            let length = seconds / shown * Double(bars)
            return length > 0 ? min(bars, Int(length)) : 0
        }
        for cohort in cohorts {
            var line = "  " + cohort.kind.name.leftAligned(Self.labelWidth)
            for part in parts {
                let bar = String(repeating: part.block, count: length(cohort.mean[part]))
                let text = "▏" + bar + (bar.isEmpty ? "" : " ") + Self.label(part, cohort, scale)
                line += text.leftAligned(length(most(part)) + width(part))
            }
            page.line((line + scale.unit).shortened(to: page.width))
        }
    }

    private static func label(_ part: AnatomyPart, _ cohort: RequestCohort, _ scale: QuantityScale) -> String {
        "\(part.name) \(scale.text(cohort.mean[part]))"
    }
}
