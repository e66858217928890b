// From counted polls to the report's values of executors and event loops.

import CPollscopeLayout
import Sessions

extension ExecutorNames {
    init(_ facts: RecordingFacts) {
        let executable = facts.info.executable.split(separator: "/").last ?? ""
        // As much as the kernel keeps of a name.
        let process = String(decoding: executable.utf8.prefix(15), as: UTF8.self)
        self.init(facts.executors, types: TypeNames(facts.types), process: process)
    }
}

extension ExecutorReport {
    /// Busiest first.
    static func all(
        in analysis: PollAnalysis, names: ExecutorNames, durationSeconds: Double
    ) -> [ExecutorReport] {
        var figures: [UInt8: PollFigures] = [:]
        for entry in analysis.stacks.entries {
            figures[entry.key.executor, default: PollFigures()].merge(entry.onExecutor)
        }
        return figures.sorted { ($1.value.pollTicks, $0.key) < ($0.value.pollTicks, $1.key) }.map {
            ExecutorReport(
                id: $0.key, figures: $0.value, analysis: analysis, names: names, durationSeconds: durationSeconds)
        }
    }

    private init(
        id: UInt8, figures: PollFigures, analysis: PollAnalysis, names: ExecutorNames, durationSeconds: Double
    ) {
        name = names[id]
        kind = names.kind(of: id)
        // Counted by the sweep; an executor that only ever ran nested polls used the threads of others.
        width = Swift.max(1, analysis.occupancy.width(of: id))
        let busySeconds = analysis.clock.seconds(analysis.executors[Int(id)].busyTicks)
        utilisation = durationSeconds > 0 ? busySeconds / (Double(width) * durationSeconds) : 0
        polls = figures.polls
        threads = analysis.threads.count { $0.executors.contains(id) }
        longPolls = figures.longPolls
        criticalPolls = figures.criticalPolls
        unknownWaits = figures.waitsUnknown
        pollHistogram = figures.poll
        waitHistogram = figures.wait
        pollHistogram.sum = analysis.clock.seconds(figures.pollTicks)
        waitHistogram.sum = analysis.clock.seconds(figures.waitTicks)
        pollSeconds = DurationSummary(pollHistogram, totalSeconds: pollHistogram.sum)
        waitSeconds = DurationSummary(waitHistogram, totalSeconds: waitHistogram.sum)
    }
}

extension StackTable.Entry {
    /// What the polls are to their site: the time in the jobs that a drain ran is the time of those.
    var atSite: PollFigures {
        guard key.kind.isContainer else { return figures }
        var polls = figures
        (polls.poll, polls.longPolls, polls.criticalPolls) = (own.poll, own.longPolls, own.criticalPolls)
        return polls
    }

    /// Whole polls.
    fileprivate var whole: PollFigures {
        var polls = figures
        // Wrapping: as in `PollFigures`.
        polls.pollTicks &+= insideTicks
        return polls
    }

    /// What the polls are to their executor. A drain keeps a thread of its pool busy as long as it goes on. The jobs in a
    /// turn are the same executor's, so of the turn there is its own time left; what its events waited for is told of
    /// the event loop.
    fileprivate var onExecutor: PollFigures {
        guard key.kind == .turn else { return whole }
        var turns = atSite
        (turns.waitTicks, turns.waitsUnknown, turns.wait) = (0, 0, Histogram())
        return turns
    }
}

extension EventLoopReport {
    /// Most time in turns first.
    static func all(in analysis: PollAnalysis, names: ExecutorNames, durationSeconds: Double) -> [EventLoopReport] {
        var turns: [UInt8: PollFigures] = [:]
        var jobs: [UInt8: UInt64] = [:]
        for entry in analysis.stacks.entries {
            if entry.key.kind == .turn {
                turns[entry.key.executor, default: PollFigures()].merge(entry.whole)
            } else {
                // Wrapping: as in `PollFigures`.
                jobs[entry.key.executor, default: 0] &+= entry.whole.polls
            }
        }
        return turns.sorted { ($1.value.pollTicks, $0.key) < ($0.value.pollTicks, $1.key) }.map { id, figures in
            let clock = analysis.clock
            let busySeconds = clock.seconds(analysis.executors[Int(id)].busyTicks)
            return EventLoopReport(
                name: names[id], turns: figures.polls, jobs: jobs[id] ?? 0, longTurns: figures.longPolls,
                busyShare: durationSeconds > 0 ? min(1, busySeconds / durationSeconds) : 0,
                turnSeconds: DurationSummary(figures.poll, totalSeconds: clock.seconds(figures.pollTicks)),
                readySecondsAtMost: DurationSummary(figures.wait, totalSeconds: clock.seconds(figures.waitTicks)),
                arrivalWaitSeconds: RandomArrival(turns: figures.poll, durationSeconds: durationSeconds).wait)
        }
    }
}
