// What the protobuf format says of metrics, read back.

import Analysis
import Exporting
import Testing

@testable import PrometheusProtobuf

@Suite("Protobuf")
struct PrometheusProtobufTests {
    /// The messages of an answer.
    private func decoded(_ bytes: [UInt8]) throws -> [WireMetricFamily] {
        var result: [WireMetricFamily] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            var length = 0
            var shift = 0
            while let byte = rest.popFirst() {
                length |= Int(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            try #require(length <= rest.count)
            result.append(try WireMetricFamily(serializedBytes: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return result
    }

    @Test("Counters and gauges")
    func numbers() throws {
        let families = [
            MetricFamily(
                "a_seconds", .counter, unit: "seconds", help: "H\n\"",
                samples: [
                    MetricSample(
                        [MetricLabel("x", "\u{0}\"\n"), MetricLabel("y", "")], .number(1.5), created: 1_700_000_000.25),
                    MetricSample([], .number(0)),
                ]),
            MetricFamily(
                "b", .gauge, help: "", samples: [MetricSample([], .number(-.infinity)), MetricSample([], .number(1))]),
            MetricFamily("none", .gauge, help: "", samples: []),
        ]
        let messages = try decoded(PrometheusProtobuf.render(families))
        #expect(messages.map(\.name) == ["a_seconds_total", "b"])
        #expect(messages.map(\.type) == [.counter, .gauge])
        #expect(messages[0].help == "H\n\"" && messages[0].unit == "seconds")
        #expect(messages[0].metric.map(\.counter.value) == [1.5, 0])
        #expect(messages[0].metric[0].label.map(\.value) == ["\u{0}\"\n"])
        #expect(messages[0].metric[0].counter.createdTimestamp.seconds == 1_700_000_000)
        #expect(messages[0].metric[0].counter.createdTimestamp.nanos == 250_000_000)
        #expect(!messages[0].metric[1].counter.hasCreatedTimestamp && messages[0].metric[1].hasCounter)
        #expect(messages[1].metric.map(\.gauge.value) == [-.infinity])
    }

    @Test("A histogram has both kinds of buckets")
    func histogram() throws {
        var histogram = Histogram()
        for value in [0, 0.25, 0.3, 0.3, 1, 100] { histogram.record(value) }
        let exemplars = [
            MetricExemplar(labels: [MetricLabel("task", "1")], value: 0.3, timestamp: 12.5),
            MetricExemplar(
                labels: [MetricLabel("trace_id", String(repeating: "x", count: 200))], value: 100, timestamp: 12.5),
        ]
        let family = MetricFamily(
            "a_seconds", .histogram, unit: "seconds", help: "H",
            samples: [MetricSample([], .histogram(histogram, exemplars: exemplars), created: 3)])
        let message = try #require(try decoded(PrometheusProtobuf.render([family])).first?.metric.first?.histogram)
        #expect(message.sampleCount == 6 && message.sampleSum == histogram.sum)
        #expect(message.bucket.map(\.cumulativeCount) == ClassicBuckets.cumulativeCounts(of: histogram))
        #expect(message.bucket.map(\.upperBound) == ClassicBuckets.upperBounds)
        #expect(message.bucket.filter(\.hasExemplar).map(\.upperBound) == [0.5])
        #expect(message.bucket.first { $0.hasExemplar }?.exemplar.timestamp.nanos == 500_000_000)
        #expect(message.createdTimestamp.seconds == 3)
        #expect(message.schema == 5 && message.zeroCount == 1 && message.zeroThreshold == NativeBuckets.zeroThreshold)
        // 0.25 is bucket -64, 0.3 is -55, 1 is 0 and 100 is 213.
        #expect(message.positiveSpan.map(\.offset) == [-64, 8, 54, 212])
        #expect(message.positiveSpan.map(\.length) == [1, 1, 1, 1])
        #expect(message.positiveDelta == [1, 1, -1, 0])
    }

    @Test("Times that are none")
    func times() throws {
        for time in [Double.nan, .infinity, -.infinity, 1e300] {
            let family = MetricFamily("a", .counter, help: "", samples: [MetricSample([], .number(1), created: time)])
            let message = try #require(try decoded(PrometheusProtobuf.render([family])).first?.metric.first?.counter)
            #expect(message.createdTimestamp.seconds == 0 && message.createdTimestamp.nanos == 0)
        }
    }

    @Test("Many families, whose lengths take several bytes")
    func lengths() throws {
        let families = (0..<20).map { place in
            MetricFamily(
                "a\(place)", .gauge, help: "",
                samples: (0..<(1 << (place / 2))).map {
                    MetricSample([MetricLabel("n", String($0))], .number(Double($0)))
                })
        }
        let messages = try decoded(PrometheusProtobuf.render(families))
        #expect(messages.map(\.metric.count) == families.map(\.samples.count))
    }
}
