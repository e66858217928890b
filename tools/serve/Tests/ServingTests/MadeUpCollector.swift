// A collector that follows nothing: it says what a test wants to hear, and counts what it was asked.

import Analysis
import Collecting
import Exporting
import Glibc
import Synchronization

@testable import Serving

final class MadeUpCollector: CollectorSource {
    struct State {
        var health = (isHealthy: true, sentence: "following 2 sessions")
        var answer = ReportAnswer.found("GET /quote   P99 50.9 ms")
        var notices: [String] = []
        var starts = 0
        var stops = 0
        var saves = 0
        var looks = 0
        var reports: [String] = []
        /// Samples of one family, to make a page large.
        var samples = 3
        /// Figures wait for it, if it is set.
        var gate: Gate?
    }

    let state = Mutex(State())

    func start() { state.withLock { $0.starts += 1 } }
    func stop() { state.withLock { $0.stops += 1 } }
    func health() -> (isHealthy: Bool, sentence: String) { state.withLock { $0.health } }

    func metrics() -> [MetricFamily] {
        let (samples, gate) = state.withLock { state in
            state.looks += 1
            return (state.samples, state.gate)
        }
        gate?.pass()
        return [
            MetricFamily(
                "pollscope_long_polls", .counter, help: "Long polls.",
                samples: (0..<samples).map { MetricSample([MetricLabel("executor", "pool \($0)")], .number(7)) })
        ]
    }

    func sessionsJSON() -> String { #"{"schema":"pollscope.sessions/1","sessions":[]}"# }
    func findingsJSON() -> String { #"{"schema":"pollscope.findings/1","services":[]}"# }

    func report(of session: String, isJSON: Bool) async -> ReportAnswer {
        state.withLock { state in
            state.reports.append("\(session) \(isJSON ? "json" : "text")")
            return state.answer
        }
    }

    func saveRecordings() { state.withLock { $0.saves += 1 } }

    func takeNotices() -> [String] {
        state.withLock { state in
            defer { state.notices = [] }
            return state.notices
        }
    }
}

/// Holds threads up until it is opened.
final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    func pass() { while !isOpen.withLock({ $0 }) { usleep(500) } }
}
