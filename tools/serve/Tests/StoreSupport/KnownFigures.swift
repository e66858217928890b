// Metrics with known values, as a service under load would have them.

import Analysis
import Exporting

public struct KnownFigures: Sendable {
    /// As many values as a minute of load has, spread over four orders of magnitude with a long tail: they have more of
    /// our buckets than a native histogram may have.
    public let durations: Histogram
    /// Values of five octaves, which have not.
    public let waits: Histogram
    public let exemplar = MetricExemplar(
        labels: [MetricLabel("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")], value: 0.25, timestamp: 0)
    public static let hostileNames = [
        "plain", "\"", "\\", "\n", "\"} 1\nup 2\n", "\r", "\t", "\u{0}", "\u{1B}[31m", "\u{7F}", "é", "e\u{301}", "👩‍👩‍👧‍👦",
        "\u{202E}a",
        "\u{FEFF}", "\u{FFFD}", "\u{10FFFF}", " ", String(repeating: "long\\", count: 100),
    ]
    public static let cpuSeconds = 123_456.0625
    public static let polls = 9_007_199_254_740_991.0
    public static let shares: [Double] = [0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999]

    public init() {
        var histogram = Histogram()
        var state: UInt64 = 1
        func random() -> Double {
            // Knuth's generator; its upper bits are random enough.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) * 0x1p-53
        }
        for _ in 0..<20_000 {
            // A product of evenly distributed numbers has a long tail.
            histogram.record(0.5 * random() * random() * random() * random() + 20e-6)
        }
        for _ in 0..<5 { histogram.record(0) }
        durations = histogram
        var waits = Histogram()
        for _ in 0..<20_000 { waits.record(0.0625 * (random() * random() * 0.96875 + 0.03125)) }
        self.waits = waits
    }

    /// - Parameter time: the exemplar's, seconds since 1970.
    public func families(at time: Double) -> [MetricFamily] {
        var exemplar = exemplar
        exemplar.timestamp = time
        let service = MetricLabel("service", "quotes")
        return [
            MetricFamily(
                "pollscope_process_cpu_seconds", .counter, unit: "seconds", help: "CPU time.",
                samples: [MetricSample([service], .number(Self.cpuSeconds), created: time - 60)]),
            MetricFamily(
                "pollscope_site_polls", .counter, help: "Polls.",
                samples: Self.hostileNames.map {
                    MetricSample([service, MetricLabel("function", $0)], .number(Self.polls))
                }),
            MetricFamily(
                "pollscope_tasks_live", .gauge, help: "Tasks.", samples: [MetricSample([service], .number(0))]),
            MetricFamily(
                "pollscope_request_duration_seconds", .histogram, unit: "seconds", help: "Durations.",
                samples: [
                    MetricSample(
                        [service, MetricLabel("request", "GET /quote")],
                        .histogram(durations, exemplars: [exemplar]), created: time - 60),
                    MetricSample([service, MetricLabel("request", "none")], .histogram(Histogram(), exemplars: [])),
                ]),
            MetricFamily(
                "pollscope_queue_wait_seconds", .histogram, unit: "seconds", help: "Waits.",
                samples: [MetricSample([service], .histogram(waits, exemplars: []))]),
        ]
    }

    /// What a store has got wrong of the figures that every way of sending has, a sentence each.
    public func errors(in store: Store) async throws -> [String] {
        var errors: [String] = []
        func expect(_ expression: String, _ expected: Double) async throws {
            let value = try await store.value(expression)
            if value != expected {
                errors.append("\(expression) is \(value.map { "\($0)" } ?? "none"), not \(expected)")
            }
        }
        try await expect("pollscope_process_cpu_seconds_total", Self.cpuSeconds)
        try await expect("pollscope_tasks_live", 0)
        let names = Set(
            try await store.query("pollscope_site_polls_total").map { Array(($0.labels["function"] ?? "").utf8) })
        for name in Self.hostileNames where !names.contains(Array(name.utf8)) {
            errors.append("\(name.debugDescription) is missing")
        }
        if names.count != Self.hostileNames.count { errors.append("\(names.count) names") }
        let total = try await store.value("sum(pollscope_site_polls_total{function='plain'})")
        if total != Self.polls { errors.append("polls are \(total ?? -1)") }
        return errors
    }

    /// What a store has got wrong of the classic histogram.
    public func errorsOfClassicHistogram(in store: Store) async throws -> [String] {
        var errors: [String] = []
        for (name, selector, histogram) in [
            ("pollscope_request_duration_seconds", "{service='quotes',request='GET /quote'}", durations),
            ("pollscope_queue_wait_seconds", "{service='quotes'}", waits),
        ] {
            if try await store.value("\(name)_count\(selector)") != Double(histogram.count) { errors.append("count") }
            // VictoriaMetrics keeps 15 digits or so.
            let sum = try await store.value("\(name)_sum\(selector)") ?? .nan
            if !(abs(sum - histogram.sum) <= 1e-12 * histogram.sum) { errors.append("sum is \(sum)") }
            let counts = ClassicBuckets.cumulativeCounts(of: histogram)
            let buckets = try await store.query("\(name)_bucket\(selector)")
            if buckets.count != counts.count { errors.append("\(buckets.count) buckets") }
            for bucket in buckets {
                let place = ClassicBuckets.labelValues.firstIndex(of: bucket.labels["le"] ?? "")
                if place.map({ Double(counts[$0]) }) != bucket.value { errors.append("bucket \(bucket)") }
            }
            for share in Self.shares {
                let value = try await store.value("histogram_quantile(\(share), \(name)_bucket\(selector))") ?? .nan
                let ratio = value / histogram.quantile(share)!
                if !(ratio >= 0.5 && ratio <= 2) { errors.append("quantile \(share) is \(value), off by \(ratio)") }
            }
        }
        let empty = try await store.query("pollscope_request_duration_seconds_bucket{request='none'} == 0")
        if empty.count != ClassicBuckets.upperBounds.count { errors.append("\(empty.count) empty buckets") }
        return errors
    }

    /// What a store has got wrong of the native histogram.
    public func errorsOfNativeHistogram(in store: Store) async throws -> [String] {
        var errors: [String] = []
        let empty = try await store.value("histogram_count(pollscope_request_duration_seconds{request='none'})")
        if empty != 0 { errors.append("without values, the count is \(empty ?? -1)") }
        for (series, histogram) in [
            ("pollscope_request_duration_seconds{service='quotes',request='GET /quote'}", durations),
            ("pollscope_queue_wait_seconds{service='quotes'}", waits),
        ] {
            if try await store.value("histogram_count(\(series))") != Double(histogram.count) { errors.append("count") }
            if try await store.value("histogram_sum(\(series))") != histogram.sum { errors.append("sum") }
            let sent = histogram.downscaled(to: NativeBuckets(histogram).schema)
            let width = sent.upperBound(ofBucket: 1) / sent.upperBound(ofBucket: 0)
            for share in Self.shares {
                let value = try await store.value("histogram_quantile(\(share), \(series))") ?? .nan
                let ratio = value / histogram.quantile(share)!
                if !(ratio >= 1 / width && ratio <= width) {
                    errors.append("quantile \(share) of \(series) is \(value), off by \(ratio)")
                }
            }
        }
        return errors
    }
}
