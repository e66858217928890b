// A small set of metrics with one of everything.

import Analysis
import Exporting

enum ExampleMetrics {
    /// One histogram with values at both ends and at bounds, and two exemplars.
    static var durations: MetricSample {
        var histogram = Histogram()
        for value in [0, 1e-9, 0x1p-20, 0.5, 0.75, 1, 40] { histogram.record(value) }
        return MetricSample(
            [MetricLabel("service", "quotes"), MetricLabel("request", "GET /quote")],
            .histogram(
                histogram,
                exemplars: [
                    MetricExemplar(labels: [MetricLabel("task", "7")], value: 0.6, timestamp: 1_700_000_000),
                    MetricExemplar(
                        labels: [MetricLabel("trace_id", "4bf9"), MetricLabel("span_id", "00f0")], value: 0.75,
                        timestamp: 1_700_000_001.25),
                    MetricExemplar(labels: [MetricLabel("task", "9")], value: 40, timestamp: 1_700_000_002.5),
                ]),
            created: 1_699_999_000.5)
    }

    static var families: [MetricFamily] {
        [
            MetricFamily(
                "pollscope_service_info", .gauge, help: "What is known of a service.",
                samples: [
                    MetricSample(
                        [MetricLabel("service", "quotes"), MetricLabel("version", ""), MetricLabel("program", "a\\b")],
                        .number(1))
                ]),
            MetricFamily(
                "pollscope_process_cpu_seconds", .counter, unit: "seconds", help: "CPU time of \"all\" processes.",
                samples: [
                    MetricSample([MetricLabel("service", "quotes")], .number(12.25), created: 1_699_999_000.5),
                    MetricSample([MetricLabel("service", "orders")], .number(3)),
                ]),
            MetricFamily(
                "pollscope_request_duration_seconds", .histogram, unit: "seconds", help: "How long requests took.",
                samples: [durations]),
            MetricFamily("pollscope_nothing", .gauge, help: "Has no samples.", samples: []),
            MetricFamily(
                "pollscope_collector_lag_seconds", .gauge, unit: "seconds", help: "How late.",
                samples: [MetricSample([], .number(1.5e-7))]),
        ]
    }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
}
