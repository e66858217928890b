// Pairs polls with what their evidence says of them, as both stream by, for the laws about the two.
//
// A thread writes the evidence of a poll before the poll's record, and the recording keeps that order: when a poll
// comes, all that is known of it has come. So what is known is added up until then, a few numbers a poll, and dropped.
// Only samples may be late, since another thread writes them: the last long polls of each thread are remembered.

import CPollscopeLayout
import Sessions

/// What evidence has said so far of a poll that has not come yet.
struct KnownPoll {
    var context: PollContext
    /// Recorded calls: how many, their time together, when the last one ended.
    var calls: UInt64 = 0
    var callTicks: UInt64 = 0
    var lastCallEnd: UInt64 = 0
    var longPoll: LongPoll?
    var lastSample: Ticks?
    /// The last moment at which it is known to have allocated, or freed what it had allocated itself.
    var lastAllocation: Ticks?
    /// What its samples of allocations stand for.
    var sampled: SampledSum?

    init(_ context: PollContext) { self.context = context }
}

/// The laws about evidence, over one recording.
struct EvidenceLaws {
    private var numbers: EvidenceNumbersLaw
    private var calls = CallsLaw()
    private var blocked = BlockedTimeLaw()
    private var longPolls: LongPollsLaw
    private var inner: [Int: InnerTime] = [:]  // by thread
    private var found: EvidencePollsLaw
    private var samples: SamplesLaw
    private var cpu: CPUTimeLaw
    private var allocationNumbers: AllocationNumbersLaw
    private var frees: AllocationFreesLaw
    private var allocations = AllocationTimesLaw()
    private var sampledBytes: SampledBytesLaw

    private let tids: [UInt32]  // by thread; 0: not known
    private var known: [UInt32: [UInt64: KnownPoll]] = [:]  // by tid and start
    private var knownCount = 0
    /// The last polls of a thread that can have been sampled, as start and end.
    private var ended: [UInt32: [ClosedRange<UInt64>]] = [:]

    /// A sample is late by the moment between two looks; there are not more long polls in it.
    private static let endedMax = 8
    /// Polls that nobody has seen the end of: more of them than a process has threads means that polls are missing.
    private static let knownMax = 1 << 16

    init(facts: RecordingFacts) {
        numbers = EvidenceNumbersLaw(facts: facts)
        longPolls = LongPollsLaw(facts: facts)
        found = EvidencePollsLaw(facts: facts)
        samples = SamplesLaw(calibration: facts.calibration)
        cpu = CPUTimeLaw(calibration: facts.calibration)
        allocationNumbers = AllocationNumbersLaw(facts: facts)
        frees = AllocationFreesLaw(facts: facts)
        sampledBytes = SampledBytesLaw(facts: facts)
        tids = facts.threads.map(\.tid)
    }

    // MARK: Evidence

    mutating func add(_ evidence: Evidence) {
        numbers.add(evidence)
        longPolls.add(evidence)
        for call in evidence.calls {
            var poll = known(call.context)
            calls.add(call, after: poll)
            poll.calls &+= 1
            // Wrapping: only bytes that are no calls add up to so much, and the law of calls reports those.
            poll.callTicks &+= call.durationTicks
            poll.lastCallEnd = max(poll.lastCallEnd, call.start.rawValue &+ call.durationTicks)
            keep(poll)
        }
        for longPoll in evidence.longPolls {
            cpu.add(longPoll)
            var poll = known(longPoll.context)
            longPolls.add(longPoll, isFirst: poll.longPoll == nil)
            poll.longPoll = longPoll
            keep(poll)
        }
        for sample in evidence.samples { add(sample) }
    }

    mutating func add(_ evidence: AllocationEvidence) {
        allocationNumbers.add(evidence)
        frees.add(evidence)
        sampledBytes.add(evidence)
        for sample in evidence.samples {
            guard let context = sample.allocation.context else { continue }
            var poll = known(context)
            note(sample.at, in: &poll)
            var sum = poll.sampled ?? SampledSum()
            sum.add(sampledBytes.sum(of: sample))
            poll.sampled = sum
            keep(poll)
        }
        for timing in evidence.timings {
            guard let context = timing.context else { continue }
            var poll = known(context)
            note(timing.at, in: &poll)
            keep(poll)
        }
        // Other frees are no business of the poll that allocated, which may be long gone.
        for free in evidence.frees where free.place == .samePoll {
            guard let context = free.allocation.context else { continue }
            var poll = known(context)
            note(free.at, in: &poll)
            keep(poll)
        }
    }

    private mutating func note(_ allocation: Ticks, in poll: inout KnownPoll) {
        allocations.add(allocation, in: poll.context.poll)
        poll.lastAllocation = max(poll.lastAllocation ?? Ticks(0), allocation)
    }

