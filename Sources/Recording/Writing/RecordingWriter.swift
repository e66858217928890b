// Writes a recording: gathers what the session gives, and draws it up in chunks.

import CPollscopeLayout
import Sessions

/// Writes a recording to a sink. Polls, evidence, allocations and events are gathered until a chunk of them is worth its
/// overhead, or `flush` is called; all else is written at once. Memory is bounded by the size of a chunk, however long
/// it goes on.
///
/// A recording whose writer was killed, or whose disk was full, can be read up to the last whole chunk. After
/// an error every call throws it again.
public final class RecordingWriter {
    private let sink: any ByteSink
    private var encoder = PollChunkEncoder()
    private var pending = PendingPolls()
    private var evidence = PendingEvidence()
    private var allocations = PendingAllocations()
    private var events = PendingEvents()
    private var chunk = ByteBuffer()
    private var front = ByteBuffer()
    private var body = ByteBuffer()
    private var totals = RecordingTotals()
    /// Rings at whose last look something ran: a look at which nothing does is news then.
    private var runningRings: Set<UInt32> = []
    private var failure: RecordingError?

    public private(set) var bytesWritten: UInt64 = 0
    /// Polls taken so far, those included that are gathered and not yet in the sink.
    public private(set) var pollsWritten: UInt64 = 0
    public private(set) var pollsLost: UInt64 = 0

    /// Begins a recording: who and what was observed is in the sink when this returns.
    public init(
        sink: any ByteSink, info: SessionInfo, calibration: Calibration, modules: [LoadedModule]
    ) throws(RecordingError) {
        self.sink = sink
        FileHeader.append(to: &chunk)
        try writeOut()
        SessionChunk(info: info, calibration: calibration).append(to: &front)
        try writeChunk(.session)
        try write(modules: modules)
    }

    /// Adds modules, those loaded at the start or since. Modules that were added before do no harm.
    public func write(modules: [LoadedModule]) throws(RecordingError) {
        try write(modules, as: .modules) { ModuleChunk.append($0, to: &$1) }
    }

    /// Adds stacks. Write a stack before the polls, the evidence and the allocations that refer to it, so that a cut
    /// recording has it too.
    public func write(stacks: [AsyncStack]) throws(RecordingError) {
        try write(stacks, as: .stacks) { StackChunk.append($0, to: &$1) }
    }

    /// Adds types. Write a type before the allocations, polls and executors that refer to it.
    public func write(types: [ObjectType]) throws(RecordingError) {
        try write(types, as: .types) { TypeChunk.append($0, to: &$1) }
    }

    /// Adds executors. Write an executor before the polls that refer to it.
    public func write(executors: [ExecutorIdentity]) throws(RecordingError) {
        try write(executors, as: .executors) { ExecutorChunk.append($0, to: &$1) }
    }

    /// Adds names of requests. Write a name before the events that refer to it.
    public func write(requestNames: [RequestName]) throws(RecordingError) {
        try write(requestNames, as: .requestNames) { RequestNameChunk.append($0, to: &$1) }
    }

    /// Adds threads that enqueue jobs: a batch names its own thread, a waker is named here. Threads that were
    /// added before do no harm.
    public func write(threads: [ThreadIdentity]) throws(RecordingError) {
        try write(threads, as: .threads) { ThreadChunk.append($0, to: &$1) }
    }

    /// Adds a look at the process.
    public func write(status: ProcessStatus) throws(RecordingError) {
        try check()
        front.removeAll()
        StatusChunk.append(status, to: &front)
        try writeChunk(.status)
    }

    /// Adds moments of load, in the order of time, of the time behind those added before.
    public func write(load moments: [LoadMoment]) throws(RecordingError) {
        try check()
        guard !moments.isEmpty else { return }
        front.removeAll()
        LoadChunk.append(moments, to: &front)
        try writeChunk(.load)
    }

    /// Adds what the live tasks are when there are more of them than at any time before. Write the stacks that it refers
    /// to before it.
    public func write(census: TaskCensus) throws(RecordingError) {
        try check()
        front.removeAll()
        CensusChunk.append(census, to: &front)
        try writeChunk(.census)
    }

