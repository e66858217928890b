// The first pass over a recording: from chunk to chunk, reading headers and fronts.

import CPollscopeLayout
import Sessions

/// Collects what headers and fronts say. A chunk whose front is damaged is passed over as long as its header
/// can be trusted; a damaged header ends the pass, since nobody can say where the next chunk begins.
struct RecordingSurvey {
    private(set) var format = RecordingFormat.current
    private(set) var session: SessionChunk?
    private(set) var modules: [LoadedModule] = []
    private(set) var stacks: [UInt32: AsyncStack] = [:]
    private(set) var threads = ThreadRegister()
    private(set) var statuses = StatusHistory()
    /// By ring, at the last look.
    private(set) var running: [UInt32: UnfinishedPoll] = [:]
    private(set) var pollChunks: [PollChunk] = []
    private(set) var evidenceChunks: [EvidenceChunk] = []
    private(set) var allocationChunks: [AllocationChunk] = []
    private(set) var eventChunks: [EventChunk] = []
    private(set) var types: [ObjectType] = []
    private(set) var executors: [ExecutorIdentity] = []
    private(set) var requestNames: [RequestName] = []
    private(set) var load = LoadHistory()
    /// Of the moment with the most tasks.
    private(set) var census: TaskCensus?
    /// The last look.
    private(set) var stuckTasks: StuckTaskLook?
    private(set) var isWindow = false
    private(set) var totals = RecordingTotals()
    private(set) var damage = RecordingDamage()

    private var knownModules: Set<LoadedModule> = []
    private var knownTypes: Set<UInt16> = []
    private var knownExecutors: Set<UInt8> = []
    private var knownRequestNames: Set<UInt32> = []
    private var descriptionBytes: UInt64 = 0
    private var stated: RecordingTotals?

    /// The recording holds more than a reader can keep.
    private struct TooMuch: Error {}

    mutating func run(over source: any ByteSource, name: String) throws(RecordingError) {
        var window = SourceWindow(source)
        let head = try window.bytes(at: 0, count: FileHeader.byteCount)
        let fileHeader = try FileHeader(head, of: name)
        format = fileHeader.format
        var offset = fileHeader.firstChunkOffset

        while offset < source.byteCount, stated == nil {
            let left = source.byteCount - offset
            guard left >= UInt64(ChunkHeader.byteCount) else { break }
            let bytes = try window.bytes(at: offset, count: ChunkHeader.byteCount)
            guard bytes.count == ChunkHeader.byteCount, let header = ChunkHeader(bytes) else {
                damage.unreadableFromByte = offset
                damage.missingBytes &+= left
                return
            }
            let front = try window.bytes(
                at: offset + UInt64(ChunkHeader.byteCount), count: Int(header.frontBytes))
            let isWhole = header.chunkBytes <= left
            do {
                try take(header, front: front, at: offset, isWhole: isWhole)
            } catch is TooMuch {
                damage.unreadableFromByte = offset
                damage.missingBytes &+= left
                return
            } catch {
                if isWhole {
                    damage.damagedChunks += 1
                    damage.missingBytes &+= header.chunkBytes
                }
            }
            guard isWhole else { break }
            offset += header.chunkBytes
        }
        end(at: offset, of: source.byteCount)
    }

    /// Compares what there is with what the end mark says there should be.
    private mutating func end(at offset: UInt64, of byteCount: UInt64) {
        guard let stated else {
            damage.cutAtByte = byteCount
            damage.missingBytes &+= byteCount - min(offset, byteCount)
            return
        }
        if offset < byteCount {
            damage.unreadableFromByte = offset
            damage.missingBytes &+= byteCount - offset
        }
        if stated.polls > totals.polls {
            damage.missingPolls = max(damage.missingPolls, stated.polls - totals.polls)
        }
        if stated.evidence > totals.evidence {
            damage.missingEvidence = max(damage.missingEvidence, stated.evidence - totals.evidence)
        }
        if stated.allocations > totals.allocations {
            damage.missingAllocations = max(damage.missingAllocations, stated.allocations - totals.allocations)
        }
        if stated.events > totals.events {
            damage.missingEvents = max(damage.missingEvents, stated.events - totals.events)
        }
    }

