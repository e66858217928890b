// Schedules given to the sweep, in pieces as a recorder cuts them, or through a recording's bytes.

import CPollscopeLayout
import Recording
import Sessions
import Testing

@testable import Analysis

extension BlameSchedule {
    var tickClock: TickClock { TickClock(Made.calibration, ReportThresholds()) }

    func emptySweep(splits: LongPollSplits = LongPollSplits()) -> BlameSweep {
        var sweep = BlameSweep(
            clock: tickClock, widths: widthTable, episodeTicks: episodeTicks, gapTicks: gapTicks, splits: splits,
            tids: threads.indices.map { Made.thread($0).tid }, tails: TailVictims(waits))
        for running in unfinished { sweep.add(unfinished: running.poll, thread: running.thread) }
        return sweep
    }

    /// Cut at some moments, each thread's a little off: by chunk and thread.
    func chunks(cuts: [UInt64], offsets: (_ cut: Int, _ thread: Int) -> UInt64 = { _, _ in 0 }) -> [[MadeBatch]] {
        var taken = threads.map { _ in 0 }
        return (0...cuts.count).map { cut in
            threads.indices.compactMap { thread in
                let all = threads[thread]
                let until = cut < cuts.count ? cuts[cut] + offsets(cut, thread) : UInt64.max
                let first = taken[thread]
                // In the order of the ring: what comes after one that is too late is too late.
                let count = all[first...].prefix { $0.endTicks < until || cut == cuts.count }.count
                guard count > 0 else { return nil }
                taken[thread] += count
                return MadeBatch(thread, first: UInt64(first), Array(all[first..<first + count]))
            }
        }
    }

    /// What the sweep finds of chunks, given the last one first.
    func swept(_ chunks: [[MadeBatch]], splits: LongPollSplits = LongPollSplits()) -> BlameSweep {
        var sweep = emptySweep(splits: splits)
        var known: [UInt64] = [0]
        for chunk in chunks.dropLast() {
            known.append(max(known.last ?? 0, chunk.flatMap { $0.polls.map(\.endTicks) }.max() ?? 0))
        }
        for (chunk, moment) in zip(chunks, known).reversed() {
            for batch in chunk { batch.withThreadPolls { sweep.add($0) } }
            sweep.sweep(downTo: moment)
        }
        sweep.finish()
        return sweep
    }

    func swept() -> BlameSweep { swept(chunks(cuts: [])) }

    /// A recording of it, a chunk a piece.
    func recording(_ chunks: [[MadeBatch]]) throws -> RecordingReader {
        let facts = Made.facts()
        let sink = MemorySink()
        let writer = try RecordingWriter(sink: sink, info: facts.info, calibration: Made.calibration, modules: [])
        try writer.write(stacks: (1...9).map { Made.stack($0) })
        for chunk in chunks {
            for batch in chunk {
                try writer.write(
                    PollBatch(
                        thread: Made.thread(batch.thread), ring: UInt32(batch.thread), firstSequence: batch.first,
                        lost: 0, polls: batch.polls, running: nil))
            }
            try writer.flush()
        }
        try writer.finish()
        return try RecordingReader(bytes: sink.bytes)
    }
}

extension BlameSweep {
    /// Of polls at `stack`, for those that waited for a group.
    borrowing func charge(
        _ stack: UInt32, kind: PollKind = .task, on executor: pollscope_executor = POLLSCOPE_EXECUTOR_GLOBAL,
        for group: Group = .executor(UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue))
    ) -> Double {
        results.charges.filter {
            results.groups[$0.group].group == group
                && $0.key == PollKey(stack: stack, kind: kind, executor: UInt8(executor.rawValue))
        }.reduce(0) { $0 + $1.charge.ticks }
    }

    func figures(of group: Group = .executor(UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue))) -> BlameFigures? {
        results.groups.first { $0.group == group }
    }

    var results: BlameResults { BlameResults(self, tails: []) }
}

/// Whether two sums of charges are the same but for rounding.
func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * max(1, abs(a), abs(b)) }
