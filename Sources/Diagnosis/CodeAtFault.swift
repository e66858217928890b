// Which function of a long poll is the one to change.
//
// From the function that the poll resumed in inwards there is a chain of functions that nearly all samples lie in or
// below. The one to change is the outermost of them that goes round in a loop: the others only pass on. Where loops are
// not known, it is the innermost that is the user's own.

import Analysis

struct CodeAtFault {
    /// Part of the samples that a function has in it or below, to be one of the chain.
    private static let most = 0.75

    /// To change.
    var place: CodePlace
    /// The innermost function of the user's that nearly all of the time was spent in or below, and what of a library or
    /// the runtime it called.
    var innermost: CodePlace?
    var called: String?
    /// It goes round in a loop, as far as is known.
    var isLoop: Bool

    /// `nil`: there are no samples, or none that say.
    init?(_ site: LongPollSite, _ state: SampleState) {
        var chain: [Link] = []
        var called: String?
        // A library's loop (`map`, an encoder) goes round for the line that called it.
        var callsLoop: Link?
        var nodes = site.stacks
        let all = nodes.reduce(0) { $0 + $1.seconds(state) }
        guard all > 0 else { return nil }
        while let node = Self.links(nodes, state).max(by: { $0.seconds < $1.seconds }),
            node.seconds >= Self.most * all
        {
            if node.isFolded {
                if !node.module.isEmpty { called = called ?? node.place.function }
                if node.isLoop, callsLoop == nil, !chain.contains(where: \.isLoop) {
                    callsLoop = chain.last
                }
            } else {
                chain.append(node)
                called = nil
            }
            nodes = node.children
        }
        // What the compiler has made stands in no file.
        if chain.contains(where: { $0.place.file != nil }) { chain.removeAll { $0.place.file == nil } }
        guard let last = chain.last else { return nil }
        let looping = chain.first { $0.isLoop }
        let caller = callsLoop.flatMap { $0.place.file == nil && last.place.file != nil ? nil : $0 }
        let chosen = caller ?? looping ?? last
        isLoop = caller == nil && looping != nil
        place = chosen.place
        innermost = chosen.place.function == last.place.function ? nil : last.place
        self.called = called
    }

    /// A function of the chain: its lines beside each other are one, at the line with most time.
    private struct Link {
        var place: CodePlace
        var module: String
        var isFolded: Bool
        /// In the state that is looked for, like all that follows.
        var seconds: Double
        var loopSeconds: Double
        var straightSeconds: Double
        var children: [SampleNode]

        /// For most of the time of which it is known.
        var isLoop: Bool { loopSeconds > 0 && loopSeconds >= straightSeconds }

        init(_ node: SampleNode, _ seconds: Double) {
            place = node.place
            module = node.module
            isFolded = node.isFolded
            self.seconds = seconds
            loopSeconds = node.isInLoop == true ? seconds : 0
            straightSeconds = node.isInLoop == false ? seconds : 0
            children = node.children
        }
    }

    private static func links(_ nodes: [SampleNode], _ state: SampleState) -> [Link] {
        var links: [Link] = []
        let timed = nodes.map { Link($0, $0.seconds(state)) }.filter { $0.seconds > 0 }
        for line in timed.sorted(by: { $0.seconds > $1.seconds }) {
            if let index = links.firstIndex(where: {
                $0.place.function == line.place.function && $0.place.file == line.place.file
                    && $0.isFolded == line.isFolded
            }) {
                links[index].seconds += line.seconds
                links[index].loopSeconds += line.loopSeconds
                links[index].straightSeconds += line.straightSeconds
                links[index].children += line.children
            } else {
                links.append(line)
            }
        }
        return links
    }
}

extension SampleNode {
    /// Its time in this state; of a mixed one, by its children.
    fileprivate func seconds(_ state: SampleState) -> Double {
        if self.state == state { return seconds }
        guard self.state == .mixed else { return 0 }
        let known = children.reduce(0) { $0 + $1.seconds(state) }
        // What is its own is not known: it counts by the larger part of its children.
        let below = children.reduce(0) { $0 + $1.seconds }
        return known + (known * 2 > below ? seconds - below : 0)
    }
}
