// A merged tree of stacks, a line a function, with its share of the whole.

import Analysis

/// A line of a tree and what is below it.
struct TreeBranch {
    var place: CodePlace
    /// Part of the whole.
    var share: Double
    /// Said where no line below this one is shown.
    var note: String
    /// Largest first.
    var children: [TreeBranch]
}

struct TreeLines {
    /// Branches with a lesser share are counted, not shown.
    var leastShare: Double
    /// Left of everything.
    var margin: Int

    private static let shareWidth = 6
    private static let step = 2

    func append(_ branches: [TreeBranch], to page: inout Page) { append(branches, depth: 0, to: &page) }

    private func append(_ branches: [TreeBranch], depth: Int, to page: inout Page) {
        let shown = branches.filter { $0.share >= leastShare }
        for branch in shown {
            let isLast = !branch.children.contains { $0.share >= leastShare }
            line(branch, depth: depth, note: isLast ? branch.note : "", to: &page)
            append(branch.children, depth: depth + 1, to: &page)
        }
        // Where nothing is shown the line above is as far as it goes.
        guard shown.count < branches.count, depth == 0 || !shown.isEmpty else { return }
        let rest = branches.count - shown.count
        let left = branches.reduce(0) { $0 + $1.share } - shown.reduce(0) { $0 + $1.share }
        let text = share(left) + indent(depth, page) + "… \(rest) smaller"
        page.line(page.ink.faint(String(repeating: " ", count: margin) + text))
    }

    private func line(_ branch: TreeBranch, depth: Int, note: String, to page: inout Page) {
        let head = String(repeating: " ", count: margin) + share(branch.share) + indent(depth, page)
        let room = page.width - head.count
        let location = branch.place.location(width: min(40, room * 2 / 5))
        let name = room - (location.isEmpty ? 0 : location.count + 2)
        let remark = note.isEmpty || note.count + 12 > name ? "" : "  \(note)"
        let text = branch.place.text(width: name - remark.count) + remark
        // On a wide page the file stays near the name, so that the eye finds it.
        let column = max(text.count + 2, min(room, Page.readable - head.count) - location.count)
        page.line(head + (location.isEmpty ? text : text.leftAligned(column) + location))
    }

    private func share(_ share: Double) -> String {
        let text = Quantity.share(share)
        return (text.count > Self.shareWidth ? "~0 %" : text).rightAligned(Self.shareWidth)
    }

    /// Deep trees end at half of the page; from there on depth is not shown.
    private func indent(_ depth: Int, _ page: Page) -> String {
        let deepest = (page.width / 2 - margin - Self.shareWidth) / Self.step
        return "  " + String(repeating: " ", count: Self.step * min(depth, deepest)) + (depth > deepest ? "· " : "")
    }
}
