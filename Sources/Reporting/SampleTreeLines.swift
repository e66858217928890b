// The merged tree of what long polls did, a line a function.

import Analysis

struct SampleTreeLines {
    /// Branches with a lesser share of the sampled time are counted, not shown.
    var leastShare: Double
    /// Left of everything.
    var margin: Int

    private static let shareWidth = 6
    private static let step = 2

    func append(_ site: LongPollSite, to page: inout Page) {
        guard site.sampledSeconds > 0 else { return }
        let states = Set(site.stacks.map(\.state))
        append(
            site.stacks, of: site.sampledSeconds, depth: 0, saysCPU: states != [.cpu], to: &page)
    }

    private func append(
        _ nodes: [SampleNode], of total: Double, depth: Int, saysCPU: Bool, to page: inout Page
    ) {
        let shown = nodes.filter { $0.seconds / total >= leastShare }
        for node in shown {
            let inner = node.children.filter { $0.seconds / total >= leastShare }
            line(node, of: total, depth: depth, note: inner.isEmpty ? note(node, saysCPU) : "", to: &page)
            append(node.children, of: total, depth: depth + 1, saysCPU: saysCPU, to: &page)
        }
        // Where nothing is shown the line above is as far as it goes.
        guard shown.count < nodes.count, depth == 0 || !shown.isEmpty else { return }
        let rest = nodes.count - shown.count
        let seconds = nodes.reduce(0) { $0 + $1.seconds } - shown.reduce(0) { $0 + $1.seconds }
        let text = share(seconds / total) + indent(depth, page) + "… \(rest) smaller"
        page.line(page.ink.faint(String(repeating: " ", count: margin) + text))
    }

    private func note(_ node: SampleNode, _ saysCPU: Bool) -> String {
        switch node.state {
        case .cpu: saysCPU ? "on CPU" : ""
        case .blocked: "blocked" + (node.call.map { $0 == node.place.function ? "" : " in \($0)" } ?? "")
        case .asleep: "asleep" + (node.systemCall.map { " in \($0)" } ?? "")
        case .mixed: "on CPU and " + (node.call.map { "in \($0)" } ?? "waiting")
        }
    }

    private func line(_ node: SampleNode, of total: Double, depth: Int, note: String, to page: inout Page) {
        let head = String(repeating: " ", count: margin) + share(node.seconds / total) + indent(depth, page)
        let room = page.width - head.count
        let location = node.place.location(width: min(40, room * 2 / 5))
        let name = room - (location.isEmpty ? 0 : location.count + 2)
        let remark = note.isEmpty || note.count + 12 > name ? "" : "  \(note)"
        let text = node.place.text(width: name - remark.count) + remark
        // On a wide page the file stays near the name, so that the eye finds it.
        let column = max(text.count + 2, min(room, 100 - head.count) - location.count)
        page.line(head + (location.isEmpty ? text : text.leftAligned(column) + location))
    }

    private func share(_ share: Double) -> String { Quantity.share(share).rightAligned(Self.shareWidth) }

    /// Deep trees end at half of the page; from there on depth is not shown.
    private func indent(_ depth: Int, _ page: Page) -> String {
        let deepest = (page.width / 2 - margin - Self.shareWidth) / Self.step
        return "  " + String(repeating: " ", count: Self.step * min(depth, deepest)) + (depth > deepest ? "· " : "")
    }
}
