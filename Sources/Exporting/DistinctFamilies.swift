// What a format may show: every name once, and every series once.
//
// Two samples with the same labels in one answer make Prometheus refuse all of it, so one bad name must not get there.
// Labels are the same in any order, and one with an empty value is none: so Prometheus has it.

extension [MetricFamily] {
    /// The families with those of one name together, where the first stood, and with the first of the samples that are
    /// one series. Left out are families that are of another kind than the first of their name, samples that are not
    /// of their family's kind, and families without any.
    public func distinct() -> [MetricFamily] {
        var places: [String: Int] = [:]
        var result: [MetricFamily] = []
        result.reserveCapacity(count)
        for family in self {
            guard let place = places[family.name] else {
                places[family.name] = result.count
                result.append(family)
                continue
            }
            if result[place].kind == family.kind { result[place].samples += family.samples }
        }
        for place in result.indices { result[place].keepDistinctSamples() }
        return result.filter { !$0.samples.isEmpty }
    }
}

extension MetricFamily {
    fileprivate mutating func keepDistinctSamples() {
        var places: [Int: Int] = [:]
        places.reserveCapacity(samples.count)
        var surplus: [Int] = []
        for (place, sample) in samples.enumerated() {
            guard sample.value.isOfKind(kind) else {
                surplus.append(place)
                continue
            }
            var key = sample.labelsHash
            // A hash that is taken by another series gives its place to the next number.
            while let other = places[key] {
                if samples[other].isSameSeries(as: sample) {
                    surplus.append(place)
                    break
                }
                key &+= 1
            }
            if surplus.last != place { places[key] = place }
        }
        guard !surplus.isEmpty else { return }
        let dropped = Set(surplus)
        samples = samples.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
    }
}

extension MetricSample.Value {
    fileprivate func isOfKind(_ kind: MetricFamily.Kind) -> Bool {
        switch self {
        case .number: kind != .histogram
        case .histogram: kind == .histogram
        }
    }
}

extension MetricSample {
    /// The same for the same labels in any order.
    fileprivate var labelsHash: Int {
        var sum = 0
        for label in labels where !label.value.isEmpty {
            var hasher = Hasher()
            hasher.combineBytes(of: label.name)
            hasher.combineBytes(of: label.value)
            sum &+= hasher.finalize()
        }
        return sum
    }

    fileprivate func isSameSeries(as other: MetricSample) -> Bool {
        let mine = labels.filter { !$0.value.isEmpty }
        let others = other.labels.filter { !$0.value.isEmpty }
        return mine.count == others.count
            && mine.allSatisfy { label in
                others.contains { $0.name.hasSameBytes(as: label.name) && $0.value.hasSameBytes(as: label.value) }
            }
    }
}

// Strings are equal to Swift when they look the same; series are when their bytes are.

extension String {
    fileprivate func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension Hasher {
    fileprivate mutating func combineBytes(of text: String) {
        let wasContiguous: Void? = text.utf8.withContiguousStorageIfAvailable {
            combine(bytes: UnsafeRawBufferPointer($0))
        }
        if wasContiguous == nil { for byte in text.utf8 { combine(byte) } }
        combine(UInt8(0xFF))
    }
}
