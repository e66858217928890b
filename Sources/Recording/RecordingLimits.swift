// The sizes that bound a recording's chunks, and what a reader keeps of them.

import CPollscopeLayout

/// Sizes of the format and bounds on memory, each with its reason.
enum RecordingLimits {
    /// Polls in a block of columns. 256 lets the position of an exception fit a byte; ten columns of a block
    /// are 20 KiB, which stays in the first-level cache; a block's headers are about 0.1 byte a poll.
    static let blockPolls = 256

    /// Polls that the writer gathers before it writes a chunk: about 320 KiB in the file, 2 MiB in memory.
    /// Measured with 16, 32 and 64 Ki: smaller chunks cost bytes for their dictionaries, larger ones cost
    /// bits for more distinct tasks and time for memory that no cache holds.
    static let writtenChunkPolls = 32_768

    /// Batches that the writer gathers before it writes a chunk, however few polls they hold.
    static let writtenChunkBatches = 4_096

    /// Payload at which descriptions (modules, stacks) go on in another chunk.
    static let writtenDescriptionBytes = 1 << 20

    /// Records of evidence that the writer puts in one chunk, and that a reader accepts: some seventy bytes each in
    /// the file, and a kilobyte in memory at most. Of records of allocations as many: they take less of both.
    static let writtenChunkEvidence = 1 << 14
    static let chunkEvidence = 1 << 16

    /// Events that the writer puts in one chunk, and that a reader accepts: a dozen bytes each in the file, and 64 in
    /// memory.
    static let writtenChunkEvents = 1 << 14
    static let chunkEvents = 1 << 16

    /// Pools of a status: as many as a session's table has.
    static let pools = Int(POLLSCOPE_POOLS_MAX)

    /// Tasks that stood still: as many as a session's table has.
    static let stuckTasks = Int(POLLSCOPE_TASKS_MAX)

    /// Moments of load in one chunk: a writer puts twenty in each, and 16 bytes of one are 40 in memory.
    static let loadMoments = 1 << 12

    /// Frames of a sample: as many as a session's sample can have.
    static let sampleFrames = Int(POLLSCOPE_SAMPLE_FRAMES_MAX)

    /// Polls that a reader accepts in one chunk. Polls can cost next to no bytes, so bytes alone bound
    /// nothing.
    static let chunkPolls = 1 << 20

    /// Bytes that a reader accepts as a chunk's front, and again as its body.
    static let chunkPartBytes = 16 << 20

    /// Polls that a decoder hands over at once: 64 KiB of records, which stays in the second-level cache.
    static let slicePolls = 1_024

    /// Batches, threads of a status and probes that a reader accepts in one chunk: they take a few bytes in
    /// the file and some hundred in memory. A writer cuts a status of more threads.
    static let chunkBatches = 1 << 16
    static let statusThreads = 1 << 16
    static let probes = 1 << 10
    static let notes = 1 << 8

    /// Text longer than this (a path, a reason) is cut when written.
    static let textBytes = 32_768

    /// Bytes read at a time while a reader goes from chunk to chunk.
    static let windowBytes = 4_096

    /// Statuses that a reader keeps. When there are more, every second one is dropped: their figures are
    /// running totals, so a wider step loses resolution and no amount.
    static let keptStatuses = 8_192

    /// Entries for threads in all statuses that a reader keeps: 40 MB, for processes of thousands of threads.
    static let keptStatusThreads = 1 << 20
    /// Entries for threads that take the memory of one pool of a status.
    static let threadsAPool = 4

    /// Threads, chunks of polls, of evidence, of allocations and of events, modules and stacks that a reader keeps before it
    /// calls a file damaged: days of a service that does nothing but start threads.
    static let keptThreads = 1 << 20
    static let keptPollChunks = 1 << 21
    static let keptEvidenceChunks = 1 << 20
    static let keptModules = 1 << 16
    static let keptStacks = 1 << 18

    /// Moments of load that a reader keeps: at twenty a second, all of the first seven minutes; then each two become one.
    static let keptLoadMoments = 8_192

    /// Bytes of fronts (descriptions) behind what a reader keeps: modules and stacks take memory in
    /// proportion to their bytes in the file.
    static let keptDescriptionBytes: UInt64 = 64 << 20
}