    /// Adds the tasks that stand still; those added before count no more. Write the stacks and types that they refer to
    /// before them.
    public func write(stuckTasks look: StuckTaskLook) throws(RecordingError) {
        try check()
        front.removeAll()
        StuckTaskChunk.append(look, to: &front)
        try writeChunk(.stuckTasks)
    }

    /// Adds evidence. Write what a look found before its polls: then a recording that was cut has for each of its polls
    /// what is known of it.
    public func write(evidence new: Evidence) throws(RecordingError) {
        try check()
        for call in new.calls {
            evidence.append(call)
            if evidence.isFull { try flushEvidence() }
        }
        for poll in new.longPolls {
            evidence.append(poll)
            if evidence.isFull { try flushEvidence() }
        }
        for sample in new.samples {
            evidence.append(sample)
            if evidence.isFull { try flushEvidence() }
        }
        for run in new.runs {
            evidence.append(run)
            if evidence.isFull { try flushEvidence() }
        }
        evidence.addLosses(of: new)
        totals.calls &+= UInt64(new.calls.count)
        totals.longPolls &+= UInt64(new.longPolls.count)
        totals.samples &+= UInt64(new.samples.count)
        totals.evidenceLost &+= new.recordsLost
        totals.samplesLost &+= new.samplesLost
    }

    /// Adds allocation records. Write what a look found before its polls, like evidence.
    public func write(allocations new: AllocationEvidence) throws(RecordingError) {
        try check()
        for sample in new.samples {
            allocations.append(sample)
            if allocations.isFull { try flushAllocations() }
        }
        for free in new.frees {
            allocations.append(free)
            if allocations.isFull { try flushAllocations() }
        }
        for timing in new.timings {
            allocations.append(timing)
            if allocations.isFull { try flushAllocations() }
        }
        for run in new.runs {
            allocations.append(run)
            if allocations.isFull { try flushAllocations() }
        }
        allocations.addLoss(new.recordsLost)
        totals.allocationSamples &+= UInt64(new.samples.count)
        totals.allocationFrees &+= UInt64(new.frees.count)
        totals.allocationTimings &+= UInt64(new.timings.count)
        // Wrapping: a damaged session can claim any number of records.
        totals.allocationsLost &+= new.recordsLost
    }

    /// Adds events. Write what a look found before its polls, like evidence: then a recording that was cut has for each
    /// of its polls all events up to its end.
    /// - Parameter new: events of kinds that there are; a reader refuses a chunk with any other.
    public func write(events new: SessionEvents) throws(RecordingError) {
        try check()
        var done = 0
        while done < new.records.count {
            let taken = min(new.records.count - done, events.room)
            events.append(new.records[done..<(done + taken)])
            done += taken
            // Polls that wait with these events go into the file with them: see `EventChunk.until`.
            if events.isFull { try flush() }
        }
        for run in new.runs {
            events.append(run)
            if events.isFull { try flush() }
        }
        events.addLoss(new.recordsLost)
        totals.events &+= UInt64(new.records.count)
        // Wrapping: a damaged session can claim any number of records.
        totals.eventsLost &+= new.recordsLost
    }

    /// Says that all has been written that a look found, and all that was there before.
    /// - Parameter complete: every poll that ended before it, and every event that happened before it, has been written
    ///   to this writer, but for what was lost.
    public func endLook(complete: Ticks) { events.complete(until: complete) }

    /// Adds the polls of a batch. Batches of one ring come in the order of their sequence numbers.
    ///
    /// Of what was running only the newest look at each ring is kept in a chunk: what ran before is a poll by
    /// then.
    public func write(_ batch: PollBatch) throws(RecordingError) {
        try check()
        let hadRunning = runningRings.contains(batch.ring)
        if batch.polls.isEmpty, batch.lost == 0, batch.running == nil, !hadRunning { return }
        if batch.running == nil {
            if hadRunning { runningRings.remove(batch.ring) }
        } else if !hadRunning {
            runningRings.insert(batch.ring)
        }
        var done = 0
        repeat {
            if pending.room == 0 { try flush() }
            let taken = min(batch.polls.count - done, pending.room)
            pending.append(batch, done..<(done + taken))
            done += taken
        } while done < batch.polls.count
        pollsWritten &+= UInt64(batch.polls.count)
        pollsLost &+= batch.lost
        if pending.room == 0 { try flush() }
    }

