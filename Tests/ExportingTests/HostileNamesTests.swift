// Names that services choose: whatever is in them, an answer can be read and says the same.

import Exporting
import Testing

@Suite("Hostile names")
struct HostileNamesTests {
    static let names: [String] =
        [
            "\"", "\\", "\n", "\\n", "\\\"", "\"}\nup 1\n#", "a,b=\"c\"", "\r\n", "\t", "\u{0}", "\u{7F}", "\u{1B}[31m",
            "é",
            "e\u{301}", "\u{202E}abc", "👩‍👩‍👧‍👦", "\u{FEFF}", "\u{2028}", "\u{FFFD}", "\u{10FFFF}", " ", "# EOF", "{}",
            "$__all", "\\\\\\",
            String(repeating: "long\\", count: 10_000),
        ] + (0..<32).map { String(UnicodeScalar(UInt8($0))) }

    @Test("Every label value reads back", arguments: [PrometheusText.Format.prometheus, .openMetrics])
    func labelValues(format: PrometheusText.Format) throws {
        let distinct = Array(Set(Self.names.map { Array($0.utf8) }))
        let family = MetricFamily(
            "a", .gauge, help: "b",
            samples: distinct.map {
                MetricSample(
                    [MetricLabel("name", String(decoding: $0, as: UTF8.self)), MetricLabel("b", "1")], .number(1))
            })
        let lines = PrometheusText.render([family], as: format).split(separator: UInt8(ascii: "\n"))
            .filter { $0.first != UInt8(ascii: "#") }
        #expect(lines.count == distinct.count)
        for (line, bytes) in zip(lines, distinct) {
            let start = #"a{name=""#.utf8
            let end = #"",b="1"} 1"#.utf8
            #expect(line.starts(with: start) && line.suffix(end.count).elementsEqual(end))
            #expect(Self.unescaped(line.dropFirst(start.count).dropLast(end.count)) == bytes)
        }
    }

    @Test("Help of several lines is one line")
    func help() {
        let family = MetricFamily("a", .gauge, help: "x\n# EOF\n\"\\", samples: [MetricSample([], .number(1))])
        #expect(PrometheusText.render([family], as: .prometheus).text.hasPrefix("# HELP a x\\n# EOF\\n\"\\\\\n# TYPE"))
        #expect(
            PrometheusText.render([family], as: .openMetrics).text.hasPrefix("# HELP a x\\n# EOF\\n\\\"\\\\\n# TYPE"))
    }

    @Test("An exemplar keeps the labels that fit in 128 characters, and none without any is shown")
    func exemplars() {
        func shown(_ labels: [MetricLabel]) -> [MetricLabel]? {
            MetricExemplar(labels: labels, value: 1, timestamp: 2).fitting?.labels
        }
        let most = MetricLabel("trace_id", String(repeating: "é", count: 120))
        #expect(shown([most]) == [most])
        #expect(shown([most, MetricLabel("a", "")]) == [most])
        #expect(shown([MetricLabel("trace_id", String(repeating: "é", count: 121))]) == nil)
        #expect(shown([]) == nil)
        #expect(MetricExemplar(labels: [most], value: .nan, timestamp: 2).fitting == nil)
    }

    /// What a reader makes of an escaped value.
    private static func unescaped(_ text: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in text {
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            }
            result.append(isEscaped && byte == UInt8(ascii: "n") ? UInt8(ascii: "\n") : byte)
            isEscaped = false
        }
        return result
    }
}
