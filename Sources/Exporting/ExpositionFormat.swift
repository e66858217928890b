// In which format a scraper gets the metrics: what it says it takes, against what there is.

/// A format that Prometheus and its like read.
public enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// Prometheus's text format 0.0.4, which everybody reads. No exemplars, no native histograms.
    case text
    /// OpenMetrics 1.0.0 text: with units and exemplars.
    case openMetrics
    /// Length-delimited `io.prometheus.client.MetricFamily` messages: with native histograms beside the classic ones.
    case protobuf

    /// What goes into the header `Content-Type`.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        case .protobuf: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
        }
    }

    /// The format for a request with the header `Accept: ACCEPT`; `nil`: it has none.
    ///
    /// The one with the highest quality; of equals the one that is named first, and named ones before wildcards. Text
    /// if there is none that they take: who sees it can say what is wrong, and an error would tell less.
    public static func chosen(accept: String?) -> ExpositionFormat {
        guard let accept else { return .text }
        let header = AcceptHeader(accept)
        var best: (format: ExpositionFormat, quality: Double, isNamed: Bool)?
        for range in header.ranges where range.quality > 0 {
            guard let format = ExpositionFormat(range) else { continue }
            let isNamed = range.subtype != "*"
            if let best, (range.quality, isNamed ? 1 : 0) <= (best.quality, best.isNamed ? 1 : 0) { continue }
            best = (format, range.quality, isNamed)
        }
        return best?.format ?? .text
    }

    /// The format that `range` asks for; a wildcard asks for what everybody reads. `nil`: one, or a version, that is
    /// not here.
    private init?(_ range: AcceptHeader.Range) {
        func asks(_ name: String, for values: String...) -> Bool {
            range.parameters[name].map { values.contains($0.lowercased()) } ?? true
        }
        switch (range.type, range.subtype) {
        case ("*", "*"), ("text", "*"):
            self = .text
        case ("text", "plain") where asks("version", for: "0.0.4"):
            self = .text
        case ("application", "openmetrics-text") where asks("version", for: "1.0.0"):
            self = .openMetrics
        // Without these it could be any message: both must be said.
        case ("application", "vnd.google.protobuf")
        where range.parameters["proto"] == "io.prometheus.client.MetricFamily"
            && range.parameters["encoding"] == "delimited":
            self = .protobuf
        default:
            return nil
        }
    }
}
