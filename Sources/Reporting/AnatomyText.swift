// The parts of a request's time in words, and where some requests' time differs from others'.

import Analysis

extension AnatomyPart {
    var name: String {
        switch self {
        case .onCPU: "on CPU"
        case .blocked: "blocked"
        case .executorWait: "executor wait"
        case .actorWait: "actor wait"
        case .poolWait: "pool wait"
        case .timerLateness: "timer late"
        case .kernelWait: "kernel wait"
        case .outside: "outside"
        }
    }

    /// What its bars are made of: the request ran, waited for its turn, or was none of the process's business.
    var block: Character {
        switch self {
        case .onCPU, .blocked: "█"
        case .executorWait, .actorWait, .poolWait, .timerLateness, .kernelWait: "▓"
        case .outside: "░"
        }
    }
}

extension RequestCohort.Kind {
    var name: String {
        switch self {
        case .median: "median"
        case .slowest5Percent: "slowest 5 %"
        case .slowest1Percent: "slowest 1 %"
        }
    }
}

extension RequestReport {
    func cohort(_ kind: RequestCohort.Kind) -> RequestCohort? { cohorts.first { $0.kind == kind } }

    /// Requests that failed, whether by an error or by running out of time.
    var failures: UInt64 { errors &+ timedOut }
    var failureShare: Double { count > 0 ? Double(failures) / Double(count) : 0 }
}

enum AnatomyText {
    /// Less of the whole difference is not worth a word.
    private static let leastShare = 0.05
    private static let most = 3

    /// `slowest 1 %: executor wait +61.2 ms, outside +4.10 ms`, what differs most first; `nil`: nothing to compare.
    static func differences(_ kind: RequestCohort.Kind, of request: RequestReport) -> String? {
        guard kind != .median, let slow = request.cohort(kind), let median = request.cohort(.median) else { return nil }
        let all = AnatomyPart.allCases.map { (part: $0, seconds: slow.mean[$0] - median.mean[$0]) }
            .sorted { $0.seconds > $1.seconds }
        let sum = all.reduce(0) { $0 + max(0, $1.seconds) }
        guard sum > 0 else { return nil }
        let shown = all.filter { $0.seconds >= sum * leastShare }.prefix(most)
        return "\(kind.name): "
            + shown.map { "\($0.part.name) +\(Quantity.duration($0.seconds))" }.joined(separator: ", ")
    }

    /// `1,214/s`, `P50 2.30 ms` and so on: what is said of all requests of a name.
    static func figures(_ request: RequestReport) -> [String] {
        let seconds = request.durationSeconds
        return [
            Quantity.rate(request.perSecond), "P50 \(Quantity.duration(seconds.p50))",
            "P95 \(Quantity.duration(seconds.p95))", "P99 \(Quantity.duration(seconds.p99))",
            "errors \(Quantity.share(request.failureShare))",
        ]
    }
}
