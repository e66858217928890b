// How much there was to do, as a reader keeps it: every moment of a short recording, stretches of a long one.

import Sessions

/// Keeps a bounded number of moments. When there are too many, each two become one, which has the peaks of both.
struct LoadHistory {
    private var kept: [LoadMoment] = []
    /// The last, of fewer moments than the others stand for.
    private var last: (moment: LoadMoment, count: Int)?
    private var stride = 1

    var moments: [LoadMoment] { last.map { kept + [$0.moment] } ?? kept }

    mutating func append(_ moment: LoadMoment) {
        var current = last?.moment ?? moment
        if last != nil { current.absorb(moment) }
        let count = (last?.count ?? 0) + 1
        guard count >= stride else {
            last = (current, count)
            return
        }
        last = nil
        kept.append(current)
        if kept.count > RecordingLimits.keptLoadMoments { thin() }
    }

    private mutating func thin() {
        stride *= 2
        let odd = kept.count.isMultiple(of: 2) ? nil : kept.removeLast()
        for index in 0..<(kept.count / 2) {
            kept[index] = kept[2 * index]
            kept[index].absorb(kept[2 * index + 1])
        }
        kept.removeLast(kept.count / 2)
        last = odd.map { ($0, stride / 2) }
    }
}
