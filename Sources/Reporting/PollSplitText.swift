// Where the time of polls went, in a line of aligned numbers, and in a sentence that says why.

import Analysis

/// `on CPU ~38.2  blocked 0.00  kernel wait 1.10  ms a poll`: parts in one unit; `~` marks what is estimated in part.
struct PollSplitText {
    private enum Part { case onCPU, blocked, kernelWait, other }

    /// The mean of a site's long polls.
    static func line(_ site: LongPollSite) -> String {
        line(site.split, polls: Double(max(1, site.polls)), estimated: [.onCPU]) + " a poll"
    }

    /// What an unfinished poll did so far.
    static func line(soFar split: TimeSplit, last: SampleState) -> String {
        let going: Part =
            switch last {
            case .cpu, .mixed: .onCPU
            case .blocked: .blocked
            case .asleep: .other
            }
        return line(split, polls: 1, estimated: [.onCPU, going]) + " so far"
    }

    private static func line(_ split: TimeSplit, polls: Double, estimated: Set<Part>) -> String {
        let parts: [(part: Part, name: String, seconds: Double)] = [
            (.onCPU, "on CPU", split.onCPUSeconds), (.blocked, "blocked", split.blockedSeconds),
            (.kernelWait, "kernel wait", split.kernelWaitSeconds), (.other, "asleep", split.otherSeconds),
        ]
        // Sleep outside observed calls is rare: it is named where there is some.
        let shown = parts.filter { $0.part != .other || $0.seconds > 0 }
        let scale = QuantityScale(for: split.totalSeconds / polls)
        let isEstimated = scale.text(split.estimatedSeconds / polls) != scale.text(0)
        let texts = shown.map { part in
            let figure = scale.text(part.seconds / polls)
            let mark = isEstimated && estimated.contains(part.part) && figure != scale.text(0) ? "~" : ""
            return "\(part.name) \(mark)\(figure)"
        }
        return texts.joined(separator: "  ") + "  \(scale.unit)"
    }

    // MARK: Why

    /// What most of the time of a site's long polls was, and in which code.
    static func why(_ site: LongPollSite) -> String {
        let split = site.split
        let total = split.totalSeconds
        guard total > 0 else { return "" }
        func share(_ seconds: Double) -> String { Quantity.share(seconds / total) }
        let most = max(split.onCPUSeconds, split.blockedSeconds, split.kernelWaitSeconds, split.otherSeconds)
        if most == split.onCPUSeconds {
            return "\(share(most)) on CPU" + place(hottest(site, .cpu), joint: ", most in ", through: "calling")
        }
        if most == split.blockedSeconds {
            let spot = hottest(site, .blocked)
            let call = spot?.call ?? site.calls.first?.call
            // Where samples are wanting, the calls' own records tell.
            let code = spot == nil ? site.calls.first.map { ", called by " + text($0.place) } : nil
            return "\(share(most)) blocked" + (call.map { " in \($0)" } ?? "")
                + (code ?? place(spot, joint: ", called by ", through: "through"))
        }
        if most == split.kernelWaitSeconds {
            return "\(share(most)) ready to run, while the kernel ran other threads"
        }
        guard let spot = hottest(site, .asleep) else {
            // Sleeps for a page are short: samples fall between them, on the same code.
            let cause = site.majorFaults > 0 ? " while pages were read from a disk" : ""
            return "\(share(most)) asleep\(cause)" + place(hottest(site, .cpu), joint: ", most in ", through: "calling")
        }
        return "\(share(most)) asleep" + (spot.systemCall.map { " in \($0)" } ?? "")
            + place(spot, joint: ", called by ", through: "through")
    }

    private static func place(_ spot: Hotspot?, joint: String, through: String) -> String {
        guard let spot else { return "; no sample tells where" }
        return joint + text(spot.place) + (spot.called.map { ", \(through) \($0.printable.shortened(to: 50))" } ?? "")
    }

    private static func text(_ place: CodePlace) -> String {
        let location = place.location(width: 30)
        return place.text(width: 50) + (location.isEmpty ? "" : " (\(location))")
    }

    /// Where most samples are: a function of the user's, and what it called there.
    private struct Hotspot {
        var place: CodePlace
        var called: String?
        var call: String?
        var systemCall: String?
    }

    /// Follows the branch with most time of this kind, as long as it has most of what is above it.
    private static func hottest(_ site: LongPollSite, _ state: SampleState) -> Hotspot? {
        var spot: Hotspot?
        var children = site.stacks
        var seconds = children.reduce(0) { $0 + $1.seconds }
        while let node = children.first(where: { $0.state == state || $0.state == .mixed }),
            spot == nil || node.seconds * 2 > seconds
        {
            // Stacks that are not known are no place.
            if node.isFolded, node.module.isEmpty { break }
            if node.isFolded, spot != nil {
                spot?.called = node.place.function
            } else {
                spot = Hotspot(place: node.place)
            }
            spot?.call = node.call
            spot?.systemCall = node.systemCall
            seconds = node.seconds
            children = node.children
        }
        return spot
    }
}
