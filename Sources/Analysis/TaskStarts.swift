// How many tasks were made and began, over time, by what they were made of: counted from their first polls.
//
// A first poll says when its task could have begun, which is when it was made, and when it began. Both are counted in
// stretches of one length. Memory is bounded: one count for a stretch and a stack that occurs in it, and beyond a limit
// the sums alone.

import CPollscopeLayout
import Sessions

struct TaskStarts: Sendable {
    /// Counts of one stack in one stretch.
    struct Cell: Sendable {
        var made: UInt64 = 0
        var begun: UInt64 = 0
    }

    struct Key: Hashable, Sendable {
        var stack: UInt32
        var stretch: UInt32
    }

    /// A fan-out of thousands of tasks takes some ten milliseconds.
    private static let stretchSecondsMin = 0.010
    private static let stretchesMax = 2_048.0
    private static let cellsMax = 1 << 18

    /// Where the first stretch begins.
    private let start: UInt64
    let stretchTicks: UInt64
    private(set) var cells: [Key: Cell] = [:]
    /// First polls by stack, those that are in no cell included.
    private(set) var totals: [UInt32: UInt64] = [:]
    /// Some are in no cell.
    private(set) var isCut = false
    /// Not yet in `cells`: most first polls follow on others of the same kind.
    private var latest: (key: Key, cell: Cell)?

    init(span: ClosedRange<Ticks>?, secondsPerTick: Double) {
        start = span?.lowerBound.rawValue ?? 0
        let ticks = Double((span?.upperBound.rawValue ?? 0) - (span?.lowerBound.rawValue ?? 0))
        let stretch = max(Self.stretchSecondsMin / secondsPerTick, ticks / Self.stretchesMax)
        stretchTicks = stretch < 0x1p63 ? max(1, UInt64(stretch)) : 1 << 63
    }

    mutating func add(_ poll: pollscope_poll_record) {
        let begun = stretch(of: poll.start_ticks)
        // Of a task that came to its executor late, nobody knows since when it waited.
        let made = poll.has(POLLSCOPE_POLL_WAIT_UNKNOWN) ? begun : stretch(of: poll.runnableTicks)
        count(Key(stack: poll.stack, stretch: made)) { $0.made &+= 1 }
        count(Key(stack: poll.stack, stretch: begun)) { $0.begun &+= 1 }
        totals[poll.stack, default: 0] &+= 1
    }

    mutating func merge(_ other: TaskStarts) {
        for (key, cell) in other.cells { put(cell, at: key) }
        if let latest = other.latest { put(latest.cell, at: latest.key) }
        totals.merge(other.totals) { $0 &+ $1 }
        isCut = isCut || other.isCut
    }

    /// All counts, by stack and stretch.
    var counted: [Key: Cell] {
        var copy = self
        copy.putLatest()
        return copy.cells
    }

    /// Where a stretch begins.
    func begin(ofStretch stretch: UInt32) -> Ticks {
        let (ticks, overflow) = UInt64(stretch).multipliedReportingOverflow(by: stretchTicks)
        return Ticks(overflow ? .max : start.addingClamped(ticks))
    }

    /// What came before the span counts as at its start.
    private func stretch(of ticks: UInt64) -> UInt32 {
        UInt32(clamping: (max(start, ticks) - start) / stretchTicks)
    }

    private mutating func count(_ key: Key, _ change: (inout Cell) -> Void) {
        if latest?.key != key {
            putLatest()
            latest = (key, Cell())
        }
        change(&latest!.cell)
    }

    private mutating func putLatest() {
        if let latest { put(latest.cell, at: latest.key) }
        latest = nil
    }

    private mutating func put(_ cell: Cell, at key: Key) {
        if cells.count >= Self.cellsMax, cells[key] == nil {
            isCut = true
            return
        }
        cells[key, default: Cell()].made &+= cell.made
        cells[key, default: Cell()].begun &+= cell.begun
    }
}
