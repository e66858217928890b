// Stretches of time in which records were lost: of what requests did in them, nothing is certain.

struct LossWindows: Sendable {
    private static let windowsMax = 4_096

    /// In the order of time; none touches another.
    private(set) var windows: [ClosedRange<UInt64>] = []

    mutating func add(from start: UInt64, to end: UInt64) {
        var window = start...max(start, end)
        let first = windows.firstIndexSorted { $0.upperBound >= window.lowerBound }
        var last = first
        while last < windows.count, windows[last].lowerBound <= window.upperBound {
            window =
                min(window.lowerBound, windows[last].lowerBound)...max(window.upperBound, windows[last].upperBound)
            last += 1
        }
        windows.replaceSubrange(first..<last, with: [window])
        guard windows.count > Self.windowsMax else { return }
        // More than is certain counts as lost, then.
        let half = windows.count / 2
        windows.replaceSubrange(0..<half, with: [windows[0].lowerBound...windows[half - 1].upperBound])
    }

    func overlap(from start: UInt64, to end: UInt64) -> Bool {
        guard !windows.isEmpty else { return false }
        let first = windows.firstIndexSorted { $0.upperBound >= start }
        return first < windows.count && windows[first].lowerBound <= end
    }
}