    private mutating func take(
        _ header: ChunkHeader, front: UnsafeRawBufferPointer, at offset: UInt64, isWhole: Bool
    ) throws {
        guard front.count == Int(header.frontBytes), CRC32C.checksum(front) == header.frontChecksum else {
            throw MalformedPayload()
        }
        var reader = PayloadReader(front)
        switch header.kind {
        case .polls:
            let pollFront = try PollChunkFront(&reader, of: format)
            if isWhole {
                try take(pollFront, header, at: offset)
            } else {
                damage.missingPolls &+= UInt64(pollFront.polls)
            }
        case .evidence:
            let evidenceFront = try EvidenceChunkFront(&reader)
            if isWhole {
                try take(evidenceFront, header, at: offset)
            } else {
                damage.missingEvidence &+= UInt64(evidenceFront.records)
            }
        case .allocations:
            let allocationFront = try AllocationChunkFront(&reader)
            if isWhole {
                try take(allocationFront, header, at: offset)
            } else {
                damage.missingAllocations &+= UInt64(allocationFront.records)
            }
        case .events:
            let eventFront = try EventChunkFront(&reader)
            if isWhole {
                try take(eventFront, header, at: offset)
            } else {
                damage.missingEvents &+= UInt64(eventFront.count)
            }
        default:
            if isWhole { try takeDescription(header.kind, front, &reader) }
        }
    }

    /// Takes a chunk that has a front only.
    private mutating func takeDescription(
        _ kind: ChunkKind, _ front: UnsafeRawBufferPointer, _ reader: inout PayloadReader
    ) throws {
        switch kind {
        case .session:
            if session == nil { session = try SessionChunk(&reader) }
        case .modules:
            try countDescription(front)
            while !reader.isAtEnd { try take(try ModuleChunk.module(&reader)) }
        case .stacks:
            try countDescription(front)
            while !reader.isAtEnd {
                let stack = try StackChunk.stack(&reader)
                stacks[stack.id] = stack
                if stacks.count > RecordingLimits.keptStacks { throw TooMuch() }
            }
        case .types:
            try countDescription(front)
            while !reader.isAtEnd {
                let type = try TypeChunk.type(&reader)
                if knownTypes.insert(type.id).inserted { types.append(type) }
            }
        case .executors:
            try countDescription(front)
            while !reader.isAtEnd {
                let executor = try ExecutorChunk.executor(&reader)
                if knownExecutors.insert(executor.number).inserted { executors.append(executor) }
            }
        case .requestNames:
            try countDescription(front)
            while !reader.isAtEnd {
                let name = try RequestNameChunk.name(&reader)
                if knownRequestNames.insert(name.number).inserted { requestNames.append(name) }
            }
        case .threads:
            while !reader.isAtEnd {
                let thread = try ThreadChunk.thread(&reader)
                guard threads.take(thread, ring: nil) != nil else { throw TooMuch() }
            }
        case .status:
            statuses.append(try StatusChunk.status(&reader))
        case .load:
            for moment in try LoadChunk.moments(&reader) { load.append(moment) }
        case .census:
            let next = try CensusChunk.census(&reader)
            if next.live >= census?.live ?? 0 { census = next }
        case .stuckTasks:
            stuckTasks = try StuckTaskChunk.look(&reader)
        case .window: isWindow = true
        case .end:
            stated = try RecordingTotals(&reader)
        default:
            break  // of a later minor format
        }
    }

    private mutating func take(_ module: LoadedModule) throws {
        guard knownModules.insert(module).inserted else { return }
        modules.append(module)
        if modules.count > RecordingLimits.keptModules { throw TooMuch() }
    }

    private mutating func countDescription(_ front: UnsafeRawBufferPointer) throws {
        descriptionBytes += UInt64(front.count)
        if descriptionBytes > RecordingLimits.keptDescriptionBytes { throw TooMuch() }
    }

