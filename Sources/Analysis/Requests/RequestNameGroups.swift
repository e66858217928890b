// Names of requests that differ in one segment of their path only, and are many, are one route: `/users/{…}`.
//
// The service has replaced what looks like an identifier. What does not, words or names in the place of an identifier,
// shows by its number only.

struct RequestNameGroups {
    /// So many names that differ in one segment are still told apart: more values than an API has words in one place.
    static let valuesMax = 32
    static let marker = "{…}"
    private static let roundsMax = 8

    private var groups: [String: String] = [:]

    init(_ names: some Sequence<String>) {
        var current = Dictionary(names.map { ($0, $0) }, uniquingKeysWith: { first, _ in first })
        for _ in 0..<Self.roundsMax {
            let replaced = Self.replacements(Set(current.values))
            if replaced.isEmpty { break }
            current = current.mapValues { replaced[$0] ?? $0 }
        }
        groups = current
    }

    func name(of name: String) -> String { groups[name] ?? name }

    /// A path without one of its segments.
    fileprivate struct Hole: Hashable {
        var before: [Substring]
        var after: [Substring]
    }

    private static func replacements(_ names: Set<String>) -> [String: String] {
        var values: [Hole: [String]] = [:]
        for name in names.sorted() {
            let segments = name.split(separator: "/", omittingEmptySubsequences: false)
            // What is before the first slash is the method.
            for index in segments.indices.dropFirst() where segments[index] != marker[...] {
                let hole = Hole(before: Array(segments[..<index]), after: Array(segments[(index + 1)...]))
                values[hole, default: []].append(name)
            }
        }
        var replaced: [String: String] = [:]
        for (hole, names) in values.filter({ $0.value.count > valuesMax }).sorted(by: { $0.key.text < $1.key.text }) {
            // One segment a round: what two holes would have is settled in the next.
            let name = hole.text
            for old in names where replaced[old] == nil { replaced[old] = name }
        }
        return replaced
    }
}

extension RequestNameGroups.Hole {
    fileprivate var text: String { (before + [RequestNameGroups.marker[...]] + after).joined(separator: "/") }
}
