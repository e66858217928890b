// No name twice, and no series twice.

import Analysis
import Exporting
import Testing

@Suite("Distinct families")
struct DistinctFamiliesTests {
    private func lines(_ families: [MetricFamily]) -> [String] {
        PrometheusText.render(families, as: .prometheus).text.split(separator: "\n").map(String.init)
    }

    private func gauge(_ name: String, _ samples: [([MetricLabel], Double)]) -> MetricFamily {
        MetricFamily(name, .gauge, help: "", samples: samples.map { MetricSample($0.0, .number($0.1)) })
    }

    @Test("The first of equal series stays, whatever the order of labels, and an empty label is none")
    func samples() {
        let a = MetricLabel("a", "1")
        let b = MetricLabel("b", "2")
        #expect(
            lines([
                gauge("x", [([a, b], 1), ([b, a], 2), ([a], 3), ([a, MetricLabel("c", "")], 4), ([], 5), ([], 6)])
            ])
                == ["# TYPE x gauge", #"x{a="1",b="2"} 1"#, #"x{a="1"} 3"#, "x 5"])
    }

    @Test("Values that look the same and have other bytes are other series")
    func canonicalEquivalence() {
        let family = gauge("x", [([MetricLabel("a", "é")], 1), ([MetricLabel("a", "e\u{301}")], 2)])
        #expect(lines([family]).count == 3)
    }

    @Test("Name and value do not run into each other")
    func boundaries() {
        let family = gauge("x", [([MetricLabel("a", "bc")], 1), ([MetricLabel("ab", "c")], 2)])
        #expect(lines([family]).count == 3)
    }

    @Test("Families of one name are one; of another kind than the first they are left out")
    func families() {
        let counter = MetricFamily(
            "x", .counter, help: "", samples: [MetricSample([MetricLabel("c", "1")], .number(9))])
        #expect(
            lines([
                gauge("x", [([], 1)]), gauge("y", [([], 2)]), gauge("x", [([], 3), ([MetricLabel("a", "b")], 4)]),
                counter,
            ]) == ["# TYPE x gauge", "x 1", #"x{a="b"} 4"#, "# TYPE y gauge", "y 2"])
    }

    @Test("A sample that is not of its family's kind is left out")
    func kinds() {
        let histogram = MetricSample([], .histogram(Histogram(), exemplars: []))
        let number = MetricSample([MetricLabel("a", "b")], .number(1))
        #expect(lines([MetricFamily("x", .gauge, help: "", samples: [histogram, number])]).count == 2)
        #expect(lines([MetricFamily("x", .histogram, help: "", samples: [number])]).isEmpty)
    }

    @Test("Many series with many repetitions")
    func many() {
        let samples = (0..<20_000).map { ([MetricLabel("n", String($0 % 5_000)), MetricLabel("m", "x")], Double($0)) }
        #expect(lines([gauge("x", samples)]).count == 5_001)
    }
}
