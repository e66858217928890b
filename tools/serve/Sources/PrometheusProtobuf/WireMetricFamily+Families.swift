// Our metrics in the messages of Prometheus's protobuf format.

import Analysis
import Exporting

extension WireMetricFamily {
    init(_ family: MetricFamily) {
        self.init()
        // Here a counter is known by the name of its series, as in the older text format.
        name = family.kind == .counter ? family.name + "_total" : family.name
        help = family.help
        unit = family.unit ?? ""
        type =
            switch family.kind {
            case .counter: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
        metric = family.samples.map { WireMetric($0, of: family.kind) }
    }
}

extension WireMetric {
    fileprivate init(_ sample: MetricSample, of kind: MetricFamily.Kind) {
        self.init()
        label = sample.labels.filter { !$0.value.isEmpty }.map(WireLabelPair.init)
        switch sample.value {
        case .number(let number) where kind == .counter:
            var message = WireCounter()
            message.value = number
            if let created = sample.created { message.createdTimestamp = WireTimestamp(seconds: created) }
            counter = message
        case .number(let number):
            var message = WireGauge()
            message.value = number
            gauge = message
        case .histogram(let values, let exemplars):
            var message = WireHistogram(values, exemplars)
            if let created = sample.created { message.createdTimestamp = WireTimestamp(seconds: created) }
            histogram = message
        }
    }
}

extension WireLabelPair {
    fileprivate init(_ label: MetricLabel) {
        self.init()
        name = label.name
        value = label.value
    }
}

extension WireHistogram {
    fileprivate init(_ histogram: Histogram, _ exemplars: [MetricExemplar]) {
        self.init()
        sampleCount = histogram.count
        sampleSum = histogram.sum

        // Prometheus takes exemplars from here for native histograms, too.
        let counts = ClassicBuckets.cumulativeCounts(of: histogram)
        let shown = exemplars.isEmpty ? [] : ClassicBuckets.exemplars(exemplars)
        bucket = counts.enumerated().map { place, count in
            var message = WireBucket()
            message.cumulativeCount = count
            message.upperBound = ClassicBuckets.upperBounds[place]
            if !shown.isEmpty, let exemplar = shown[place] { message.exemplar = WireExemplar(exemplar) }
            return message
        }

        let native = NativeBuckets(histogram)
        schema = Int32(native.schema)
        zeroThreshold = NativeBuckets.zeroThreshold
        zeroCount = native.zeroCount
        positiveSpan = native.spans.map {
            var message = WireBucketSpan()
            message.offset = $0.offset
            message.length = $0.length
            return message
        }
        positiveDelta = native.deltas
    }
}

extension WireExemplar {
    fileprivate init(_ exemplar: MetricExemplar) {
        self.init()
        label = exemplar.labels.map(WireLabelPair.init)
        value = exemplar.value
        timestamp = WireTimestamp(seconds: exemplar.timestamp)
    }
}

extension WireTimestamp {
    /// What cannot be a time is none: 1970.
    fileprivate init(seconds value: Double) {
        self.init()
        // Up to the year 9999, as protobuf has it.
        guard value.isFinite, abs(value) < 253_402_300_800 else { return }
        let whole = value.rounded(.down)
        seconds = Int64(whole)
        nanos = min(Int32((value - whole) * 1e9), 999_999_999)
    }
}
