// Blame adds up: what is charged for waiting is all the waiting there was.

import CPollscopeLayout
import Recording

struct BlameLaw {
    /// Of all waiting: sums of many small charges are rounded.
    private static let tolerance = 1e-9

    private var result = LawResult(
        name: "blame adds up",
        statement: "What polls are charged for waiting, and what is nobody's, add up to all that jobs waited, on every "
            + "executor and for all actors.")
    /// By executor, and at last of actors.
    private var waited = [Double](repeating: 0, count: 257)
    private static let actors = 256

    /// Adds up what the records say, without any sweep.
    private mutating func add(_ batch: ThreadPolls) {
        for poll in batch.polls { add(poll) }
        for hold in batch.holds { waited[Self.actors] += Double(min(hold.wait_ticks, hold.start_ticks)) }
    }

    private mutating func add(_ poll: pollscope_poll_record) {
        guard UInt32(poll.executor) != POLLSCOPE_EXECUTOR_ACTOR.rawValue, PollKind(of: poll) != .turn,
            !poll.has(POLLSCOPE_POLL_WAIT_UNKNOWN)
        else { return }
        waited[Int(poll.executor)] += Double(min(poll.wait_ticks, poll.start_ticks))
    }

    /// Goes through a recording once more, backwards. `widths`: see `PollAnalysis.executorWidths`.
    static func check(_ reader: RecordingReader, facts: RecordingFacts, widths: [Int]) -> LawResult {
        var law = BlameLaw()
        for running in facts.unfinished { law.add(running.poll) }
        let sweep = BlameSweep.of(reader, facts: facts, widths: widths, thresholds: ReportThresholds()) { law.add($0) }
        law.compare(sweep)
        return law.result
    }

    mutating func compare(_ sweep: borrowing BlameSweep) {
        var charged = [Double](repeating: 0, count: sweep.figures.count)
        for entry in sweep.charges { charged[entry.group] += entry.charge.ticks }
        var told = [Double](repeating: 0, count: waited.count)
        for (figures, charge) in zip(sweep.figures, charged) {
            switch figures.group {
            case .executor(let executor): told[Int(executor)] += charge + figures.schedulerTicks
            case .actors: told[Self.actors] += charge + figures.schedulerTicks
            }
        }
        for (executor, (told, waited)) in zip(told, waited).enumerated() where told != 0 || waited != 0 {
            let name = executor == Self.actors ? "actors" : "executor \(executor)"
            let allowed = max(16, waited * Self.tolerance) + sweep.unresolvedTicks
            result.expect(
                abs(told - waited) <= allowed,
                else: "\(name): \(told) ticks are charged, and jobs waited \(waited)")
        }
    }
}
