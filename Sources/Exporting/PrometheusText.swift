// Metrics as text that Prometheus reads: its own format 0.0.4, and OpenMetrics 1.0.0.

import Analysis

/// The text formats of `[MetricFamily]`.
///
/// Names of metrics and labels are written as they are: whoever makes them keeps to letters, digits and `_`. Values of
/// labels and help are any text. Every series is written once, as `[MetricFamily].distinct()` has it; a label with an
/// empty value is none.
public enum PrometheusText {
    public enum Format: Sendable, Hashable {
        /// Prometheus's text format 0.0.4.
        case prometheus
        /// OpenMetrics 1.0.0.
        case openMetrics
    }

    /// Whether OpenMetrics says of each counter and histogram since when it counts.
    ///
    /// Prometheus stores that as one more series for each of them, so it is left out unless somebody asks.
    public enum Created: Sendable, Hashable {
        case omitted
        case written
    }

    /// The whole answer to a scrape, in UTF-8.
    public static func render(
        _ families: [MetricFamily], as format: Format, created: Created = .omitted
    ) -> [UInt8] {
        var writer = PrometheusTextWriter(format: format, created: format == .openMetrics ? created : .omitted)
        for family in families.distinct() { writer.write(family) }
        return writer.end()
    }
}

/// Writes families one after the other.
private struct PrometheusTextWriter {
    let format: PrometheusText.Format
    let created: PrometheusText.Created
    private var text = MetricTextBuffer(capacity: 1 << 16)
    /// `a="1",b="2"`: the labels of the sample that is being written.
    private var labels = MetricTextBuffer()
    private var counts: [UInt64] = []

    init(format: PrometheusText.Format, created: PrometheusText.Created) {
        self.format = format
        self.created = created
    }

    mutating func end() -> [UInt8] {
        if format == .openMetrics { text.append("# EOF\n" as StaticString) }
        return text.bytes
    }

    mutating func write(_ family: MetricFamily) {
        writeHead(of: family)
        for sample in family.samples {
            labels.clear()
            Self.append(sample.labels, to: &labels)
            switch sample.value {
            case .number(let number):
                begin(family.name, family.kind == .counter ? "_total" : "")
                text.append(number)
                text.append("\n" as StaticString)
            case .histogram(let histogram, let exemplars):
                write(histogram, exemplars, of: family.name)
            }
            if created == .written, family.kind != .gauge, let time = sample.created {
                begin(family.name, "_created")
                text.append(time)
                text.append("\n" as StaticString)
            }
        }
    }

    private mutating func writeHead(of family: MetricFamily) {
        // The older format knows a counter by the name of its series only.
        let suffix: StaticString = family.kind == .counter && format == .prometheus ? "_total" : ""
        if !family.help.isEmpty {
            beginComment("# HELP ", family.name, suffix)
            text.append(escaped: family.help, quotes: format == .openMetrics ? .escaped : .plain)
            text.append("\n" as StaticString)
        }
        beginComment("# TYPE ", family.name, suffix)
        switch family.kind {
        case .counter: text.append("counter\n" as StaticString)
        case .gauge: text.append("gauge\n" as StaticString)
        case .histogram: text.append("histogram\n" as StaticString)
        }
        // A unit that the name does not end in makes the answer invalid.
        if format == .openMetrics, let unit = family.unit, family.name.hasSuffix("_" + unit) {
            beginComment("# UNIT ", family.name, "")
            text.append(unit)
            text.append("\n" as StaticString)
        }
    }

    private mutating func beginComment(_ keyword: StaticString, _ name: String, _ suffix: StaticString) {
        text.append(keyword)
        text.append(name)
        text.append(suffix)
        text.append(" " as StaticString)
    }

    private mutating func write(_ histogram: Histogram, _ exemplars: [MetricExemplar], of name: String) {
        counts.removeAll(keepingCapacity: true)
        counts.append(contentsOf: repeatElement(0, count: ClassicBuckets.upperBounds.count))
        ClassicBuckets.addCumulativeCounts(of: histogram, to: &counts)
        let shown = format == .openMetrics && !exemplars.isEmpty ? ClassicBuckets.exemplars(exemplars) : []
        for (place, bound) in ClassicBuckets.labelValues.enumerated() {
            begin(name, "_bucket", bound: bound)
            text.append(counts[place])
            if !shown.isEmpty, let exemplar = shown[place] { write(exemplar) }
            text.append("\n" as StaticString)
        }
        begin(name, "_sum")
        text.append(histogram.sum)
        text.append("\n" as StaticString)
        begin(name, "_count")
        text.append(histogram.count)
        text.append("\n" as StaticString)
    }

    private mutating func write(_ exemplar: MetricExemplar) {
        text.append(" # {" as StaticString)
        Self.append(exemplar.labels, to: &text)
        text.append("} " as StaticString)
        text.append(exemplar.value)
        text.append(" " as StaticString)
        text.append(exemplar.timestamp)
    }

    /// Writes a line up to its value.
    private mutating func begin(_ name: String, _ suffix: StaticString, bound: String? = nil) {
        text.append(name)
        text.append(suffix)
        guard !labels.bytes.isEmpty || bound != nil else {
            text.append(" " as StaticString)
            return
        }
        text.append("{" as StaticString)
        text.append(labels)
        if let bound {
            if !labels.bytes.isEmpty { text.append("," as StaticString) }
            text.append("le=\"" as StaticString)
            text.append(bound)
            text.append("\"" as StaticString)
        }
        text.append("} " as StaticString)
    }

    private static func append(_ labels: [MetricLabel], to text: inout MetricTextBuffer) {
        var isFirst = true
        for label in labels where !label.value.isEmpty {
            if !isFirst { text.append("," as StaticString) }
            isFirst = false
            text.append(label.name)
            text.append("=\"" as StaticString)
            text.append(escaped: label.value, quotes: .escaped)
            text.append("\"" as StaticString)
        }
    }
}
