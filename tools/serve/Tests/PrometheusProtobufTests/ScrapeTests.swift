// Real servers scrape every format, and say what we say.

import Exporting
import Foundation
import PrometheusProtobuf
import StoreSupport
import Synchronization
import Testing

@Suite("Scraped", .serialized)
struct ScrapeTests {
    private let figures = KnownFigures()

    /// A page with the figures.
    /// - Parameter format: what it answers, whatever is asked for; `nil`: what is asked for.
    private func page(_ format: ExpositionFormat? = nil, asked: AskedFormats = AskedFormats()) async throws
        -> LoopbackServer
    {
        let families = figures.families(at: Date.now.timeIntervalSince1970)
        return try await LoopbackServer { request in
            let accept = request.headers["Accept"].joined(separator: ",")
            let chosen = ExpositionFormat.chosen(accept: accept)
            asked.formats.withLock { _ = $0.insert(chosen) }
            let format = format ?? chosen
            let body: [UInt8]
            switch format {
            case .text: body = PrometheusText.render(families, as: .prometheus)
            case .openMetrics: body = PrometheusText.render(families, as: .openMetrics, created: .written)
            case .protobuf: body = (try? PrometheusProtobuf.render(families)) ?? []
            }
            return .init(headers: [("Content-Type", format.contentType)], body: body)
        }
    }

    private func waitForScrape(of store: Store) async throws {
        _ = try await eventually("a scrape; \(store.log)") {
            try await store.value("count(pollscope_tasks_live)") == 1 ? true : nil
        }
    }

    @Test(
        "Prometheus scrapes the text formats",
        .enabled(if: Store.Program.prometheus.isInstalled, Comment(rawValue: Store.Program.prometheus.skipped)),
        arguments: [ExpositionFormat.text, .openMetrics])
    func prometheusText(format: ExpositionFormat) async throws {
        let page = try await page(format)
        let store = try await Store(.prometheus, scraping: page.port)
        try await waitForScrape(of: store)
        #expect(try await figures.errors(in: store) == [])
        #expect(try await figures.errorsOfClassicHistogram(in: store) == [])
        if format == .openMetrics {
            #expect(try await exemplars(in: store, of: "pollscope_request_duration_seconds_bucket") == 1)
        }
        try await page.close()
    }

    @Test(
        "Prometheus scrapes native histograms, for which it asks",
        .enabled(if: Store.Program.prometheus.isInstalled, Comment(rawValue: Store.Program.prometheus.skipped)))
    func prometheusProtobuf() async throws {
        let asked = AskedFormats()
        let page = try await page(asked: asked)
        let store = try await Store(.prometheus, scraping: page.port)
        try await waitForScrape(of: store)
        #expect(asked.formats.withLock { $0 } == [.protobuf])
        #expect(NativeBuckets(figures.waits).schema == 5 && NativeBuckets(figures.durations).schema < 5)
        #expect(try await figures.errors(in: store) == [])
        #expect(try await figures.errorsOfNativeHistogram(in: store) == [])
        #expect(try await exemplars(in: store, of: "pollscope_request_duration_seconds") == 1)
        try await page.close()
    }

    @Test(
        "Prometheus without native histograms asks for OpenMetrics",
        .enabled(if: Store.Program.prometheus.isInstalled, Comment(rawValue: Store.Program.prometheus.skipped)))
    func prometheusDefault() async throws {
        let asked = AskedFormats()
        let page = try await page(asked: asked)
        let store = try await Store(.prometheus, scraping: page.port, takesNativeHistograms: false)
        try await waitForScrape(of: store)
        #expect(asked.formats.withLock { $0 } == [.openMetrics])
        #expect(try await figures.errorsOfClassicHistogram(in: store) == [])
        try await page.close()
    }

    @Test(
        "VictoriaMetrics scrapes what it asks for",
        .enabled(
            if: Store.Program.victoriaMetrics.isInstalled, Comment(rawValue: Store.Program.victoriaMetrics.skipped)))
    func victoriaMetrics() async throws {
        let asked = AskedFormats()
        let page = try await page(asked: asked)
        let store = try await Store(.victoriaMetrics, scraping: page.port)
        try await waitForScrape(of: store)
        #expect(asked.formats.withLock { $0 } == [.text])
        #expect(try await figures.errors(in: store) == [])
        #expect(try await figures.errorsOfClassicHistogram(in: store) == [])
        try await page.close()
    }

    /// How many exemplars of `name` have our trace.
    private func exemplars(in store: Store, of name: String) async throws -> Int {
        let now = Int(Date.now.timeIntervalSince1970)
        let text = try await store.get("/api/v1/query_exemplars?query=\(name)&start=\(now - 600)&end=\(now + 600)")
        return text.components(separatedBy: "4bf92f3577b34da6a3ce929d0e0e4736").count - 1
    }
}

/// Which formats a page's readers have asked for.
final class AskedFormats: Sendable {
    let formats = Mutex(Set<ExpositionFormat>())
}
