// Which columns a block of polls has, in the file's order.

/// A block of up to 256 polls is these columns one after the other, each a `ColumnBlock`.
///
/// Blocks go on over the ends of batches, so that many small batches cost little more than one large one.
enum PollColumn: Int, CaseIterable {
    /// Start less the end of the poll before on the thread; of a batch's first poll, less the batch's own
    /// start, so 0. Negative for a poll that had others inside it.
    case gap
    case duration
    case wait
    /// Place in the chunk's dictionary of tasks.
    case task
    /// Place in the chunk's dictionary of shapes: what of a poll goes together.
    case shape
    /// Place in the chunk's dictionary of wakers; of a hold, which has none, that of POLLSCOPE_NO_SLOT.
    case waker
    case blocked
    /// 1: the poll did not allocate what its shape usually does; of a hold, that it allocated at all, which none does.
    case differs
    // Only of the polls that differ, and left out where none does.
    case allocations
    case allocatedBytes
    case frees
    // Only of the holds, and left out where there is none.
    /// Place in the chunk's dictionary of actors.
    case actor

    /// Columns with a value for each poll.
    static let ofAll: [PollColumn] = [.gap, .duration, .wait, .task, .shape, .waker, .blocked, .differs]
    /// Columns with a value for each poll that differs.
    static let ofDiffering: [PollColumn] = [.allocations, .allocatedBytes, .frees]

    /// Columns with a value for each hold.
    static let ofHolds: [PollColumn] = [.actor]

    /// Columns of the first format, each with a value for each poll.
    static let ofFirstFormat: [PollColumn] = [
        .gap, .duration, .wait, .task, .shape, .waker, .allocations, .allocatedBytes, .blocked,
    ]
}