    private mutating func add(_ sample: PollSample) {
        cpu.add(sample)
        samples.add(sample)
        if let end = endOfEnded(sample.context.poll) {
            samples.checkEnd(of: sample.context.poll, at: end, lastSample: sample.reading.at)
            return
        }
        var poll = known(sample.context)
        poll.lastSample = max(poll.lastSample ?? Ticks(0), sample.reading.at)
        keep(poll)
    }

    private func known(_ context: PollContext) -> KnownPoll {
        known[context.poll.tid]?[context.poll.start.rawValue] ?? KnownPoll(context)
    }

    private mutating func keep(_ poll: KnownPoll) {
        let identity = poll.context.poll
        let before = known[identity.tid, default: [:]].updateValue(poll, forKey: identity.start.rawValue)
        guard before == nil else { return }
        knownCount += 1
        if knownCount > Self.knownMax { giveUpOldest() }
    }

    private func endOfEnded(_ poll: PollIdentity) -> UInt64? {
        for tid in [poll.tid, 0] {
            if let range = ended[tid]?.last(where: { $0.lowerBound == poll.start.rawValue }) { return range.upperBound }
        }
        return nil
    }

    /// Polls that other polls of their thread have followed will not come any more.
    private mutating func giveUpOldest() {
        sampledBytes.forget()
        for (tid, polls) in known {
            known[tid] = nil
            for (start, poll) in polls {
                if found.isOver(poll.context.poll) {
                    found.giveUp(poll.context.poll)
                } else {
                    known[tid, default: [:]][start] = poll
                }
            }
        }
        knownCount = known.reduce(0) { $0 + $1.value.count }
        guard knownCount > Self.knownMax else { return }
        for polls in known.values { for poll in polls.values { found.giveUp(poll.context.poll) } }
        known.removeAll()
        knownCount = 0
    }

    // MARK: Polls

    mutating func add(_ batch: ThreadPolls) {
        let tid = tids.indices.contains(batch.thread) ? tids[batch.thread] : 0
        found.add(batch, tid: tid)
        sampledBytes.add(batch)
        let isAnyKnown = tid == 0 ? knownCount > 0 : !(known[tid]?.isEmpty ?? true)
        var inner = inner[batch.thread] ?? InnerTime()
        defer { self.inner[batch.thread] = inner }
        if batch.lost > 0 { inner.interrupt() }
        for poll in batch.polls {
            blocked.add(poll, of: batch.thread)
            var known: KnownPoll?
            let innerTicks = inner.ticks(inside: poll)
            if isAnyKnown || poll.duration_ticks >= longPolls.ticksLeast {
                known = take(tid: tid, start: poll.start_ticks)
                check(poll, innerTicks: innerTicks, known, tid: tid, ring: batch.ring)
            }
            sampledBytes.add(poll, of: batch.thread, known: known?.sampled)
        }
    }

    private mutating func check(
        _ poll: pollscope_poll_record, innerTicks: UInt64?, _ known: KnownPoll?, tid: UInt32, ring: UInt32
    ) {
        longPolls.check(poll, innerTicks: innerTicks, tid: tid, ring: ring, evidence: known?.longPoll)
        if let known {
            calls.check(poll, known)
            blocked.check(poll, known)
            allocations.check(poll, known)
            if let last = known.lastSample {
                samples.checkEnd(of: known.context.poll, at: poll.endTicks, lastSample: last)
            }
            found.foundOne()
        }
        guard poll.duration_ticks >= longPolls.ticksLeast / 2, poll.endTicks >= poll.start_ticks else { return }
        var recent = ended[tid] ?? []
        if recent.count == Self.endedMax { recent.removeFirst() }
        recent.append(poll.start_ticks...poll.endTicks)
        ended[tid] = recent
    }

    /// What is known of a poll; of one whose thread is not known, by its start.
    private mutating func take(tid: UInt32, start: UInt64) -> KnownPoll? {
        let owner = tid != 0 ? tid : known.first { $0.value[start] != nil }?.key
        guard let owner, let found = known[owner]?.removeValue(forKey: start) else { return nil }
        knownCount -= 1
        return found
    }

    /// Polls that are remembered: bounded, whatever a recording says.
    var pollsKept: Int { known.reduce(0) { $0 + $1.value.count } }

    // MARK: Results

    /// - Parameter isWhole: nothing is known to be missing of the recording. What a cut one lacks cannot be told from
    ///   what was never there.
    func results(isWhole: Bool) -> [LawResult] {
        var found = found
        for polls in known.values { for poll in polls.values { found.end(poll) } }
        return [
            numbers.result(isWhole: isWhole), calls.result, blocked.result, longPolls.result(isWhole: isWhole),
            found.result(isWhole: isWhole), samples.result, cpu.result, allocationNumbers.result(isWhole: isWhole),
            allocations.result, frees.result(isWhole: isWhole), sampledBytes.result(isWhole: isWhole),
        ]
    }
}
