// Which format scrapers get.

import Exporting
import Testing

@Suite("Choice of a format")
struct ExpositionFormatTests {
    @Test(
        "What real scrapers and people send",
        arguments: [
            // Prometheus 2.42; with native histograms; Prometheus 3.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                .openMetrics
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                .protobuf
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                .openMetrics
            ),
            // VictoriaMetrics, a browser, curl, and who sends nothing.
            ("text/plain;version=0.0.4;q=1,*/*;q=0.1", .text),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", .text),
            ("*/*", .text),
            ("", .text),
        ] as [(String, ExpositionFormat)])
    func real(accept: String, expected: ExpositionFormat) {
        #expect(ExpositionFormat.chosen(accept: accept) == expected)
    }

    @Test("Without the header")
    func none() {
        #expect(ExpositionFormat.chosen(accept: nil) == .text)
    }

    @Test(
        "Quality before order, order before nothing, names before wildcards",
        arguments: [
            ("text/plain;q=0.4, application/openmetrics-text;q=0.5", .openMetrics),
            ("text/plain, application/openmetrics-text", .text),
            ("*/*, application/openmetrics-text", .openMetrics),
            ("application/openmetrics-text;q=0, */*;q=0.1", .text),
            ("application/openmetrics-text;q=1.7, text/plain", .openMetrics),
            ("application/openmetrics-text;q=nonsense, text/plain;q=0.001", .text),
            ("application/openmetrics-text;q=nan, text/plain;q=0.001", .text),
            ("text/*;q=0.9, application/openmetrics-text;q=0.8", .text),
        ] as [(String, ExpositionFormat)])
    func order(accept: String, expected: ExpositionFormat) {
        #expect(ExpositionFormat.chosen(accept: accept) == expected)
    }

    @Test(
        "Versions and messages that are not here are not chosen",
        arguments: [
            ("application/openmetrics-text;version=2.0.0, text/plain;q=0.1", .text),
            ("application/openmetrics-text;version=0.0.1", .text),
            ("application/openmetrics-text; Version = \"1.0.0\"; charset=utf-8", .openMetrics),
            ("APPLICATION/OPENMETRICS-TEXT", .openMetrics),
            ("text/plain;version=1.0.0, application/openmetrics-text;q=0.1", .openMetrics),
            ("application/vnd.google.protobuf, application/openmetrics-text;q=0.1", .openMetrics),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", .text),
            ("application/vnd.google.protobuf;proto=other;encoding=delimited", .text),
            (
                "application/vnd.google.protobuf; encoding=\"delimited\"; proto=\"io.prometheus.client.MetricFamily\"",
                .protobuf
            ),
        ] as [(String, ExpositionFormat)])
    func versions(accept: String, expected: ExpositionFormat) {
        #expect(ExpositionFormat.chosen(accept: accept) == expected)
    }

    @Test(
        "Nonsense is text",
        arguments: [
            ",", ";", "/", "a", "a/", "/b", "*/plain", ";q=1", "text", "\"", "a/b;\"", "text/plain;=",
            ",,,;;;///===\"\"\"\\",
            "application/json", "\u{0}\u{FFFD}", String(repeating: "a/b;", count: 100_000),
            String(repeating: "\"\\", count: 100_000),
        ])
    func nonsense(accept: String) {
        #expect(ExpositionFormat.chosen(accept: accept) == .text)
    }

    @Test("Content types are what was asked for")
    func contentTypes() {
        for format in ExpositionFormat.allCases {
            #expect(ExpositionFormat.chosen(accept: format.contentType) == format)
        }
    }
}
