// The text formats, byte for byte.

import Analysis
import Exporting
import Testing

@Suite("Text formats")
struct PrometheusTextTests {
    @Test("Prometheus's format")
    func prometheus() {
        #expect(PrometheusText.render(ExampleMetrics.families, as: .prometheus).text == Self.goldenPrometheus)
    }

    @Test("OpenMetrics, with units, exemplars and the times of creation")
    func openMetrics() {
        #expect(
            PrometheusText.render(ExampleMetrics.families, as: .openMetrics, created: .written).text
                == Self.goldenOpenMetrics)
    }

    @Test("Series of creation times are written for those who ask, and never in the older format")
    func createdOmitted() {
        let asked = PrometheusText.render(ExampleMetrics.families, as: .openMetrics, created: .written).text
        let lines = asked.split(separator: "\n")
        let without = lines.filter { !$0.contains("_created") }
        #expect(lines.count == without.count + 2)
        let usual = PrometheusText.render(ExampleMetrics.families, as: .openMetrics).text
        #expect(usual.split(separator: "\n") == without)
        #expect(
            !PrometheusText.render(ExampleMetrics.families, as: .prometheus, created: .written).text.contains(
                "_created"))
    }

    @Test("Nothing is a complete answer, too")
    func empty() {
        #expect(PrometheusText.render([], as: .prometheus).isEmpty)
        #expect(PrometheusText.render([], as: .openMetrics).text == "# EOF\n")
    }

    @Test(
        "Numbers are as short as they can be and read back exactly",
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.1, "0.1"), (1e15, "1000000000000000"),
            (9_007_199_254_740_991, "9007199254740991"), (0x1p53, "9007199254740992.0"), (1e300, "1e+300"),
            (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (-.nan, "NaN"),
            (0.30000000000000004, "0.30000000000000004"),
        ] as [(Double, String)])
    func numbers(number: Double, written: String) {
        let family = MetricFamily("a", .gauge, help: "", samples: [MetricSample([], .number(number))])
        #expect(PrometheusText.render([family], as: .prometheus).text == "# TYPE a gauge\na \(written)\n")
        if number.isFinite { #expect(Double(written) == number) }
    }

    @Test("A unit that is not in the name is not claimed")
    func unitNotInName() {
        let family = MetricFamily(
            "pollscope_ratio", .gauge, unit: "seconds", help: "", samples: [MetricSample([], .number(1))])
        #expect(!PrometheusText.render([family], as: .openMetrics).text.contains("UNIT"))
    }

    private static let goldenPrometheus = #"""
        # HELP pollscope_service_info What is known of a service.
        # TYPE pollscope_service_info gauge
        pollscope_service_info{service="quotes",program="a\\b"} 1
        # HELP pollscope_process_cpu_seconds_total CPU time of "all" processes.
        # TYPE pollscope_process_cpu_seconds_total counter
        pollscope_process_cpu_seconds_total{service="quotes"} 12.25
        pollscope_process_cpu_seconds_total{service="orders"} 3
        # HELP pollscope_request_duration_seconds How long requests took.
        # TYPE pollscope_request_duration_seconds histogram
        \#(buckets { _ in "" })
        pollscope_request_duration_seconds_sum{service="quotes",request="GET /quote"} 42.25000095467432
        pollscope_request_duration_seconds_count{service="quotes",request="GET /quote"} 7
        # HELP pollscope_collector_lag_seconds How late.
        # TYPE pollscope_collector_lag_seconds gauge
        pollscope_collector_lag_seconds 1.5e-07

        """#

    private static let goldenOpenMetrics = #"""
        # HELP pollscope_service_info What is known of a service.
        # TYPE pollscope_service_info gauge
        pollscope_service_info{service="quotes",program="a\\b"} 1
        # HELP pollscope_process_cpu_seconds CPU time of \"all\" processes.
        # TYPE pollscope_process_cpu_seconds counter
        # UNIT pollscope_process_cpu_seconds seconds
        pollscope_process_cpu_seconds_total{service="quotes"} 12.25
        pollscope_process_cpu_seconds_created{service="quotes"} 1699999000.5
        pollscope_process_cpu_seconds_total{service="orders"} 3
        # HELP pollscope_request_duration_seconds How long requests took.
        # TYPE pollscope_request_duration_seconds histogram
        # UNIT pollscope_request_duration_seconds seconds
        \#(buckets { exemplars[$0] ?? "" })
        pollscope_request_duration_seconds_sum{service="quotes",request="GET /quote"} 42.25000095467432
        pollscope_request_duration_seconds_count{service="quotes",request="GET /quote"} 7
        pollscope_request_duration_seconds_created{service="quotes",request="GET /quote"} 1699999000.5
        # HELP pollscope_collector_lag_seconds How late.
        # TYPE pollscope_collector_lag_seconds gauge
        # UNIT pollscope_collector_lag_seconds seconds
        pollscope_collector_lag_seconds 1.5e-07
        # EOF

        """#

    /// The larger of two values in one bucket is shown.
    private static let exemplars = [
        "1.0": #" # {trace_id="4bf9",span_id="00f0"} 0.75 1700000001.25"#, "+Inf": #" # {task="9"} 40 1700000002.5"#,
    ]

    private static func buckets(_ exemplar: (String) -> String) -> String {
        let bounds = [
            "9.5367431640625e-07", "1.9073486328125e-06", "3.814697265625e-06", "7.62939453125e-06",
            "1.52587890625e-05", "3.0517578125e-05", "6.103515625e-05", "0.0001220703125", "0.000244140625",
            "0.00048828125", "0.0009765625", "0.001953125", "0.00390625", "0.0078125", "0.015625", "0.03125", "0.0625",
            "0.125", "0.25", "0.5", "1.0", "2.0", "4.0", "8.0", "16.0", "32.0", "+Inf",
        ]
        return bounds.map {
            let count = $0 == "+Inf" ? 7 : Double($0)! >= 1 ? 6 : Double($0)! >= 0.5 ? 4 : 3
            return
                #"pollscope_request_duration_seconds_bucket{service="quotes",request="GET /quote",le="\#($0)"} \#(count)"#
                + exemplar($0)
        }.joined(separator: "\n")
    }
}
