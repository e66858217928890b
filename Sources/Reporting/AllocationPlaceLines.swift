// Lines of code that allocate, with what they allocate: all of it estimated from samples.

import Analysis

struct AllocationPlaceLines {
    /// Types that are named for a line.
    var types: Int
    var namesModule = false

    func append(_ places: some Sequence<AllocationPlace>, of report: AllocationReport, to page: inout Page) {
        let total = Total(report.places)
        for place in places {
            page.place(place.place)
            page.sentence(details(place, total), indent: 6)
        }
    }

    /// `31 ± 2 % of bytes, 1.20 ± 0.05 M blocks, 92 ± 3 % garbage: String, Array<UInt8> and 3 more`
    private func details(_ place: AllocationPlace, _ total: Total) -> String {
        var parts: [String] = []
        if let share = EstimateText.share(total.share(of: place)) { parts.append("\(share) of bytes") }
        if let count = EstimateText.count(place.count) { parts.append("\(count) blocks") }
        if parts.isEmpty {
            parts.append("too few samples (\(Quantity.count(place.bytes.samples))) to say how much")
        } else if let garbage = place.garbage.flatMap(EstimateText.share) {
            parts.append("\(garbage) garbage")
        }
        if namesModule, !place.module.isEmpty, place.place.file == nil {
            parts.append("in \(place.module.printable.shortened(to: 30))")
        }
        let names = place.types.prefix(types).map { $0.name.printable.shortened(to: 40) }
        let more = place.types.count - names.count
        let what = names.joined(separator: ", ") + (more > 0 && !names.isEmpty ? " and \(more) more" : "")
        return parts.joined(separator: ", ") + (what.isEmpty ? "" : ": \(what)")
    }

    /// All sampled bytes, and how sure they are.
    struct Total {
        private var bytes = 0.0
        private var variance = 0.0
        private var samples = 0.0

        init(_ places: [AllocationPlace]) {
            for place in places {
                bytes += place.bytes.value
                variance += place.bytes.standardError * place.bytes.standardError
                samples += Double(place.bytes.samples)
            }
        }

        /// A place's part of all. The error is that of a ratio in which the part is in the whole; for the error, not for
        /// the value, one sample of average weight is added to each side: few samples that are all of one place leave
        /// some doubt (Agresti and Coull).
        func share(of place: AllocationPlace) -> Estimate {
            var estimate = place.bytes
            estimate.value = place.share
            guard bytes > 0, samples > 0 else { return estimate }
            let own = estimate.standardError * estimate.standardError
            let added = 1 / samples
            let ratio = (place.share + added) / (1 + 2 * added)
            let inside = own + added * variance
            let outside = max(0, variance - own) + added * variance
            let squares = (1 - ratio) * (1 - ratio) * inside + ratio * ratio * outside
            estimate.standardError = squares.squareRoot() / (bytes * (1 + 2 * added))
            return estimate
        }
    }
}
