// All laws over one recording, in one pass and another one back, in bounded memory.

import CPollscopeLayout
import Recording
import Sessions
import Symbols

/// Checks the conservation laws that every recording obeys. A violation is a fault of Pollscope, or of the file.
public struct RecordingLaws {
    private let facts: RecordingFacts
    private var analysis: PollAnalysis
    private var read = CountersLaw.Records()
    private var totals = TotalsLaw.Polls()
    private var sequences = SequenceLaw()
    private var overlaps = OverlapLaw()
    private var flags = FlagsLaw()
    private var holds = HoldsLaw()
    private var actors: ActorsLaw
    private var times: TimesLaw
    private var enqueues = EnqueueLaw()
    private var references: ReferencesLaw
    private var evidence: EvidenceLaws
    private var process: ProcessAllocationsLaw
    private var pools: PoolsLaw
    private var requests: RequestLaws
    /// A chunk could not be decoded.
    private var lacksChunks = false

    public init(facts: RecordingFacts) {
        self.facts = facts
        analysis = PollAnalysis(calibration: facts.calibration, span: facts.span, spanOfCPU: facts.spanOfCPU)
        times = TimesLaw(facts: facts)
        actors = ActorsLaw(calibration: facts.calibration)
        references = ReferencesLaw(facts: facts)
        evidence = EvidenceLaws(facts: facts)
        process = ProcessAllocationsLaw(facts: facts)
        pools = PoolsLaw(facts: facts)
        requests = RequestLaws(facts: facts)
    }

    /// Takes what the service tells of requests and pools, before the polls of the look.
    public mutating func add(_ events: EventBatch) {
        pools.add(events.records, lost: events.lost)
        requests.add(events)
    }

    /// Takes evidence, before the polls that it belongs to.
    public mutating func add(_ evidence: Evidence) {
        self.evidence.add(evidence)
        references.add(evidence)
    }

    /// Takes what is told of single allocations, before the polls that made them.
    public mutating func add(_ allocations: AllocationEvidence) {
        evidence.add(allocations)
        references.add(allocations)
    }

    /// Takes one thread's polls of the current chunk.
    public mutating func add(_ batch: ThreadPolls) {
        count(batch)
        analysis.add(batch)
        sequences.add(batch)
        overlaps.add(batch)
        flags.add(batch)
        holds.add(batch)
        actors.add(batch)
        times.add(batch)
        enqueues.add(batch)
        references.add(batch)
        evidence.add(batch)
        for poll in batch.polls { process.add(poll) }
        requests.add(batch)
    }

    private mutating func count(_ batch: ThreadPolls) {
        // Wrapping: any number can stand in a damaged recording.
        read.lost &+= batch.lost
        read.holds &+= UInt64(batch.holds.count)
        for poll in batch.polls {
            let isTurn = UInt32(poll.kind) == POLLSCOPE_RECORD_TURN.rawValue
            let waits: UInt64 = poll.has(POLLSCOPE_POLL_WAIT_UNKNOWN) ? 0 : 1
            if isTurn {
                totals.turns &+= 1
                totals.waitsOfTurns &+= waits
            } else {
                totals.polls &+= 1
                totals.waits &+= waits
            }
        }
        (read.polls, read.turns) = (totals.polls, totals.turns)
    }

    /// Ends a chunk: what a decoder gives at once.
    public mutating func endChunk() {
        analysis.endChunk()
        enqueues.endChunk()
        actors.endChunk()
    }

    /// The laws in the order of the documentation, each with what was found.
    public func results() -> [LawResult] {
        // Names do not matter for totals; a stack's address stands for its site.
        let model = ReportModel(facts: facts, analysis: analysis) { stack in
            let address = "0x" + String(stack.frames.first ?? 0, radix: 16)
            return NamedStack(
                site: Site(
                    function: address, awaitPoint: nil, file: nil, line: nil, task: address, origin: .user),
                frames: [])
        }
        var read = read
        read.history = sequences.history
        read.rings = UInt64(sequences.rings)
        let counters = CountersLaw(facts: facts, read: read)
        let isWhole = facts.damage == nil && !lacksChunks
        return [
            sequences.result, overlaps.result, times.result, enqueues.result, counters.result, references.result,
            TotalsLaw(model: model, read: totals).result,
            flags.result, holds.result, actors.result,
        ] + evidence.results(isWhole: isWhole) + [process.result(isWhole: isWhole), overlaps.nested.result]
            + pools.results(isWhole: isWhole) + requests.results(isWhole: isWhole)
    }

    /// Reads all polls and all evidence of a recording, in the order of the file, and checks them. Chunks that cannot
    /// be decoded are a violation of their own.
    public static func check(_ reader: RecordingReader) -> [LawResult] {
        var laws = RecordingLaws(facts: RecordingFacts(reader))
        var chunks = LawResult(
            name: "every chunk can be read",
            statement: "The checksums of all chunks are right, and each can be decoded.")
        func read(_ body: () throws(RecordingError) -> Void) {
            do throws(RecordingError) {
                try body()
                chunks.expect(true, else: "")
            } catch {
                chunks.expect(false, else: error.what)
                laws.lacksChunks = true
            }
        }
        let decoder = PollDecoder(reader)
        let divider = RecordDivider()
        let evidenceDecoder = EvidenceDecoder(reader)
        let allocationDecoder = AllocationDecoder(reader)
        var evidence = reader.evidenceChunks[...]
        let eventDecoder = EventDecoder(reader)
        var allocations = reader.allocationChunks[...]
        var events = reader.eventChunks[...]
        func readEvidence(before offset: UInt64) {
            while let chunk = evidence.first, chunk.offset < offset {
                evidence.removeFirst()
                read { () throws(RecordingError) in laws.add(try evidenceDecoder.decode(chunk)) }
            }
            while let chunk = allocations.first, chunk.offset < offset {
                allocations.removeFirst()
                read { () throws(RecordingError) in laws.add(try allocationDecoder.decode(chunk)) }
            }
            while let chunk = events.first, chunk.offset < offset {
                events.removeFirst()
                read { () throws(RecordingError) in laws.add(try eventDecoder.decode(chunk)) }
            }
        }
        for chunk in reader.pollChunks {
            readEvidence(before: chunk.offset)
            read { () throws(RecordingError) in
                try decoder.decode(chunk) { divider.divide(ThreadPolls($0)) { laws.add($0) } }
            }
            laws.endChunk()
        }
        readEvidence(before: .max)
        let blame = BlameLaw.check(
            reader, facts: laws.facts,
            widths: laws.analysis.executorWidths(processors: laws.facts.info.processors))
        return [chunks] + laws.results() + [blame]
    }
}
