// Every poll over the session's threshold left a record of it, and one only.
//
// Time of polls inside a poll is theirs: what counts is the rest.
//
// A poll may lack it without fault
// - when it began before the recording: what was written before the first look is not read, or only by chance;
// - when as many records of its ring are counted as lost;
// - in a recording of what was in the rings already, when the ring of evidence had been overwritten further than the
//   ring of polls: then it lacks it if it ended before the oldest record that was left of its thread.

import CPollscopeLayout
import Sessions

struct LongPollsLaw {
    private var law = LawResult(
        name: "long polls have evidence",
        statement: "Every poll over the threshold has one record that says so, with its duration, its blocked time and "
            + "its task, or the record is counted as lost; no shorter poll has one.")

    /// Polls of so many ticks have a record, and of less than `ticksLeast` none. Between the two nobody can tell: the
    /// service turned the threshold into ticks by its first measurement of its clock, which is a little off.
    private let ticksSure: UInt64
    let ticksLeast: UInt64
    private static let clockTolerance = 0.01

    private let begin: UInt64
    private let isFromOldest: Bool
    private var lost: [UInt32: UInt64] = [:]  // by ring
    private var ringsWithHistory: Set<UInt32> = []
    private var oldest: [UInt32: UInt64] = [:]  // by tid: when its first record was written

    private struct Missing {
        var count: UInt64 = 0
        var examples: [String] = []
    }
    private var missing: [UInt32: Missing] = [:]  // by ring

    init(facts: RecordingFacts) {
        let isOn = facts.info.probes.contains { UInt32($0.id) == POLLSCOPE_PROBE_LONG_POLLS.rawValue && $0.isOn }
        let nanoseconds = facts.info.longPollNanoseconds
        let ticks = Double(nanoseconds) * 1e-9 / facts.calibration.secondsPerTick
        let isPossible = isOn && nanoseconds > 0 && ticks < 0x1p62
        ticksSure = isPossible ? UInt64(ticks * (1 + Self.clockTolerance)) + 1 : .max
        ticksLeast = isPossible ? UInt64(ticks * (1 - Self.clockTolerance)) : .max
        begin = facts.statuses.first?.at.rawValue ?? 0
        isFromOldest = (facts.statuses.first?.counters.polls ?? 0) == 0
    }

    mutating func add(_ evidence: Evidence) {
        for run in evidence.runs {
            guard let ring = run.ring else { continue }
            // Wrapping here and below: any number can stand in a damaged recording.
            lost[ring, default: 0] &+= run.lost
            if run.passedOver > 0 { ringsWithHistory.insert(ring) }
        }
        guard isFromOldest, !ringsWithHistory.isEmpty else { return }
        for call in evidence.calls { note(call.context.poll.tid, call.start.rawValue &+ call.durationTicks) }
        for poll in evidence.longPolls {
            note(poll.context.poll.tid, poll.context.poll.start.rawValue &+ poll.durationTicks)
        }
    }

    private mutating func note(_ tid: UInt32, _ written: UInt64) {
        oldest[tid] = min(oldest[tid] ?? .max, written)
    }

    mutating func add(_ poll: LongPoll, isFirst: Bool) {
        law.expect(isFirst, else: "\(poll.context.poll.text) has two records")
        law.expect(
            ticksLeast == .max || poll.durationTicks >= ticksLeast,
            else: "\(poll.context.poll.text): \(poll.durationTicks) ticks are no long poll")
    }

    /// `innerTicks`: of polls inside it; nil: not known.
    mutating func check(
        _ poll: pollscope_poll_record, innerTicks: UInt64?, tid: UInt32, ring: UInt32, evidence: LongPoll?
    ) {
        if let evidence {
            let context = evidence.context
            law.expect(
                evidence.durationTicks == poll.duration_ticks && evidence.blockedTicks == poll.blocked_ticks
                    && context.task == poll.task && context.kind == poll.kind && context.executor == poll.executor,
                else: "\(context.poll.text): the poll has \(poll.duration_ticks) ticks, \(poll.blocked_ticks) blocked, "
                    + "task \(poll.task); its record \(evidence.durationTicks), \(evidence.blockedTicks), "
                    + "\(context.task)")
            return
        }
        guard let innerTicks, poll.duration_ticks >= innerTicks, poll.duration_ticks - innerTicks >= ticksSure,
            !mayLackEvidence(poll, tid: tid, ring: ring)
        else { return }
        missing[ring, default: Missing()].count &+= 1
        if missing[ring, default: Missing()].examples.count < LawResult.examplesKept {
            missing[ring]?.examples.append(
                "ring \(ring): the poll of thread \(tid) at \(poll.start_ticks) took \(poll.duration_ticks) ticks and has "
                    + "no record")
        }
    }

    private func mayLackEvidence(_ poll: pollscope_poll_record, tid: UInt32, ring: UInt32) -> Bool {
        poll.start_ticks < begin
            || (isFromOldest && ringsWithHistory.contains(ring) && poll.endTicks < oldest[tid] ?? .max)
    }

    func result(isWhole: Bool) -> LawResult {
        var law = law
        guard isWhole else { return law }
        for (ring, missing) in missing.sorted(by: { $0.key < $1.key }) {
            let lost = lost[ring] ?? 0
            law.checked &+= missing.count
            guard missing.count > lost else { continue }
            var excess = missing.count - lost
            for example in missing.examples where excess > 0 {
                law.violate("\(example), where \(lost) are counted as lost")
                excess -= 1
            }
            law.violations &+= excess
        }
        return law
    }
}
