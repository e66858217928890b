// A recording in, a report's values out: what goes through a reader to the analysis, on as many threads as wanted.

import CPollscopeLayout
import Recording
import Sessions
import Symbols

extension ReportModel {
    /// Reads all polls of a recording, stretches of it in parallel, and names what they refer to.
    ///
    /// Chunks that cannot be decoded are passed over, and a problem in the result says so. With `sites`, the slowest
    /// polls are those of the sites that match; nothing else changes.
    public static func analyzing(
        _ reader: RecordingReader, symbolizer: Symbolizer,
        thresholds given: ReportThresholds = ReportThresholds(), workers: Int = 2, sites: SitePattern? = nil
    ) async -> ReportModel {
        let thresholds = given.following(reader.info)
        let facts = RecordingFacts(reader)
        async let told = RecordingTold(reader, facts: RecordingFacts(reader), thresholds: thresholds)
        let stretches = RecordingStretch.dividing(reader.pollChunks, into: workers)
        let empty = PollAnalysis(
            calibration: facts.calibration, thresholds: thresholds, span: facts.span, spanOfCPU: facts.spanOfCPU,
            slowest: sites == nil ? 10 : 50,
            focus: sites.map {
                PollFocus($0, stacks: facts.stacks, executors: ExecutorNames(facts), naming: symbolizer.name)
            })

        let results = await withTaskGroup(of: (Int, PollAnalysis, [PollChunk]).self) { group in
            for (number, stretch) in stretches.enumerated() {
                group.addTask {
                    var analysis = empty
                    let unreadable = stretch.decode(with: PollDecoder(reader), into: &analysis)
                    return (number, analysis, unreadable)
                }
            }
            var results: [(Int, PollAnalysis, [PollChunk])] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }
        }

        return model(
            of: reader, facts: facts, results: results.map { ($0.1, $0.2) }, empty: empty, told: await told,
            symbolizer: symbolizer, thresholds: thresholds)
    }

    /// The same, with nothing in parallel: for a thread that has it all to itself, and blocks.
    public static func analyzingAlone(
        _ reader: RecordingReader, symbolizer: Symbolizer, thresholds given: ReportThresholds = ReportThresholds()
    ) -> ReportModel {
        let thresholds = given.following(reader.info)
        let facts = RecordingFacts(reader)
        let told = RecordingTold(reader, facts: facts, thresholds: thresholds)
        var analysis = PollAnalysis(
            calibration: facts.calibration, thresholds: thresholds, span: facts.span, spanOfCPU: facts.spanOfCPU)
        let empty = analysis
        let results = RecordingStretch.dividing(reader.pollChunks, into: 1).map { stretch in
            let unreadable = stretch.decode(with: PollDecoder(reader), into: &analysis)
            return (analysis, unreadable)
        }
        return model(
            of: reader, facts: facts, results: results, empty: empty, told: told, symbolizer: symbolizer,
            thresholds: thresholds)
    }

    private static func model(
        of reader: RecordingReader, facts: RecordingFacts, results: [(PollAnalysis, [PollChunk])],
        empty: PollAnalysis, told: RecordingTold, symbolizer: Symbolizer, thresholds: ReportThresholds
    ) -> ReportModel {
        var facts = facts
        var analysis = results.first?.0 ?? empty
        for result in results.dropFirst() { analysis.append(result.0) }
        var damage = reader.damage ?? RecordingDamage()
        for chunk in results.flatMap(\.1) { damage.add(unreadable: chunk) }

        let (evidence, requests) = (told.evidence, told.requests)
        for chunk in told.unreadable { damage.add(unreadable: chunk) }
        for chunk in requests?.unreadable ?? [] { damage.add(unreadable: chunk) }
        var allocations = AllocationAnalysis(facts: facts, thresholds: thresholds)
        let allocationDecoder = AllocationDecoder(reader)
        for chunk in reader.allocationChunks {
            do {
                allocations.add(try allocationDecoder.decode(chunk))
            } catch {
                damage.add(unreadable: chunk)
            }
        }
        facts.damage = damage == RecordingDamage() ? nil : damage.description

        let tails = requests?.requests.table.tails ?? []
        let blame = BlameSweep.of(
            reader, facts: facts, widths: analysis.executorWidths(processors: facts.info.processors),
            thresholds: thresholds, splits: evidence.splits, tails: tails)

        return ReportModel(
            facts: facts, analysis: analysis, evidence: evidence, allocations: allocations,
            requests: requests?.requests, pools: requests?.pools, blame: BlameResults(blame, tails: tails),
            thresholds: thresholds, naming: symbolizer.name, namingCode: symbolizer.codeFrames(atReturnAddress:),
            symbolProblems: { symbolizer.problems.map(\.sentence) }
        )
    }
}

