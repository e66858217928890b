// Which exemplars a format shows, and how much of them.

extension MetricExemplar {
    /// What OpenMetrics lets the names and values of an exemplar's labels have, and Prometheus stores.
    static let mostCharacters = 128

    /// The exemplar with as many of its labels as may be shown; `nil`: not even the first.
    public var fitting: MetricExemplar? {
        var room = Self.mostCharacters
        let kept = labels.prefix {
            room -= $0.name.unicodeScalars.count + $0.value.unicodeScalars.count
            return room >= 0
        }
        guard !kept.isEmpty, value.isFinite, timestamp.isFinite else { return nil }
        return kept.count == labels.count
            ? self : MetricExemplar(labels: Array(kept), value: value, timestamp: timestamp)
    }
}

extension ClassicBuckets {
    /// For each bound the exemplar of the largest value in its bucket, which is of most interest.
    public static func exemplars(_ exemplars: [MetricExemplar]) -> [MetricExemplar?] {
        var result = [MetricExemplar?](repeating: nil, count: upperBounds.count)
        for exemplar in exemplars {
            guard let fitting = exemplar.fitting else { continue }
            let bucket = upperBounds.firstIndex { exemplar.value <= $0 } ?? upperBounds.count - 1
            if fitting.value >= result[bucket]?.value ?? -.infinity { result[bucket] = fitting }
        }
        return result
    }
}