    private mutating func take(_ front: PollChunkFront, _ header: ChunkHeader, at offset: UInt64) throws {
        guard pollChunks.count < RecordingLimits.keptPollChunks else { throw TooMuch() }
        for batch in front.batches {
            guard let index = threads.take(batch.thread, ring: batch.ring) else { throw TooMuch() }
            running[batch.ring] = batch.running.map {
                UnfinishedPoll(thread: index, ring: batch.ring, poll: $0)
            }
        }
        totals.polls &+= UInt64(front.polls)
        totals.lost &+= front.lost
        totals.chunks += 1
        pollChunks.append(
            PollChunk(
                offset: offset, byteCount: Int(header.chunkBytes), polls: front.polls, lost: front.lost,
                minStart: Ticks(front.minStart), maxEnd: Ticks(front.maxEnd), header: header))
    }
}

extension RecordingSurvey {
    private mutating func take(_ front: EvidenceChunkFront, _ header: ChunkHeader, at offset: UInt64) throws {
        guard evidenceChunks.count < RecordingLimits.keptEvidenceChunks else { throw TooMuch() }
        totals.calls &+= UInt64(front.calls)
        totals.longPolls &+= UInt64(front.longPolls)
        totals.samples &+= UInt64(front.samples)
        totals.evidenceLost &+= front.recordsLost
        totals.samplesLost &+= front.samplesLost
        evidenceChunks.append(
            EvidenceChunk(
                offset: offset, byteCount: Int(header.chunkBytes), calls: front.calls, longPolls: front.longPolls,
                samples: front.samples, header: header))
    }

    private mutating func take(_ front: AllocationChunkFront, _ header: ChunkHeader, at offset: UInt64) throws {
        guard allocationChunks.count < RecordingLimits.keptEvidenceChunks else { throw TooMuch() }
        // Wrapping: a damaged recording can state any numbers.
        totals.allocationSamples &+= UInt64(front.samples)
        totals.allocationFrees &+= UInt64(front.frees)
        totals.allocationTimings &+= UInt64(front.timings)
        totals.allocationsLost &+= front.recordsLost
        allocationChunks.append(
            AllocationChunk(
                offset: offset, byteCount: Int(header.chunkBytes), samples: front.samples, frees: front.frees,
                timings: front.timings, header: header))
    }
}

extension RecordingSurvey {
    private mutating func take(_ front: EventChunkFront, _ header: ChunkHeader, at offset: UInt64) throws {
        guard eventChunks.count < RecordingLimits.keptEvidenceChunks else { throw TooMuch() }
        // Wrapping: a damaged recording can state any numbers.
        totals.events &+= UInt64(front.count)
        totals.eventsLost &+= front.lost
        eventChunks.append(
            EventChunk(
                offset: offset, byteCount: Int(header.chunkBytes), count: front.count, until: front.until,
                header: header))
    }
}

/// Bytes of a source around where a reader is: small reads next to each other are one.
private struct SourceWindow: ~Copyable {
    private let source: any ByteSource
    private var buffer = ByteBuffer()
    private var offset: UInt64 = 0

    init(_ source: any ByteSource) { self.source = source }

    /// `count` bytes at `offset`, fewer only where there are no more; valid until the next call.
    mutating func bytes(at offset: UInt64, count: Int) throws(RecordingError) -> UnsafeRawBufferPointer {
        let wanted = offset < source.byteCount ? Int(min(UInt64(count), source.byteCount - offset)) : 0
        let isInside =
            offset >= self.offset && offset - self.offset <= UInt64(buffer.count)
            && UInt64(wanted) <= UInt64(buffer.count) - (offset - self.offset)
        if !isInside {
            buffer.removeAll()
            let filled = max(wanted, RecordingLimits.windowBytes)
            let room = buffer.reserve(filled)
            // Safe: filled bytes are reserved.
            let read = try source.read(
                at: offset, into: UnsafeMutableRawBufferPointer(start: room, count: filled))
            buffer.commit(read)
            self.offset = offset
        }
        let from = Int(offset - self.offset)
        let end = min(from + wanted, buffer.count)
        return UnsafeRawBufferPointer(rebasing: buffer.bytes[min(from, end)..<end])
    }
}
