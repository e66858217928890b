// What something that comes at a random moment waits, when turns of known lengths are in its way.

/// The wait of an arrival that knows nothing of the turns.
///
/// With turns of lengths d_i in a span T, an arrival falls into turn i with the chance d_i / T, and then any rest of it is
/// as likely as any other; between turns it does not wait. So the wait W has P(W > w) = Σ max(0, d_i − w) / T, and its
/// mean is Σ d_i² / 2T. What queues up behind the turn that goes on is not in it: the figure is a lower bound.
struct RandomArrival {
    /// Turns by their lengths, longest first: each bucket of the histogram stands for its middle.
    private var lengths: [(seconds: Double, count: Double)]
    private let span: Double

    init(turns: Histogram, durationSeconds: Double) {
        span = durationSeconds
        let (least, most) = (turns.minimum ?? 0, turns.maximum ?? 0)
        lengths = turns.buckets.reversed().map { bucket in
            // The middle of narrow buckets; of one that holds only extremes, what was seen.
            let upper = turns.upperBound(ofBucket: bucket.index)
            let lower = turns.upperBound(ofBucket: bucket.index - 1)
            return (min(max((lower + upper) / 2, least), most), Double(bucket.count))
        }
    }

    /// The smallest wait that at least `share` of all arrivals do not exceed.
    func quantile(_ share: Double) -> Double {
        let excess = (1 - min(max(share, 0), 1)) * span
        guard span > 0 else { return 0 }
        // Σ max(0, d − w) is a straight line in w between two lengths: its slope is the number of longer turns.
        var sum = 0.0
        var count = 0.0
        for (index, length) in lengths.enumerated() {
            sum += length.seconds * length.count
            count += length.count
            let next = index + 1 < lengths.count ? lengths[index + 1].seconds : 0
            if sum - count * next >= excess { return max(0, (sum - excess) / count) }
        }
        return 0
    }

    private var meanSeconds: Double {
        guard span > 0 else { return 0 }
        return lengths.reduce(0) { $0 + $1.seconds * $1.seconds * $1.count } / (2 * span)
    }

    var wait: ArrivalWait {
        ArrivalWait(
            mean: meanSeconds, p50: quantile(0.50), p95: quantile(0.95), p99: quantile(0.99), p999: quantile(0.999),
            max: lengths.first?.seconds ?? 0)
    }
}
