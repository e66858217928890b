// A recording as its reader sees it: all descriptions at hand, the polls still packed.

import CPollscopeLayout
import Sessions

/// A poll that had begun and not ended at the last look.
public struct UnfinishedPoll: Sendable {
    /// Index in `RecordingReader.threads`.
    public var thread: Int
    public var ring: UInt32
    /// Its `duration_ticks` is the time from its start to the look.
    public var poll: pollscope_poll_record
}

/// Reads a recording. Opening it reads descriptions only; `PollDecoder` reads the polls, chunk by chunk.
///
/// A recording that was cut or damaged is read as far as it goes, and `damage` says what is missing. Every
/// byte is taken with suspicion: memory is bounded whatever the file says.
public final class RecordingReader: Sendable {
    /// The path, or "The recording" if it is in memory: for messages.
    public let name: String
    public let byteCount: UInt64
    public let info: SessionInfo
    /// `last` is of the newest status.
    public let calibration: Calibration
    /// In the order they were written, each once.
    public let modules: [LoadedModule]
    public let stacks: [UInt32: AsyncStack]
    /// In the order they were met, those that only enqueued jobs included.
    public var threads: [RecordedThread] { register.threads }
    /// All looks at the process, or an even choice of them from a very long recording: first and last
    /// included.
    public let statuses: [ProcessStatus]
    /// How much there was to do, in the order of time; of a very long recording, stretches of it. Empty in recordings
    /// made before it was looked at.
    public let load: [LoadMoment]
    /// What the live tasks were when there were most of them, or nearly; nil: there never were many.
    public let census: TaskCensus?
    /// The tasks that stood still when the recording ended; nil: nobody looked.
    public let stuckTasks: StuckTaskLook?
    /// What ran when the recording ended or was cut.
    public let unfinished: [UnfinishedPoll]
    /// It is the end of a longer recording, of which the rest was not kept.
    public let isWindow: Bool
    /// Counted from the chunks at hand.
    public let totals: RecordingTotals
    /// nil: nothing is known to be missing. Chunks of polls are not checked before they are decoded.
    public let damage: RecordingDamage?
    /// In the order they were written.
    public let pollChunks: [PollChunk]
    /// In the order they were written. They are not checked before they are decoded, either.
    public let evidenceChunks: [EvidenceChunk]
    /// Likewise.
    public let allocationChunks: [AllocationChunk]
    /// Likewise.
    public let eventChunks: [EventChunk]
    /// Names that events refer to, in the order they were written, each once.
    public let requestNames: [RequestName]
    /// Types that allocations, holds and executors refer to, in the order they were written, each once.
    public let types: [ObjectType]
    /// Executors that polls refer to, in the order they were written, each once.
    public let executors: [ExecutorIdentity]

    let format: RecordingFormat
    let source: any ByteSource
    private let register: ThreadRegister

    /// - Throws: `notFound`, `notReadable`, `empty`, `foreign`, `newer`, or `damaged` when not even the
    ///   session's
    ///   description can be read.
    public convenience init(path: String) throws(RecordingError) {
        try self.init(source: FileSource(path: path), name: path)
    }

    /// Reads a recording that a `MemorySink` took.
    public convenience init(bytes: [UInt8]) throws(RecordingError) {
        try self.init(source: MemorySource(bytes), name: "The recording")
    }

    private init(source: any ByteSource, name: String) throws(RecordingError) {
        self.source = source
        self.name = name
        byteCount = source.byteCount
        var survey = RecordingSurvey()
        try survey.run(over: source, name: name)
        guard let session = survey.session else {
            throw RecordingError(
                code: .damaged, what: "\(name) is damaged: what it says about its session cannot be read",
                remedy: "Record again: nothing can be made of the rest")
        }
        info = session.info
        var calibration = session.calibration
        if let last = survey.statuses.last?.calibrationLast, last.ticks >= calibration.last.ticks {
            calibration.last = last
        }
        self.calibration = calibration
        modules = survey.modules
        stacks = survey.stacks
        register = survey.threads
        statuses = survey.statuses.statuses
        load = survey.load.moments
        census = survey.census
        stuckTasks = survey.stuckTasks
        unfinished = survey.running.values.sorted { $0.ring < $1.ring }
        isWindow = survey.isWindow
        totals = survey.totals
        pollChunks = survey.pollChunks
        evidenceChunks = survey.evidenceChunks
        allocationChunks = survey.allocationChunks
        eventChunks = survey.eventChunks
        requestNames = survey.requestNames
        types = survey.types
        executors = survey.executors
        format = survey.format
        damage = survey.damage.isNone ? nil : survey.damage
    }

    func threadIndex(of batch: PollChunkFront.Batch) -> Int? { register.index(of: batch.thread) }
}
