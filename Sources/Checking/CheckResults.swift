// What came of a check, as values: what was measured against which limit, and which findings count.

import Diagnosis

public struct CheckResults: Sendable {
    /// One question with a yes or a no.
    struct Outcome: Sendable, Hashable {
        /// The same from run to run: `max-wait-p99 global pool=5ms`.
        var title: String
        /// What was found, or why nothing could be: `37.9 ms on global pool`.
        var measured: String
        var hasPassed: Bool
        /// Of its limit; `nil`: it has none.
        var origin: Limit.Origin?

        /// With where the limit was set.
        var words: String { measured + (origin?.suffix ?? "") }
    }

    struct FindingOutcome: Sendable {
        enum Standing: Sendable, Hashable {
            case counts
            /// By which words.
            case allowed(String)
            /// Not severe enough.
            case below(Severity?)
        }

        var finding: Finding
        var standing: Standing
    }

    /// Whose recording it is, and of how much.
    var subject: String
    /// Whether there is enough in it to say anything.
    var recording: [Outcome]
    var limits: [Outcome]
    /// Worst first.
    var findings: [FindingOutcome]
    /// From which severity on findings count; `nil`: none does.
    var failOn: Severity?
    var notes: [String]

    var counted: [FindingOutcome] { findings.filter { $0.standing == .counts } }

    /// That there is no finding that counts is one question; each that there is is one that failed.
    var total: Int { recording.count + limits.count + (failOn == nil ? 0 : max(1, counted.count)) }
    var failed: Int { (recording + limits).count { !$0.hasPassed } + counted.count }

    public var hasPassed: Bool { failed == 0 }
}

extension Finding {
    /// The same from run to run, as its headline with its figures is not.
    var title: String {
        let name = site?.code.function ?? subject
        return kind.rawValue + (name.isEmpty ? "" : " " + name)
    }
}
