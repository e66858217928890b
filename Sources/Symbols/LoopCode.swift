// The loops of one function's machine code.
//
// A loop is code that can come round to itself. That a jump goes back says little: optimizers move what is seldom
// needed behind a function's end, from where it jumps back to its place. So: the blocks of a loop are those that
// reach each other (strongly connected); where it is entered is its header, and the blocks that go on with the header
// are its latches. Without the header, what is still connected are the loops inside it, and so on.

struct LoopCode {
    struct Loop: Equatable {
        /// Address of the first instruction.
        var header: UInt64
        /// Addresses of the instructions that go on with the header.
        var latches: [UInt64]
        /// The loop around it, by its place in `loops`.
        fileprivate var outer: Int?
    }

    private let address: UInt64
    private let flow: ControlFlow
    private var loops: [Loop] = []
    /// By block.
    private var innermost: [Int?] = []

    // More than any source has, and where hostile code ends.
    private static let blocksMax = 1 << 16
    private static let nestingMax = 32
    private static let latchesMax = 16

    /// `nil` when not all of `code`, which lies at `address`, is understood. `read` gives data of the file.
    init?(
        code: [UInt8], at address: UInt64, machine: ElfFile.Machine,
        read: (UInt64, Int) -> [UInt8] = { _, _ in [] }
    ) {
        guard let flow = ControlFlow(code: code, at: address, machine: machine, read: read),
            flow.starts.count <= Self.blocksMax
        else { return nil }
        self.address = address
        self.flow = flow
        innermost = Array(repeating: nil, count: flow.starts.count)
        findLoops()
    }

    /// The loops that an address of the function is in, innermost first.
    func loops(around address: UInt64) -> [Loop] {
        guard !loops.isEmpty, address >= self.address, let offset = Int(exactly: address - self.address) else {
            return []
        }
        var found: [Loop] = []
        var next = innermost[flow.block(at: offset)]
        while let loop = next {
            found.append(loops[loop])
            next = loops[loop].outer
        }
        return found
    }

    /// So many addresses of a loop's code, evenly spread; of the loops inside it, too.
    func places(in loop: Loop, atMost count: Int) -> [UInt64] {
        let blocks = flow.starts.indices.filter { isIn(loop, block: $0) }
        let sizes = blocks.map(flow.size(of:))
        let step = max(1, sizes.reduce(0, +) / max(1, count))
        var places: [UInt64] = []
        var next = step / 2
        for (block, size) in zip(blocks, sizes) {
            while next < size, places.count < count {
                places.append(address &+ UInt64(flow.starts[block] + next))
                next += step
            }
            next -= size
        }
        return places
    }

    private func isIn(_ loop: Loop, block: Int) -> Bool {
        var next = innermost[block]
        while let here = next {
            if loops[here].header == loop.header { return true }
            next = loops[here].outer
        }
        return false
    }

    private mutating func findLoops() {
        let predecessors = flow.predecessors
        var search = ConnectedBlocks(flow.successors)
        var pending: [(blocks: [Int32], outer: Int?, depth: Int)] = [(flow.starts.indices.map(Int32.init), nil, 1)]
        while let (blocks, outer, depth) = pending.popLast() {
            for members in search.components(of: blocks) {
                let isMember = search.separate(members)
                let header =
                    members.filter { $0 == 0 || !predecessors[Int($0)].allSatisfy(isMember) }.min() ?? members[0]
                let latches = predecessors[Int(header)].filter(isMember).prefix(Self.latchesMax)
                loops.append(
                    Loop(
                        header: address &+ UInt64(flow.starts[Int(header)]),
                        latches: latches.map { address &+ UInt64(flow.lasts[Int($0)]) }, outer: outer))
                for block in members { innermost[Int(block)] = loops.count - 1 }
                if depth < Self.nestingMax, members.count > 1 {
                    search.remove(header)
                    pending.append((members.filter { $0 != header }, loops.count - 1, depth + 1))
                }
            }
        }
    }
}

/// Finds sets of blocks that reach each other, by Tarjan's algorithm, without recursion: functions can be long.
private struct ConnectedBlocks {
    private let successors: [[Int32]]
    /// Blocks are only looked at as connected with those of their own region.
    private var regions: [Int32]
    private var regionCount: Int32 = 0
    /// By block: its number in the order of the search, and the lowest that it reaches. -1: not seen.
    private var numbers: [Int32]
    private var lows: [Int32]
    private var isOpen: [Bool]

    private static let removed: Int32 = -1

    init(_ successors: [[Int32]]) {
        self.successors = successors
        regions = Array(repeating: 0, count: successors.count)
        numbers = regions
        lows = regions
        isOpen = Array(repeating: false, count: successors.count)
    }

    /// Makes a region of a set; returns what tells its blocks from others.
    mutating func separate(_ blocks: [Int32]) -> (Int32) -> Bool {
        regionCount += 1
        for block in blocks { regions[Int(block)] = regionCount }
        let members = Set(blocks)
        return members.contains
    }

    /// Takes a block out of all regions.
    mutating func remove(_ block: Int32) { regions[Int(block)] = Self.removed }

    /// `blocks` are all of one region. A block alone counts if it goes on with itself.
    mutating func components(of blocks: [Int32]) -> [[Int32]] {
        for block in blocks { numbers[Int(block)] = -1 }
        var found: [[Int32]] = []
        var count: Int32 = 0
        var open: [Int32] = []
        var path: [(block: Int, next: Int)] = []
        for start in blocks where numbers[Int(start)] < 0 {
            enter(start, &count, &open, &path)
            while let (block, edge) = path.last {
                if edge < successors[block].count {
                    path[path.count - 1].next += 1
                    let next = Int(successors[block][edge])
                    guard regions[next] == regions[block] else { continue }
                    if numbers[next] < 0 {
                        enter(Int32(next), &count, &open, &path)
                    } else if isOpen[next] {
                        lows[block] = min(lows[block], numbers[next])
                    }
                    continue
                }
                path.removeLast()
                if let around = path.last?.block { lows[around] = min(lows[around], lows[block]) }
                guard lows[block] == numbers[block], let first = open.lastIndex(of: Int32(block)) else { continue }
                let component = Array(open[first...])
                open.removeSubrange(first...)
                for member in component { isOpen[Int(member)] = false }
                if component.count > 1 || successors[block].contains(Int32(block)) { found.append(component) }
            }
        }
        return found
    }

    private mutating func enter(
        _ block: Int32, _ count: inout Int32, _ open: inout [Int32], _ path: inout [(block: Int, next: Int)]
    ) {
        numbers[Int(block)] = count
        lows[Int(block)] = count
        isOpen[Int(block)] = true
        count += 1
        open.append(block)
        path.append((Int(block), 0))
    }
}
