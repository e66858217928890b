// A limit as somebody has set it: on what, how much, and where it says so.

import Wording

public struct Limit: Sendable, Hashable {
    /// Where it was set.
    public enum Origin: Sendable, Hashable {
        case option
        /// Name of the file, and the line.
        case file(String, line: Int)
        /// Nobody set it.
        case standard
    }

    /// What stands for all names, and so cannot be one.
    static let all = "all"

    public var measure: Measure
    /// Name of an executor, a request or a pool; `nil`: of each that has no limit of its own.
    public var name: String?
    /// Seconds, a part of one, or a count.
    public var value: Double
    /// The same in the words it was set with: `5ms`.
    public var words: String
    public var origin: Origin

    /// `nil`: `words` are not what the measure takes.
    init?(_ measure: Measure, name: String? = nil, _ words: String, from origin: Origin) {
        guard let value = measure.value(of: words) else { return nil }
        self.measure = measure
        self.name = name
        self.value = value
        self.words = words
        self.origin = origin
    }

    /// `max-wait-p99 5ms`, `max-wait-p99 global pool=5ms`.
    var title: String { "\(measure.rawValue) " + (name.map { $0.printable + "=" } ?? "") + words }

    /// What there can be one of.
    struct Key: Hashable {
        var measure: Measure
        var name: String?
    }

    var key: Key { Key(measure: measure, name: name) }
}

extension Limit.Origin {
    /// ` (limits.yml:3)`, ` (default)`; empty for an option.
    var suffix: String {
        switch self {
        case .option: ""
        case .file(let name, let line): " (\(name.printable):\(line))"
        case .standard: " (default)"
        }
    }
}