    /// Writes what was gathered. Call it about once a second: what is not flushed is lost if the writer is
    /// killed.
    public func flush() throws(RecordingError) {
        try check()
        try flushEvidence()
        try flushAllocations()
        try flushEvents()
        guard !pending.isEmpty else { return }
        front.removeAll()
        body.removeAll()
        encoder.encode(pending, front: &front, body: &body)
        pending.removeAll()
        totals.chunks += 1
        try writeChunk(.polls)
    }

    /// What has been written, all that is gathered included.
    var totalsWritten: RecordingTotals {
        var all = totals
        all.polls = pollsWritten
        all.lost = pollsLost
        return all
    }

    /// Ends the recording: writes what was gathered and the end mark, and closes the sink. What ran at the
    /// last look at each ring is left as unfinished.
    public func finish() throws(RecordingError) {
        try flush()
        front.removeAll()
        totalsWritten.append(to: &front)
        try writeChunk(.end)
        failure = RecordingError(
            code: .finished, what: "The recording was ended before",
            remedy: "Begin another one: nothing can be added to this")
        try sink.close()
    }

    private func flushEvidence() throws(RecordingError) {
        guard !evidence.isEmpty else { return }
        front.removeAll()
        body.removeAll()
        evidence.front.append(to: &front)
        body.append(evidence.body.bytes)
        evidence.removeAll()
        try writeChunk(.evidence)
    }

    private func flushAllocations() throws(RecordingError) {
        guard !allocations.isEmpty else { return }
        front.removeAll()
        body.removeAll()
        allocations.front.append(to: &front)
        allocations.appendBody(to: &body)
        allocations.removeAll()
        try writeChunk(.allocations)
    }

    /// Writes a chunk of events, if the session ever had one. What `EventChunk.until` promises holds whenever this is
    /// called right before the polls that were gathered are written, and only then.
    private func flushEvents() throws(RecordingError) {
        guard events.hasNews || (events.areKnown && !pending.isEmpty) else { return }
        front.removeAll()
        body.removeAll()
        events.append(front: &front, body: &body)
        try writeChunk(.events)
    }

    private func write<Item>(
        _ items: [Item], as kind: ChunkKind, append: (Item, inout ByteBuffer) -> Void
    ) throws(RecordingError) {
        try check()
        front.removeAll()
        for item in items {
            append(item, &front)
            if front.count >= RecordingLimits.writtenDescriptionBytes {
                try writeChunk(kind)
                front.removeAll()
            }
        }
        if front.count > 0 { try writeChunk(kind) }
    }

    private func check() throws(RecordingError) {
        if let failure { throw failure }
    }

    /// Writes a chunk of `front`, and of `body` if its kind has one.
    private func writeChunk(_ kind: ChunkKind) throws(RecordingError) {
        let hasBody = [.polls, .evidence, .allocations, .events].contains(kind)
        let body = hasBody ? self.body.bytes : UnsafeRawBufferPointer(start: nil, count: 0)
        ChunkHeader(
            kind: kind, frontBytes: UInt32(front.count), bodyBytes: UInt32(body.count),
            frontChecksum: CRC32C.checksum(front.bytes), bodyChecksum: CRC32C.checksum(body)
        ).append(to: &chunk)
        chunk.append(front.bytes)
        chunk.append(body)
        try writeOut()
    }

    private func writeOut() throws(RecordingError) {
        do throws(RecordingError) {
            try sink.write(chunk.bytes)
        } catch {
            failure = error
            throw error
        }
        bytesWritten &+= UInt64(chunk.count)
        chunk.removeAll()
    }
}
