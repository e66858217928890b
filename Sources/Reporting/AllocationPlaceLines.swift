// Lines of code that allocate, with what they allocate: all of it estimated from samples.

import Analysis

struct AllocationPlaceLines {
    /// Types that are named for a line.
    var types: Int
    var namesModule = false

    func append(_ places: some Sequence<AllocationPlace>, to page: inout Page) {
        for place in places {
            page.place(place.place)
            page.sentence(details(place), indent: 6)
        }
    }

    /// `31 ± 2 % of bytes, 1.20 ± 0.05 M blocks, 92 ± 3 % garbage: String, Array<UInt8> and 3 more`
    private func details(_ place: AllocationPlace) -> String {
        var parts: [String] = []
        if let share = EstimateText.share(place.share) { parts.append("\(share) of bytes") }
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
}
