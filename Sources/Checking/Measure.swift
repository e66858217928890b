// What a limit can be set on: each measure with its key, its unit, and what it is a figure of.

import Wording

/// What a limit is set on. The raw value is its key in a file and, behind two dashes, the option.
public enum Measure: String, Sendable, Hashable, CaseIterable {
    case maxWaitP99 = "max-wait-p99"
    case maxPollP99 = "max-poll-p99"
    case maxPoll = "max-poll"
    case maxRequestP99 = "max-request-p99"
    case maxErrors = "max-errors"
    case maxPoolWaitP99 = "max-pool-wait-p99"
    case maxLost = "max-lost"
    case minCoverage = "min-coverage"
    case minRequests = "min-requests"
    case minPolls = "min-polls"
    /// Not of the recording: how many values a P99 or a share must rest on.
    case minSamples = "min-samples"

    /// What a recording can have several of, by name.
    enum Subject: String {
        case executor, request, pool
    }

    enum Unit {
        case time, share, count
    }

    /// `nil`: there is one for the whole recording.
    var subject: Subject? {
        switch self {
        case .maxWaitP99, .maxPollP99, .maxPoll, .minPolls: .executor
        case .maxRequestP99, .maxErrors, .minRequests: .request
        case .maxPoolWaitP99: .pool
        case .maxLost, .minCoverage, .minSamples: nil
        }
    }

    var unit: Unit {
        switch self {
        case .maxWaitP99, .maxPollP99, .maxPoll, .maxRequestP99, .maxPoolWaitP99: .time
        case .maxErrors, .minCoverage: .share
        case .maxLost, .minRequests, .minPolls, .minSamples: .count
        }
    }

    /// The figure must not be above the limit; else not below it.
    var isMost: Bool { rawValue.hasPrefix("max-") }

    /// It means nothing with few values.
    var needsSamples: Bool { rawValue.hasSuffix("-p99") || self == .maxErrors }

    /// It says how much there must be for the others to be believed.
    var isOfRecording: Bool {
        switch self {
        case .maxLost, .minCoverage, .minRequests, .minPolls, .minSamples: true
        case .maxWaitP99, .maxPollP99, .maxPoll, .maxRequestP99, .maxErrors, .maxPoolWaitP99: false
        }
    }
}

extension Measure {
    /// What it takes, for messages.
    var takes: String {
        switch unit {
        case .time: "a time above zero with its unit, like 5ms (\(TimeText.units))"
        case .share: "a share from 0% to 100%, like 0.1%"
        case .count: "a whole number, like 1000"
        }
    }

    /// `nil`: it is not what the measure takes.
    func value(of text: String) -> Double? {
        switch unit {
        case .time: return TimeText.seconds(of: text).flatMap { $0 > 0 ? $0 : nil }
        case .share:
            guard text.hasSuffix("%"), let percent = NumberText.number(of: text.dropLast()), percent <= 100 else {
                return nil
            }
            return percent / 100
        case .count:
            // Beyond that, a Double would not tell neighbours apart.
            guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let count = UInt64(text),
                count <= 1 << 53
            else { return nil }
            return Double(count)
        }
    }
}
