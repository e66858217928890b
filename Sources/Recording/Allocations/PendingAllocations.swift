// Allocation records gathered for the next chunk: rows in, columns out.
//
// body: threads | shapes (the dictionaries) | samples | frees | timings, all of them packed rows

import Sessions

/// A chunk of allocation records being drawn up. Its memory is used again for every chunk.
struct PendingAllocations: ~Copyable {
    private(set) var front = AllocationChunkFront()
    private var threads = ChunkDictionary()
    private var shapes = ChunkDictionary()
    private var samples = PendingTable()
    private var frees = PendingTable()
    private var timings = PendingTable()
    private let columns = ColumnEncoder()

    init() {}

    var isEmpty: Bool { front.isEmpty }

    /// The next records belong in another chunk.
    var isFull: Bool {
        front.records >= RecordingLimits.writtenChunkEvidence
            || front.runs.count >= RecordingLimits.writtenChunkEvidence
    }

    mutating func removeAll() {
        front = AllocationChunkFront()
        threads.removeAll()
        shapes.removeAll()
        samples.removeAll()
        frees.removeAll()
        timings.removeAll()
    }

    mutating func append(_ sample: AllocationSample) {
        let row = sample.row
        samples.append(row, places(of: row))
        front.samples += 1
    }

    mutating func append(_ free: SampledFree) {
        let row = free.row
        frees.append(row, places(of: row))
        front.frees += 1
    }

    mutating func append(_ timing: AllocatorTiming) {
        let row = timing.row
        timings.append(row, places(of: row))
        front.timings += 1
    }

    mutating func append(_ run: EvidenceRun) { front.runs.add(run) }

    mutating func addLoss(_ records: UInt64) {
        // Wrapping: a damaged session can claim any number of records.
        front.recordsLost &+= records
    }

    private mutating func places(of row: AllocationRow) -> (thread: UInt64, shape: UInt64) {
        (
            threads.place(of: AllocationThread(row).rawValue),
            shapes.place(of: AllocationShape(row.context).rawValue)
        )
    }

    /// Appends the body of the chunk to the buffer given.
    func appendBody(to body: inout ByteBuffer) {
        let threads = threads.values.map(AllocationThread.init(rawValue:))
        columns.append(rows: threads.count, parts: AllocationThread.partCount, to: &body) { threads[$0].part($1) }
        let shapes = shapes.values.map(AllocationShape.init(rawValue:))
        columns.append(rows: shapes.count, parts: AllocationShape.partCount, to: &body) { shapes[$0].part($1) }
        for table in [samples, frees, timings] {
            let width = AllocationColumn.allCases.count
            columns.append(rows: table.cells.count / width, parts: width, to: &body) { table.cells[$0 * width + $1] }
        }
    }
}

/// The rows of one kind, cell by cell.
private struct PendingTable {
    private(set) var cells: [UInt64] = []
    private var previous: UInt64 = 0

    mutating func removeAll() {
        cells.removeAll(keepingCapacity: true)
        previous = 0
    }

    mutating func append(_ row: AllocationRow, _ places: (thread: UInt64, shape: UInt64)) {
        for column in AllocationColumn.allCases { cells.append(cell(column, of: row, places)) }
        previous = row.at
    }

    private func cell(
        _ column: AllocationColumn, of row: AllocationRow, _ places: (thread: UInt64, shape: UInt64)
    ) -> UInt64 {
        switch column {
        // Wrapping: times of a damaged session are any numbers, and have to come back as they are.
        case .at: row.at &- previous
        case .thread: places.thread
        case .sinceStart: row.context.map { row.made &- $0.poll.start.rawValue } ?? 0
        case .shape: places.shape
        case .task: UInt64(row.context?.task ?? 0)
        case .operation: UInt64(row.operation)
        case .flags: row.flags
        case .bytes: row.bytes
        case .ticks: row.ticks
        case .nativeStack: UInt64(row.nativeStack)
        case .type: UInt64(row.type)
        }
    }
}
