// Metrics as values: what is counted, under which name and labels, in no format yet.

import Analysis

/// All samples of one name.
public struct MetricFamily: Sendable {
    public enum Kind: Sendable, Hashable {
        /// Only grows, until whoever counts begins anew.
        case counter
        case gauge
        case histogram
    }

    /// Without `_total`, which a format adds to counters; with the unit as its last word, where it has one.
    public var name: String
    public var kind: Kind
    /// A base unit, `seconds` or `bytes`; `nil`: a number of things.
    public var unit: String?
    /// One sentence.
    public var help: String
    public var samples: [MetricSample]

    public init(
        _ name: String, _ kind: Kind, unit: String? = nil, help: String, samples: [MetricSample] = []
    ) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help
        self.samples = samples
    }
}

/// One series of a family, as it stands now.
public struct MetricSample: Sendable {
    public enum Value: Sendable {
        case number(Double)
        /// Exemplars in the order of their values, each of some bucket.
        case histogram(Histogram, exemplars: [MetricExemplar])
    }

    /// In the order in which they are shown; no name twice.
    public var labels: [MetricLabel]
    public var value: Value
    /// Since when a counter or a histogram counts, in seconds since 1970; `nil`: nobody knows.
    public var created: Double?

    public init(_ labels: [MetricLabel], _ value: Value, created: Double? = nil) {
        self.labels = labels
        self.value = value
        self.created = created
    }
}

public struct MetricLabel: Sendable, Hashable {
    public var name: String
    /// Any text.
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One of the values that a histogram counts, with what leads to it: a trace, or a task.
public struct MetricExemplar: Sendable, Hashable {
    public var labels: [MetricLabel]
    public var value: Double
    /// In seconds since 1970.
    public var timestamp: Double

    public init(labels: [MetricLabel], value: Double, timestamp: Double) {
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
    }
}
