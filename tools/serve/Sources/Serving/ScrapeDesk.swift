// Gives out the figures: rendered once, on a thread of its own, for all who ask at about the same time.

import Analysis
import Collecting
import Dispatch
import Exporting
import NIOCore
import PrometheusProtobuf
import Synchronization

/// The figures in one format, compressed or not.
struct Scrape: Sendable {
    var bytes: ByteBuffer
    var isGzipped: Bool
}

final class ScrapeDesk: Sendable {
    private struct Key: Hashable {
        var format: ExpositionFormat
        var isGzipped: Bool
    }

    private struct Entry {
        var began: ContinuousClock.Instant
        var scrape: Scrape?
        var waiting: [CheckedContinuation<Scrape?, Never>] = []
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var scrapes: UInt64 = 0
        var seconds = Histogram()
        /// Of the last one.
        var series = 0
    }

    /// How old figures may be that are given to somebody else.
    private static let freshness = Duration.seconds(1)

    private let families: @Sendable () -> [MetricFamily]
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "pollscope.scrapes")

    /// `families` is called on a thread that may take its time.
    init(families: @escaping @Sendable () -> [MetricFamily]) { self.families = families }

    /// The figures as they stand, or stood less than a second ago. `nil`: they cannot be rendered.
    func scrape(_ format: ExpositionFormat, gzipped: Bool) async -> Scrape? {
        let asked = ContinuousClock.now
        let scrape = await figures(Key(format: format, isGzipped: gzipped))
        let waited = ContinuousClock.now - asked
        state.withLock {
            $0.scrapes += 1
            $0.seconds.record(Double(waited.components.seconds) + Double(waited.components.attoseconds) * 1e-18)
        }
        return scrape
    }

    private func figures(_ key: Key) async -> Scrape? {
        await withCheckedContinuation { continuation in
            enum Turn { case made(Scrape), begins, waits }
            let turn: Turn = state.withLock { state in
                if let entry = state.entries[key] {
                    if entry.scrape == nil {
                        state.entries[key]?.waiting.append(continuation)
                        return .waits
                    }
                    if let scrape = entry.scrape, ContinuousClock.now - entry.began < Self.freshness {
                        return .made(scrape)
                    }
                }
                state.entries[key] = Entry(began: .now, waiting: [continuation])
                return .begins
            }
            switch turn {
            case .made(let scrape): continuation.resume(returning: scrape)
            case .waits: break
            case .begins: queue.async { self.render(key) }
            }
        }
    }

    private func render(_ key: Key) {
        let all = allFamilies
        let bytes: [UInt8]? =
            switch key.format {
            case .text: PrometheusText.render(all, as: .prometheus)
            case .openMetrics: PrometheusText.render(all, as: .openMetrics)
            case .protobuf: try? PrometheusProtobuf.render(all)
            }
        let scrape = bytes.map { bytes in
            let compressed = key.isGzipped ? Gzip.compressed(bytes) : nil
            return Scrape(bytes: ByteBuffer(bytes: compressed ?? bytes), isGzipped: compressed != nil)
        }
        let series = all.reduce(0) { $0 + $1.samples.count }
        let waiting = state.withLock { state in
            state.series = series
            let waiting = state.entries[key]?.waiting ?? []
            if let scrape {
                state.entries[key]?.scrape = scrape
                state.entries[key]?.waiting = []
            } else {
                state.entries[key] = nil
            }
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: scrape) }
        // Nobody needs it after that, and it can be megabytes.
        queue.asyncAfter(deadline: .now() + .seconds(1)) { self.forget(key) }
    }

    private func forget(_ key: Key) {
        state.withLock { state in
            guard let entry = state.entries[key], entry.scrape != nil,
                ContinuousClock.now - entry.began >= Self.freshness
            else { return }
            state.entries[key] = nil
        }
    }

    /// All figures, those of the scrapes among them.
    var allFamilies: [MetricFamily] { families() + ownFamilies }

    /// What is to be said of the scrapes themselves.
    private var ownFamilies: [MetricFamily] {
        let (scrapes, seconds, series) = state.withLock { ($0.scrapes, $0.seconds, $0.series) }
        return [
            MetricFamily(
                "pollscope_collector_scrapes", .counter, help: "Scrapes that the collector answered.",
                samples: [MetricSample([], .number(Double(scrapes)))]),
            MetricFamily(
                "pollscope_collector_scrape_seconds", .histogram, unit: "seconds",
                help: "From when a scrape was asked for until its answer could be sent.",
                samples: [MetricSample([], .histogram(seconds, exemplars: []))]),
            MetricFamily(
                "pollscope_collector_series", .gauge,
                help: "Series in the scrape before this one, a histogram counted once.",
                samples: [MetricSample([], .number(Double(series)))]),
        ]
    }
}
