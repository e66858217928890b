// Real stores take what is written, and give it back.

import Exporting
import Foundation
import StoreSupport
import Testing

@testable import RemoteWriting

@Suite("Written to stores", .serialized)
struct RemoteStoreTests {
    private let figures = KnownFigures()

    /// Writes the figures until `check` has no complaint, then ends, and waits until the series have ended, too.
    private func write(
        to store: Store, _ histograms: RemoteWriteSettings.Histograms, check: () async throws -> [String]
    ) async throws {
        var settings = RemoteWriteSettings(url: "\(store.address)/api/v1/write")
        settings.intervalSeconds = 1
        settings.histograms = histograms
        settings.samplesPerRequest = 20
        settings.externalLabels = ["machine": "m1"]
        let writer = try RemoteWriter(settings)
        let families = figures.families(at: Date.now.timeIntervalSince1970)
        let task = Task { await writer.run { families } }
        _ = try await eventually("the store to have a round; \(writer.takeNotices()) \(store.log)") {
            try await store.value("count(pollscope_tasks_live{machine='m1'})") == 1 ? true : nil
        }
        var complaints = ["nothing was asked"]
        _ = try? await eventually("the store to have all", within: .seconds(20)) {
            complaints = try await check()
            return complaints.isEmpty ? true : nil
        }
        #expect(complaints == [])
        task.cancel()
        await task.value
        // Without the marker, the last values would be there for five minutes.
        _ = try await eventually("the ends of series; \(writer.takeNotices())") {
            try await store.query("{machine='m1'}").isEmpty ? true : nil
        }
        #expect(writer.takeNotices() == [])
    }

    @Test(
        "Prometheus, classic histograms",
        .enabled(if: Store.Program.prometheus.isInstalled, Comment(rawValue: Store.Program.prometheus.skipped)))
    func prometheusClassic() async throws {
        let store = try await Store(.prometheus)
        try await write(to: store, .classic) {
            try await figures.errors(in: store) + figures.errorsOfClassicHistogram(in: store)
        }
    }

    @Test(
        "Prometheus, native histograms beside classic ones",
        .enabled(if: Store.Program.prometheus.isInstalled, Comment(rawValue: Store.Program.prometheus.skipped)))
    func prometheusNative() async throws {
        let store = try await Store(.prometheus)
        try await write(to: store, .both) {
            try await figures.errors(in: store) + figures.errorsOfClassicHistogram(in: store)
                + figures.errorsOfNativeHistogram(in: store)
        }
    }

    @Test(
        "VictoriaMetrics",
        .enabled(
            if: Store.Program.victoriaMetrics.isInstalled, Comment(rawValue: Store.Program.victoriaMetrics.skipped)))
    func victoriaMetrics() async throws {
        let store = try await Store(.victoriaMetrics)
        try await write(to: store, .classic) {
            try await figures.errors(in: store) + figures.errorsOfClassicHistogram(in: store)
        }
    }
}
