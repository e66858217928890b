// What a check is asked for in one place: by options, or in a file.

import Analysis
import Diagnosis
import Wording

/// From which severity on a finding fails a check.
public enum FailOn: String, Sendable, Hashable, CaseIterable {
    case critical, warning, info
    /// No finding does.
    case none

    var least: Severity? { Severity(rawValue: rawValue) }
    static let choices = allCases.map(\.rawValue).joined(separator: ", ")
}

/// A finding that is known, and accepted.
public struct Allowance: Sendable, Hashable {
    public var kind: FindingKind
    /// Part of its function, its `file:line` or its subject; `nil`: any.
    public var pattern: SitePattern?
    public var origin: Limit.Origin

    /// `long-poll:score`.
    var text: String { kind.rawValue + (pattern.map { ":" + $0.text } ?? "") }

    func accepts(_ finding: Finding) -> Bool {
        guard finding.kind == kind else { return false }
        guard let pattern else { return true }
        let places = [finding.site?.code, finding.site?.poll?.place].compactMap { $0 }
        let texts = places.flatMap { place in
            [place.function] + (place.file.map { [$0 + (place.line.map { ":\($0)" } ?? "")] } ?? [])
        }
        return (texts + [finding.subject]).contains(where: pattern.matches)
    }
}

public struct CheckSettings: Sendable, Hashable {
    var failOn: FailOn?
    var limits: [Limit] = []
    var allowances: [Allowance] = []

    static let keys = ["fail-on", "allow"] + Measure.allCases.map(\.rawValue)

    public init() {}

    /// By options: of each measure the words that followed it, in any order.
    public init(
        failOn: FailOn?, limits: [(measure: Measure, words: [String])], allow: [String]
    ) throws(CheckError) {
        self.failOn = failOn
        for (measure, words) in limits {
            for word in words { try add(measure, Self.parts(of: word), from: .option) }
        }
        for word in allow { try self.allow(word, from: .option) }
    }

    /// Of `GET /quote?page=1=5ms` the last is the value.
    private static func parts(of word: String) -> (name: String?, value: String) {
        guard let equals = word.lastIndex(of: "=") else { return (nil, word) }
        return (String(word[..<equals]), String(word[word.index(after: equals)...]))
    }

    mutating func add(
        _ measure: Measure, _ given: (name: String?, value: String), from origin: Limit.Origin
    ) throws(CheckError) {
        let key = measure.rawValue
        if given.name != nil, measure.subject == nil {
            throw origin.error(key, "It is of the whole recording, and takes no name but \(measure.takes).")
        }
        if let name = given.name, name.isEmpty {
            throw origin.error(key, "A name is missing before \"=\".")
        }
        let name = given.name == Limit.all ? nil : given.name
        guard let limit = Limit(measure, name: name, given.value, from: origin) else {
            throw origin.error(
                key, "\"\(given.value.printable.shortened(to: 60))\" is not what it takes: \(measure.takes).")
        }
        if limits.contains(where: { $0.key == limit.key }) {
            let what = limit.name.map { " for \"\($0.printable)\"" } ?? ""
            throw origin.error(key, "It is given twice\(what). Keep one.")
        }
        limits.append(limit)
    }

    mutating func allow(_ word: String, from origin: Limit.Origin) throws(CheckError) {
        let colon = word.firstIndex(of: ":")
        let name = String(word[..<(colon ?? word.endIndex)])
        let part = colon.map { String(word[word.index(after: $0)...].drop { $0 == " " }) }
        guard let kind = FindingKind(rawValue: name) else {
            throw origin.error(
                "allow",
                "There is no kind of finding called \"\(name.printable.shortened(to: 60))\". "
                    + Self.nearest(to: name, among: FindingKind.allCases.map(\.rawValue)))
        }
        if kind == .noSignal {
            throw origin.error("allow", "A recording without signal is never accepted: it says nothing of the service.")
        }
        if part?.isEmpty ?? false {
            throw origin.error(
                "allow",
                "Behind \"\(kind.rawValue):\" a part of a function's name is missing. Without the colon, all of "
                    + "the kind are accepted.")
        }
        allowances.append(Allowance(kind: kind, pattern: part.map { SitePattern($0) }, origin: origin))
    }

    /// `The nearest: a, b, c.`
    static func nearest(to name: String, among names: [String]) -> String {
        let nearest = SitePattern(name).nearest(among: names, count: 3).map(\.printable)
        return nearest.isEmpty ? "" : "The nearest: " + nearest.joined(separator: ", ") + "."
    }
}
