// A sample's identity in a store, and the time series of remote write that it is sent as.

import Analysis
import Exporting

/// One sample of ours, by name: a store has one series of it, or, of a classic histogram, one a bucket.
struct RemoteSeries: Hashable {
    var family: String
    var kind: MetricFamily.Kind
    /// By name, none without a value; the external ones among them.
    var labels: [MetricLabel]

    init(_ sample: MetricSample, of family: MetricFamily, externalLabels: [String: String]) {
        self.family = family.name
        kind = family.kind
        labels = sample.labels.filter { !$0.value.isEmpty }
        for (name, value) in externalLabels where !labels.contains(where: { $0.name == name }) {
            labels.append(MetricLabel(name, value))
        }
        labels.sort { $0.name < $1.name }
    }

    /// Sends `value` by giving `send` each time series of it.
    func send(
        _ value: MetricSample.Value, at timestamp: Int64, histograms: RemoteWriteSettings.Histograms,
        to send: (WireTimeSeries) throws -> Void
    ) rethrows {
        switch value {
        case .number(let number):
            try send(series(kind == .counter ? "_total" : "", number, timestamp))
        case .histogram(let histogram, _):
            if histograms != .native {
                let counts = ClassicBuckets.cumulativeCounts(of: histogram)
                for (place, bound) in ClassicBuckets.labelValues.enumerated() {
                    try send(series("_bucket", Double(counts[place]), timestamp, bound: bound))
                }
                try send(series("_sum", histogram.sum, timestamp))
                try send(series("_count", Double(histogram.count), timestamp))
            }
            if histograms != .classic { try send(series(WireHistogram(histogram), timestamp)) }
        }
    }

    /// Says that there is no more of it, by Prometheus's marker, a not-a-number of its own: queries end there, instead
    /// of showing the last value for minutes.
    func sendEnd(
        at timestamp: Int64, histograms: RemoteWriteSettings.Histograms, to send: (WireTimeSeries) throws -> Void
    ) rethrows {
        guard kind == .histogram else {
            try send(series(kind == .counter ? "_total" : "", Self.staleMarker, timestamp))
            return
        }
        if histograms != .native {
            for bound in ClassicBuckets.labelValues {
                try send(series("_bucket", Self.staleMarker, timestamp, bound: bound))
            }
            for suffix in ["_sum", "_count"] { try send(series(suffix, Self.staleMarker, timestamp)) }
        }
        if histograms != .classic {
            var marker = WireHistogram()
            marker.countInt = 0
            marker.zeroCountInt = 0
            marker.sum = Self.staleMarker
            try send(series(marker, timestamp))
        }
    }

    static let staleMarker = Double(bitPattern: 0x7FF0_0000_0000_0002)

    private func series(
        _ suffix: String, _ value: Double, _ timestamp: Int64, bound: String? = nil
    ) -> WireTimeSeries {
        var sample = WireSample()
        sample.value = value
        sample.timestamp = timestamp
        var series = WireTimeSeries()
        series.labels = wireLabels(suffix, bound: bound)
        series.samples = [sample]
        return series
    }

    private func series(_ histogram: WireHistogram, _ timestamp: Int64) -> WireTimeSeries {
        var histogram = histogram
        histogram.timestamp = timestamp
        var series = WireTimeSeries()
        series.labels = wireLabels("", bound: nil)
        series.histograms = [histogram]
        return series
    }

    private func wireLabels(_ suffix: String, bound: String?) -> [WireLabel] {
        var result: [WireLabel] = []
        result.reserveCapacity(labels.count + 2)
        for label in labels { result.append(WireLabel(label.name, label.value)) }
        insert(WireLabel("__name__", family + suffix), into: &result)
        if let bound { insert(WireLabel("le", bound), into: &result) }
        return result
    }

    private func insert(_ label: WireLabel, into labels: inout [WireLabel]) {
        labels.insert(label, at: labels.firstIndex { label.name < $0.name } ?? labels.count)
    }
}

// Strings are equal to Swift when they look the same; series are when their bytes are.
extension RemoteSeries {
    static func == (a: RemoteSeries, b: RemoteSeries) -> Bool {
        a.kind == b.kind && a.family.utf8.elementsEqual(b.family.utf8)
            && a.labels.elementsEqual(b.labels) {
                $0.name.utf8.elementsEqual($1.name.utf8) && $0.value.utf8.elementsEqual($1.value.utf8)
            }
    }

    func hash(into hasher: inout Hasher) {
        func combine(_ text: String) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            hasher.combine(UInt8(0xFF))
        }
        combine(family)
        for label in labels {
            combine(label.name)
            combine(label.value)
        }
    }
}

extension WireLabel {
    fileprivate init(_ name: String, _ value: String) {
        self.init()
        self.name = name
        self.value = value
    }
}

extension WireHistogram {
    fileprivate init(_ histogram: Histogram) {
        self.init()
        let native = NativeBuckets(histogram)
        countInt = histogram.count
        sum = histogram.sum
        schema = Int32(native.schema)
        zeroThreshold = NativeBuckets.zeroThreshold
        zeroCountInt = native.zeroCount
        positiveSpans = native.spans.map {
            var message = WireBucketSpan()
            message.offset = $0.offset
            message.length = $0.length
            return message
        }
        positiveDeltas = native.deltas
    }
}
