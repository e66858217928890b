// What is sent of each round: all series as they stand, and the ends of those that the last round had and this has not.

import Exporting

/// The body of one request.
struct WriteBatch: Sendable {
    /// Compressed.
    var body: [UInt8]
    var samples: Int
}

/// Makes requests of rounds. Pure: the time is given.
struct WriteRounds {
    private let externalLabels: [String: String]
    private let histograms: RemoteWriteSettings.Histograms
    private let samplesPerRequest: Int
    /// What the store has of the last round.
    private var known: Set<RemoteSeries> = []

    init(_ settings: RemoteWriteSettings) {
        externalLabels = settings.externalLabels
        histograms = settings.histograms
        samplesPerRequest = max(settings.samplesPerRequest, 1)
    }

    /// The requests that say what `families` are at `timestamp`, milliseconds since 1970.
    mutating func batches(of families: [MetricFamily], at timestamp: Int64) throws -> [WriteBatch] {
        var batches = WriteBatches(samplesEach: samplesPerRequest)
        var current: Set<RemoteSeries> = []
        current.reserveCapacity(known.count)
        for family in families.distinct() {
            for sample in family.samples {
                let series = RemoteSeries(sample, of: family, externalLabels: externalLabels)
                try series.send(sample.value, at: timestamp, histograms: histograms) { try batches.append($0) }
                current.insert(series)
            }
        }
        for series in known where !current.contains(series) {
            try series.sendEnd(at: timestamp, histograms: histograms) { try batches.append($0) }
        }
        known = current
        return try batches.finished()
    }
}

/// Time series as they come, in requests of a bounded size. Each is encoded when it is full: a round as a whole would
/// take many times the memory.
private struct WriteBatches {
    private let samplesEach: Int
    private var request = WireWriteRequest()
    private var batches: [WriteBatch] = []

    init(samplesEach: Int) { self.samplesEach = samplesEach }

    mutating func append(_ series: WireTimeSeries) throws {
        request.timeseries.append(series)
        if request.timeseries.count >= samplesEach { try encode() }
    }

    mutating func finished() throws -> [WriteBatch] {
        if !request.timeseries.isEmpty { try encode() }
        return batches
    }

    private mutating func encode() throws {
        let bytes: [UInt8] = try request.serializedBytes()
        batches.append(WriteBatch(body: SnappyCompression.compressed(bytes), samples: request.timeseries.count))
        request.timeseries.removeAll(keepingCapacity: true)
    }
}
