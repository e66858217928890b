// What the server asks of a collector.

import Collecting
import Exporting

/// A collector, as the server sees it. All can be called from any thread.
public protocol CollectorSource: Sendable {
    func start()
    func stop()
    func health() -> (isHealthy: Bool, sentence: String)
    func metrics() -> [MetricFamily]
    func sessionsJSON() -> String
    func findingsJSON() -> String
    func report(of session: String, isJSON: Bool) async -> ReportAnswer
    func saveRecordings()
    func takeNotices() -> [String]
}

extension Collector: CollectorSource {}
