// What is counted of the requests of one name: in memory that does not grow with their number, so that any part of
// them by duration can be looked at afterwards.
//
// Of each bucket of the histogram of durations the time by part is summed up. A cohort is a stretch of buckets, with a
// share of those at its borders.

import Sessions

struct RequestFigures: Sendable {
    /// The requests of one bucket whose anatomy is known.
    struct Bucket: Sendable {
        var count: UInt64 = 0
        var anatomy = AnatomyTicks()
    }

    private(set) var count: UInt64 = 0
    private(set) var errors: UInt64 = 0
    private(set) var cancelled: UInt64 = 0
    private(set) var timedOut: UInt64 = 0
    private(set) var ticks: UInt64 = 0
    /// Seconds; their sum comes from `ticks`.
    private(set) var durations = Histogram()
    /// By bucket of the histogram's scale.
    private(set) var buckets: [Int: Bucket] = [:]
    var slowest = SlowestRequests()
    var tail = TailRequests()

    mutating func add(
        _ duration: UInt64, outcome: RequestOutcome?, anatomy: AnatomyTicks?, secondsPerTick: Double
    ) {
        // Wrapping here and below: sums of hostile durations give wrong sums and no fault; counts do not get there.
        count += 1
        ticks &+= duration
        switch outcome {
        case .error: errors += 1
        case .cancelled: cancelled += 1
        case .timedOut: timedOut += 1
        case .ok, nil: break
        }
        let seconds = Double(duration) * secondsPerTick
        durations.tally(seconds)
        guard let anatomy else { return }
        let bucket = seconds >= .leastNormalMagnitude ? BucketScale.index(of: seconds) : Int.min
        buckets[bucket, default: Bucket()].add(count: 1, anatomy)
    }

    mutating func merge(_ other: RequestFigures) {
        count &+= other.count
        errors &+= other.errors
        cancelled &+= other.cancelled
        timedOut &+= other.timedOut
        ticks &+= other.ticks
        durations.merge(other.durations)
        for (index, bucket) in other.buckets {
            buckets[index, default: Bucket()].add(count: bucket.count, bucket.anatomy)
        }
        slowest.merge(other.slowest)
        tail.merge(other.tail)
    }
}

extension RequestFigures.Bucket {
    @inline(__always)
    mutating func add(count: UInt64, _ anatomy: AnatomyTicks) {
        // Wrapping: as in `RequestFigures.add`.
        self.count &+= count
        self.anatomy &+= anatomy
    }
}

extension RequestCohort {
    /// A cohort of fewer says more of single requests than of the code.
    static let countLeast: UInt64 = 5

    static func all(of figures: RequestFigures, secondsPerTick: Double) -> [RequestCohort] {
        let buckets = figures.buckets.sorted { $0.key < $1.key }.map(\.value)
        return Kind.allCases.compactMap { RequestCohort($0, buckets: buckets, secondsPerTick: secondsPerTick) }
    }

    /// `nil`: it would have too few requests. `buckets` from the fastest requests to the slowest.
    private init?(_ kind: Kind, buckets: [RequestFigures.Bucket], secondsPerTick: Double) {
        let all = buckets.reduce(0) { $0 + Double($1.count) }
        let (low, high) = (kind.quantiles.lowerBound * all, kind.quantiles.upperBound * all)
        let count = high - low
        // A hundredth of five hundred is five, whatever binary fractions make of it.
        guard count + 1e-6 >= Double(Self.countLeast) else { return nil }
        var below = 0.0
        var mean = Anatomy()
        for bucket in buckets {
            let top = below + Double(bucket.count)
            let inside = min(top, high) - max(below, low)
            below = top
            guard inside > 0 else { continue }
            // Of a bucket's requests all are alike, as far as is known.
            let weight = inside / Double(bucket.count) / count * secondsPerTick
            for part in AnatomyPart.allCases { mean[part] += Double(bucket.anatomy[part.index]) * weight }
        }
        self.kind = kind
        self.count = UInt64(count.rounded())
        self.mean = mean
        meanSeconds = mean.totalSeconds
    }
}

extension RequestCohort.Kind {
    /// Of all durations, shortest first.
    var quantiles: ClosedRange<Double> {
        switch self {
        case .median: 0.45...0.55
        case .slowest5Percent: 0.95...1
        case .slowest1Percent: 0.99...1
        }
    }
}

/// Figures by kind and name.
struct RequestTable: Sendable {
    struct Key: Sendable, Hashable {
        var kind: RequestKind
        /// 0: not kept.
        var name: UInt16
    }

    private var places: [Key: Int] = [:]
    private var latest: (key: Key, place: Int)?
    private(set) var entries: [(key: Key, figures: RequestFigures)] = []
    var secondsPerTick: Double

    init(secondsPerTick: Double) { self.secondsPerTick = secondsPerTick }

    mutating func add(_ request: TrackedRequest, anatomy: AnatomyTicks?) {
        entries[place(of: Key(kind: request.kind, name: request.name))].figures.add(
            request.duration, outcome: request.outcome, anatomy: anatomy, secondsPerTick: secondsPerTick)
    }

    /// Whether a request of this duration is among the slowest of its name so far.
    func wouldShow(_ duration: UInt64, of request: TrackedRequest) -> Bool {
        guard let place = places[Key(kind: request.kind, name: request.name)] else { return true }
        return entries[place].figures.slowest.wouldTake(duration)
    }

    /// Whether one of this duration is among those that are kept for what the slowest hundredth did.
    func isInTail(_ duration: UInt64, of request: TrackedRequest) -> Bool {
        guard let place = places[Key(kind: request.kind, name: request.name)] else { return true }
        return entries[place].figures.tail.wouldTake(duration)
    }

    /// `stretches`: of its path, if it is in the tail.
    mutating func addToTail(_ request: TrackedRequest, stretches: [PathStretch]?) {
        let place = place(of: Key(kind: request.kind, name: request.name))
        if let stretches {
            entries[place].figures.tail.offer(TailRequest(request, stretches: stretches))
        } else {
            entries[place].figures.tail.pass()
        }
    }

    mutating func show(_ request: ShownRequest) {
        entries[place(of: Key(kind: request.kind, name: request.name))].figures.slowest.offer(request)
    }

    /// Changes the requests that are shown.
    mutating func change(_ body: (inout ShownRequest) -> Void) {
        for index in entries.indices { entries[index].figures.slowest.change(body) }
    }

    private mutating func place(of key: Key) -> Int {
        if let latest, latest.key == key { return latest.place }
        let place = places[key] ?? entries.count
        if place == entries.count {
            entries.append((key, RequestFigures()))
            places[key] = place
        }
        latest = (key, place)
        return place
    }
}