/// What goes by beside the polls' own figures: evidence of long polls, and then requests, which it is part of.
private struct RecordingTold: Sendable {
    var evidence: EvidenceAnalysis
    var requests: RequestPass?
    var unreadable: [EvidenceChunk] = []

    init(_ reader: RecordingReader, facts: RecordingFacts, thresholds: ReportThresholds) {
        evidence = EvidenceAnalysis(calibration: facts.calibration)
        let decoder = EvidenceDecoder(reader)
        for chunk in reader.evidenceChunks {
            do {
                evidence.add(try decoder.decode(chunk))
            } catch {
                unreadable.append(chunk)
            }
        }
        evidence.finish()
        requests = RequestPass(reader, facts: facts, splits: evidence.splits, thresholds: thresholds)
    }
}

/// Chunks that follow on one another.
private struct RecordingStretch: Sendable {
    var chunks: ArraySlice<PollChunk>

    /// Stretches of about as many polls each, in order.
    static func dividing(_ chunks: [PollChunk], into parts: Int) -> [RecordingStretch] {
        let polls = chunks.reduce(0) { $0 + $1.polls }
        let share = polls / max(1, parts) + 1
        var stretches: [RecordingStretch] = []
        var begin = 0
        var gathered = 0
        for (index, chunk) in chunks.enumerated() {
            gathered += chunk.polls
            if gathered >= share || index == chunks.count - 1 {
                stretches.append(RecordingStretch(chunks: chunks[begin...index]))
                begin = index + 1
                gathered = 0
            }
        }
        return stretches
    }

    /// Returns the chunks that could not be decoded.
    func decode(with decoder: PollDecoder, into analysis: inout PollAnalysis) -> [PollChunk] {
        var unreadable: [PollChunk] = []
        let divider = RecordDivider()
        for chunk in chunks {
            do {
                try decoder.decode(chunk) { divider.divide(ThreadPolls($0)) { analysis.add($0) } }
            } catch {
                unreadable.append(chunk)
            }
            analysis.endChunk()
        }
        return unreadable
    }
}

extension ThreadPolls {
    /// To be divided: there can be holds among its polls.
    init(_ batch: DecodedBatch) {
        self.init(
            thread: batch.thread, ring: batch.ring, firstSequence: batch.firstSequence, lost: batch.lost,
            polls: batch.polls, running: batch.running)
    }
}

extension RecordingFacts {
    /// What a reader has at hand without decoding polls.
    init(_ reader: RecordingReader) {
        self.init(
            info: reader.info, calibration: reader.calibration, threads: reader.threads.map(\.identity),
            statuses: reader.statuses, stacks: reader.stacks)
        types = Dictionary(reader.types.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        requestNames = Dictionary(reader.requestNames.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        executors = Dictionary(reader.executors.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        // A look at a process that is gone cannot tell how long: until the last thing that was seen of it.
        let lastSeen = max(reader.statuses.last?.at ?? Ticks(0), reader.pollChunks.map(\.maxEnd).max() ?? Ticks(0))
        unfinished = reader.unfinished.map { running in
            var poll = running.poll
            if poll.duration_ticks == 0, lastSeen > Ticks(poll.start_ticks) {
                poll.duration_ticks = lastSeen.rawValue - poll.start_ticks
            }
            return RunningPoll(thread: running.thread, poll: poll)
        }
        load = reader.load
        census = reader.census
        stuckTasks = reader.stuckTasks
        isWindow = reader.isWindow
        damage = reader.damage?.description
    }
}
