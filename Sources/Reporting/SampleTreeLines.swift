// The merged tree of what long polls did, with shares of the time that was sampled.

import Analysis

struct SampleTreeLines {
    /// Branches with a lesser share of the sampled time are counted, not shown.
    var leastShare: Double
    /// Left of everything.
    var margin: Int

    func append(_ site: LongPollSite, to page: inout Page) {
        guard site.sampledSeconds > 0 else { return }
        let saysCPU = Set(site.stacks.map(\.state)) != [.cpu]
        func branch(_ node: SampleNode) -> TreeBranch {
            TreeBranch(
                place: node.place, share: node.seconds / site.sampledSeconds, note: note(node, saysCPU),
                children: node.children.map(branch))
        }
        TreeLines(leastShare: leastShare, margin: margin).append(site.stacks.map(branch), to: &page)
    }

    private func note(_ node: SampleNode, _ saysCPU: Bool) -> String {
        switch node.state {
        case .cpu: saysCPU ? "on CPU" : ""
        case .blocked: "blocked" + (node.call.map { $0 == node.place.function ? "" : " in \($0)" } ?? "")
        case .asleep: "asleep" + (node.systemCall.map { " in \($0)" } ?? "")
        case .mixed: "on CPU and " + (node.call.map { "in \($0)" } ?? "waiting")
        }
    }
}
