// What became of sampled allocations: how many of their bytes were freed, and where.

import Sessions

/// Of allocations made in the recording whose frees are told of.
struct SampledFates: Sendable {
    private(set) var tracked = SampledSum()
    private var freed = [SampledSum](repeating: SampledSum(), count: SampledFree.Place.allCases.count)

    mutating func add(tracked sample: SampledSum) { tracked.add(sample) }

    mutating func add(freed sample: SampledSum, in place: SampledFree.Place) { freed[Int(place.rawValue)].add(sample) }

    mutating func merge(_ other: SampledFates) {
        tracked.add(other.tracked)
        for index in freed.indices { freed[index].add(other.freed[index]) }
    }

    private func freed(in places: SampledFree.Place...) -> SampledSum {
        places.reduce(into: SampledSum()) { $0.add(freed[Int($1.rawValue)]) }
    }

    /// The part that the allocating poll freed itself; `nil`: no sample's end is known.
    var garbage: Estimate? { tracked.share(of: freed(in: .samePoll)) }

    /// `nil`: no sample's end is known.
    var fate: AllocationFate? {
        guard let samePoll = garbage, let sameTask = tracked.share(of: freed(in: .sameTask)),
            let elsewhere = tracked.share(of: freed(in: .otherPoll, .outsidePolls)),
            let gone = tracked.share(of: freed(in: .samePoll, .sameTask, .otherPoll, .outsidePolls))
        else { return nil }
        // Each is one at most; together they are more where records of samples were lost, and not those of their frees.
        let scale = max(1, samePoll.value + sameTask.value + elsewhere.value)
        func scaled(_ estimate: Estimate) -> Estimate {
            Estimate(
                value: estimate.value / scale, standardError: estimate.standardError, samples: estimate.samples)
        }
        let parts = [samePoll, sameTask, elsewhere].map(scaled)
        let kept = max(0, 1 - parts.reduce(0) { $0 + $1.value })
        return AllocationFate(
            samePoll: parts[0], sameTask: parts[1], elsewhere: parts[2],
            // What is not kept is gone: one error for both.
            kept: Estimate(value: kept, standardError: gone.standardError, samples: gone.samples))
    }
}
