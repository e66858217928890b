// What remote write sends of rounds, read back.

import Analysis
import Exporting
import Testing

@testable import RemoteWriting

@Suite("Rounds of remote write")
struct WriteRoundsTests {
    private func settings(_ change: (inout RemoteWriteSettings) -> Void = { _ in }) -> RemoteWriteSettings {
        var settings = RemoteWriteSettings(url: "http://127.0.0.1/api/v1/write")
        change(&settings)
        return settings
    }

    private func series(_ batches: [WriteBatch]) throws -> [WireTimeSeries] {
        try batches.flatMap { batch in
            let bytes = try #require(SnappyCompression.uncompressed(batch.body))
            let series = try WireWriteRequest(serializedBytes: bytes).timeseries
            #expect(series.count == batch.samples)
            return series
        }
    }

    private func text(_ series: [WireTimeSeries]) -> [String] {
        series.map { series in
            let labels = series.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            let values = series.samples.map { $0.value.bitPattern == 0x7FF0_0000_0000_0002 ? "end" : "\($0.value)" }
            let times = series.samples.map(\.timestamp) + series.histograms.map(\.timestamp)
            return "\(labels) \(values + series.histograms.map { "n\($0.countInt)" }) \(times)"
        }
    }

    private func gauge(_ name: String, _ labels: [String: String], _ value: Double = 1) -> MetricFamily {
        MetricFamily(
            name, .gauge, help: "",
            samples: [MetricSample(labels.map { MetricLabel($0.key, $0.value) }, .number(value))])
    }

    @Test("Labels are in order, external ones do not replace others, and empty ones are none")
    func labels() throws {
        var rounds = WriteRounds(settings { $0.externalLabels = ["machine": "m1", "service": "x", "Zone": "z"] })
        let batches = try rounds.batches(
            of: [gauge("up", ["service": "quotes", "a": "\n", "empty": ""])], at: 12)
        #expect(text(try series(batches)) == ["Zone=z,__name__=up,a=\n,machine=m1,service=quotes [\"1.0\"] [12]"])
    }

    @Test("Counters and classic histograms have their suffixes")
    func classic() throws {
        var histogram = Histogram()
        for value in [0.3, 0.5, 3] { histogram.record(value) }
        let families = [
            MetricFamily("a_seconds", .counter, help: "", samples: [MetricSample([], .number(2))]),
            MetricFamily(
                "b_seconds", .histogram, help: "",
                samples: [MetricSample([MetricLabel("x", "y")], .histogram(histogram, exemplars: []))]),
        ]
        var rounds = WriteRounds(settings())
        let sent = text(try series(try rounds.batches(of: families, at: 1)))
        #expect(sent.count == 1 + 29)
        #expect(sent.contains("__name__=a_seconds_total [\"2.0\"] [1]"))
        #expect(sent.contains("__name__=b_seconds_bucket,le=0.5,x=y [\"2.0\"] [1]"))
        #expect(sent.contains("__name__=b_seconds_bucket,le=+Inf,x=y [\"3.0\"] [1]"))
        #expect(sent.contains("__name__=b_seconds_sum,x=y [\"3.8\"] [1]"))
        #expect(sent.contains("__name__=b_seconds_count,x=y [\"3.0\"] [1]"))
    }

    @Test("Native histograms, alone or beside the classic ones")
    func native() throws {
        var histogram = Histogram()
        for value in [0, 0.5, 1, 1] { histogram.record(value) }
        let family = MetricFamily(
            "b_seconds", .histogram, help: "", samples: [MetricSample([], .histogram(histogram, exemplars: []))])
        var rounds = WriteRounds(settings { $0.histograms = .native })
        let sent = try series(try rounds.batches(of: [family], at: 7))
        let message = try #require(sent.first?.histograms.first)
        #expect(sent.count == 1 && message.countInt == 4 && message.zeroCountInt == 1 && message.sum == 2.5)
        #expect(message.schema == 5 && message.timestamp == 7)
        #expect(message.positiveSpans.map(\.offset) == [-32, 31] && message.positiveDeltas == [1, 1])

        var both = WriteRounds(settings { $0.histograms = .both })
        #expect(try series(try both.batches(of: [family], at: 7)).count == 30)
        #expect(try series(try both.batches(of: [], at: 8)).count == 30)
        let ends = try series(try rounds.batches(of: [], at: 8))
        #expect(ends.map { $0.histograms.map(\.sum.bitPattern) } == [[0x7FF0_0000_0000_0002]])
    }

    @Test("A series that vanishes is marked once, and all at the end")
    func vanished() throws {
        var rounds = WriteRounds(settings())
        _ = try rounds.batches(of: [gauge("x", ["a": "1"]), gauge("y", [:])], at: 1)
        #expect(
            text(try series(try rounds.batches(of: [gauge("y", [:])], at: 2)))
                == ["__name__=y [\"1.0\"] [2]", "__name__=x,a=1 [\"end\"] [2]"])
        #expect(text(try series(try rounds.batches(of: [gauge("y", [:])], at: 3))) == ["__name__=y [\"1.0\"] [3]"])
        #expect(text(try series(try rounds.batches(of: [], at: 4))) == ["__name__=y [\"end\"] [4]"])
        #expect(try rounds.batches(of: [], at: 5).isEmpty)
    }

    @Test("Labels in another order are the same series")
    func order() throws {
        let a = MetricLabel("a", "1")
        let b = MetricLabel("b", "2")
        var rounds = WriteRounds(settings())
        for labels in [[a, b], [b, a]] {
            let family = MetricFamily("x", .gauge, help: "", samples: [MetricSample(labels, .number(1))])
            #expect(text(try series(try rounds.batches(of: [family], at: 1))) == ["__name__=x,a=1,b=2 [\"1.0\"] [1]"])
        }
    }

    @Test("Values that look the same and have other bytes are other series, and end each by itself")
    func canonicalEquivalence() throws {
        var rounds = WriteRounds(settings())
        _ = try rounds.batches(of: [gauge("x", ["a": "é"]), gauge("x", ["a": "e\u{301}"])], at: 1)
        #expect(try series(try rounds.batches(of: [gauge("x", ["a": "é"])], at: 2)).count == 2)
        #expect(try series(try rounds.batches(of: [], at: 3)).count == 1)
    }

    @Test("Requests are bounded", arguments: [(1, 10), (3, 4), (10, 1), (11, 1)])
    func requests(samplesEach: Int, expected: Int) throws {
        var rounds = WriteRounds(settings { $0.samplesPerRequest = samplesEach })
        let family = MetricFamily(
            "x", .gauge, help: "",
            samples: (0..<10).map { MetricSample([MetricLabel("n", "\($0)")], .number(Double($0))) })
        let batches = try rounds.batches(of: [family], at: 1)
        #expect(batches.count == expected && batches.allSatisfy { $0.samples <= samplesEach })
        #expect(try series(batches).count == 10)
    }

    @Test("Snappy gives back what it got", arguments: [0, 1, 100, 100_000])
    func snappy(size: Int) {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7) }
        #expect(SnappyCompression.uncompressed(SnappyCompression.compressed(bytes)) == bytes)
        #expect(SnappyCompression.uncompressed([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) == nil)
    }
}
