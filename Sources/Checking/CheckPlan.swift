// What is checked, from all that was asked for: options win over the file, and defaults fill in.

import Diagnosis
import Wording

public struct CheckPlan: Sendable {
    /// `nil`: no finding fails.
    var failOn: Severity?
    /// In the order of measures, those for all names first.
    var limits: [Limit]
    var allowances: [Allowance]
    /// Fewer values are no P99.
    var samplesLeast: UInt64
    /// What the reader should know of the plan; sentences.
    var notes: [String]

    /// As many polls as the rules want before they speak of quantiles, and as many values: of fewer, a P99 is the longest.
    private static let standardLeast = DiagnosisThresholds().pollsLeast

    public init(options: CheckSettings, file: CheckSettings = CheckSettings()) throws(CheckError) {
        notes = []
        var limits = options.limits
        for limit in file.limits {
            guard let winner = options.limits.first(where: { $0.key == limit.key }) else {
                limits.append(limit)
                continue
            }
            notes.append(
                "--\(winner.title) is used, not \(limit.words)\(limit.origin.suffix).")
        }
        for measure in [Measure.minPolls, .minSamples]
        where !limits.contains(where: { $0.key == Limit.Key(measure: measure, name: nil) }) {
            limits += Limit(measure, "\(Self.standardLeast)", from: .standard).map { [$0] } ?? []
        }
        if let option = options.failOn, let other = file.failOn, option != other {
            notes.append("--fail-on \(option.rawValue) is used, not \(other.rawValue) of the file.")
        }
        failOn = (options.failOn ?? file.failOn ?? .critical).least
        allowances = options.allowances + file.allowances.filter { !options.allowances.map(\.text).contains($0.text) }
        samplesLeast = limits.first { $0.measure == .minSamples }.map { UInt64($0.value) } ?? Self.standardLeast
        let order = Measure.allCases
        self.limits = limits.enumerated().sorted {
            let (a, b) = ($0.element, $1.element)
            return (order.firstIndex(of: a.measure) ?? 0, a.name == nil ? 0 : 1, $0.offset)
                < (order.firstIndex(of: b.measure) ?? 0, b.name == nil ? 0 : 1, $1.offset)
        }.map(\.element)
        try rejectContradictions()
    }

    /// Whether somebody said how much is enough.
    var saysEnough: Bool {
        limits.contains { [.minPolls, .minRequests].contains($0.measure) && $0.origin != .standard }
    }

    func hasOwnLimit(_ measure: Measure, _ name: String) -> Bool {
        limits.contains { $0.measure == measure && $0.name == name }
    }

    /// No P99 is above the longest, so a lower limit on that leaves the P99's none to say.
    private func rejectContradictions() throws(CheckError) {
        for longest in limits where longest.measure == .maxPoll {
            guard let p99 = limits.first(where: { $0.measure == .maxPollP99 && $0.name == longest.name }),
                p99.value > longest.value
            else { continue }
            // What a file says is the file's to mend, unless an option is at odds with it.
            let origin = longest.origin == .option || p99.origin == .option ? .option : longest.origin
            throw origin.error(
                longest.measure.rawValue,
                "\(longest.words) is below \(p99.title)\(p99.origin.suffix), and no P99 is above the "
                    + "longest. Raise the one, or lower the other.")
        }
    }
}
