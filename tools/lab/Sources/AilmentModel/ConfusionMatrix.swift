// What was planted against what was found first: on the diagonal is what is right.

package struct ConfusionMatrix: Sendable {
    /// Of a service in which nothing was found.
    package static let nothing = "nothing"

    private var counts: [String: [String: Int]] = [:]
    private(set) var kinds: [String] = []

    package init() {}

    package mutating func add(expected: String, found: String) {
        for kind in [expected, found] where !kinds.contains(kind) { kinds.append(kind) }
        counts[expected, default: [:]][found, default: 0] += 1
    }

    /// What a run counts as: its kind, or of several the one that was found.
    package mutating func add(_ expectation: Expectation, _ findings: [ReportedFinding]) {
        let found = findings.first(where: \.isSerious)?.kind ?? Self.nothing
        let kinds = expectation.isHealthy ? [Self.nothing] : expectation.expectedKinds
        add(expected: kinds.contains(found) ? found : kinds.first ?? Self.nothing, found: found)
    }

    /// A row for each kind, whose letter stands over its column.
    package var text: String {
        let ordered = kinds.sorted { ($0 == Self.nothing ? 1 : 0, $0) < ($1 == Self.nothing ? 1 : 0, $1) }
        let letters = ordered.indices.map { String(UnicodeScalar(UInt8(ascii: "a") + UInt8($0 % 26))) }
        let width = ordered.map(\.count).max() ?? 0
        let head = String(repeating: " ", count: width + 2) + letters.map { padded($0, to: 4) }.joined()
        let rows = ordered.indices.map { row in
            let cells = ordered.map { found in
                padded(counts[ordered[row]]?[found].map(String.init) ?? "·", to: 4)
            }
            return letters[row] + " " + ordered[row]
                + String(repeating: " ", count: width - ordered[row].count) + cells.joined()
        }
        return (["planted, by row; found first, by column", head] + rows).joined(separator: "\n")
    }

    private func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
