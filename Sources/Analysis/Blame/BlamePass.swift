// A recording in, blame out: its chunks from the last to the first.

import CPollscopeLayout
import Recording
import Sessions

/// An endpoint whose slowest requests are looked at.
struct RequestTail: Sendable {
    var key: RequestTable.Key
    /// All of its requests.
    var count: UInt64
    /// Slowest first.
    var requests: [TailRequest]
}

/// What the sweep has found, before anything has a name.
public struct BlameResults: Sendable {
    var groups: [BlameFigures]
    /// By group and key.
    var charges: [(group: Int, key: PollKey, charge: BlameCharge)]
    var episodes: [EpisodeLog.Entry]
    var keys: [PollKey]
    var tails: [RequestTail]
    var unresolvedTicks: Double

    init(_ sweep: borrowing BlameSweep, tails: [RequestTail]) {
        groups = sweep.figures
        keys = sweep.keys.keys
        charges = sweep.charges
        episodes = sweep.episodes.worst.sorted {
            ($0.episode.waitTicks, $1.episode.start) > ($1.episode.waitTicks, $0.episode.start)
        }
        self.tails = tails
        unresolvedTicks = sweep.unresolvedTicks
    }
}

extension BlameSweep {
    /// Goes through all of a recording. `widths`: see `executorWidths`. Chunks that cannot be decoded are passed over.
    static func of(
        _ reader: RecordingReader, facts: RecordingFacts, widths: [Int], thresholds: ReportThresholds,
        splits: LongPollSplits = LongPollSplits(), tails: [RequestTail] = [],
        whenAdding: (ThreadPolls) -> Void = { _ in }
    ) -> BlameSweep {
        let clock = TickClock(facts.calibration, thresholds)
        var sweep = BlameSweep(
            clock: clock, widths: widths, episodeTicks: clock.ticks(thresholds.starvation.value),
            gapTicks: clock.ticks(thresholds.episodeGap.value), splits: splits, tids: facts.threads.map(\.tid),
            tails: TailVictims(tails.waits))
        for running in facts.unfinished { sweep.add(unfinished: running.poll, thread: running.thread) }
        // Down to where everything is known once a chunk has come: the latest end in those before it.
        var known: [UInt64] = [0]
        for chunk in reader.pollChunks.dropLast() { known.append(max(known.last ?? 0, chunk.maxEnd.rawValue)) }
        let decoder = PollDecoder(reader)
        let divider = RecordDivider()
        for (chunk, moment) in zip(reader.pollChunks, known).reversed() {
            try? decoder.decode(chunk) {
                divider.divide(ThreadPolls($0)) {
                    whenAdding($0)
                    sweep.add($0)
                }
            }
            sweep.sweep(downTo: moment)
        }
        sweep.finish()
        return sweep
    }
}

extension BlameResults {
    /// Of a recording, without its requests. `widths`, by executor: how many polls it can run at once.
    public init(_ reader: RecordingReader, widths: [Int]) {
        let sweep = BlameSweep.of(
            reader, facts: RecordingFacts(reader), widths: widths, thresholds: ReportThresholds())
        self.init(sweep, tails: [])
    }
}

extension PollAnalysis {
    /// By executor: how many polls it can run at once, as far as is known: as many as were seen at once. Jobs of the
    /// global pool have a queue for each priority, whose threads together can be more than the processors: then all of
    /// those are busy.
    func executorWidths(processors: Int) -> [Int] {
        (0..<256).map { executor in
            let seen = occupancy.width(of: UInt8(executor))
            guard UInt32(executor) == POLLSCOPE_EXECUTOR_GLOBAL.rawValue, processors > 0 else { return seen }
            return min(seen, processors)
        }
    }
}

extension RequestTable {
    /// A hundredth of fewer requests is rounded up to this many.
    static let tailLeast = 5

    /// The endpoints whose slowest requests waited longest for executors and actors.
    var tails: [RequestTail] {
        let all = entries.filter { $0.key.kind == .endpoint && $0.figures.count >= UInt64(Self.tailLeast) }.map {
            RequestTail(
                key: $0.key, count: $0.figures.count,
                requests: Array($0.figures.tail.slowest(of: $0.figures.count, few: Self.tailLeast)))
        }
        return Array(
            all.sorted { ($0.ticks, $1.key.name) > ($1.ticks, $0.key.name) }.prefix(TailVictims.tailsMax))
    }
}

extension RequestTail {
    fileprivate var ticks: Double { requests.reduce(0) { $0 + Double($1.ticks) } }
}

extension [RequestTail] {
    /// In the order of the tails.
    var waits: [TailWait] {
        enumerated().flatMap { tail, requests in
            requests.requests.flatMap(\.stretches).compactMap { stretch in
                switch stretch.part {
                case .executorWait:
                    TailWait(
                        tail: tail, start: stretch.start, end: stretch.end, executor: stretch.executor,
                        task: stretch.task, pollStart: stretch.pollStart)
                case .actorWait:
                    TailWait(
                        tail: tail, start: stretch.start, end: stretch.end, executor: nil, task: stretch.task,
                        pollStart: stretch.pollStart)
                default: nil
                }
            }
        }
    }
}
