// Evidence made for tests: of polls that a test has made, as their threads would have left it.

import CPollscopeLayout
import Sessions

@testable import Analysis

enum MadeEvidence {
    static let probe = ProbeStatus(
        id: UInt16(POLLSCOPE_PROBE_LONG_POLLS.rawValue), state: UInt16(POLLSCOPE_PROBE_ON.rawValue), reason: "")

    /// A session whose long polls are those of 10 ms.
    static func facts(statuses: [ProcessStatus], threads: Int = 2, probes: [ProbeStatus] = [probe]) -> RecordingFacts {
        var facts = Made.facts(threads: threads, statuses: statuses, stacks: [Made.stack(1), native], probes: probes)
        facts.info.longPollNanoseconds = 10_000_000
        return facts
    }

    static let native = AsyncStack(
        id: 70, kind: UInt8(POLLSCOPE_STACK_NATIVE.rawValue), isCut: false, frames: [0x9000, 0x8000])

    static func context(_ poll: pollscope_poll_record, thread: Int = 0, flags: UInt8 = 0) -> PollContext {
        PollContext(
            poll: PollIdentity(tid: Made.thread(thread).tid, start: Ticks(poll.start_ticks)), stack: poll.stack,
            task: poll.task, kind: poll.kind, executor: poll.executor, flags: flags)
    }

    static func call(
        of poll: pollscope_poll_record, thread: Int = 0, at start: UInt64, _ duration: UInt64
    ) -> BlockingCall {
        BlockingCall(
            context: context(poll, thread: thread), call: UInt16(POLLSCOPE_CALL_fsync.rawValue), start: Ticks(start),
            durationTicks: duration, error: 0, nativeStack: native.id, isStackCut: false,
            object: CallObject(kind: UInt8(POLLSCOPE_OBJECT_FILE.rawValue), text: "/srv/ledger", isCut: false))
    }

    static func reading(at ticks: UInt64, cpu: UInt64, runQueue: UInt64? = 500) -> ThreadReading {
        ThreadReading(
            at: Ticks(ticks), cpuNanoseconds: cpu, runQueueNanoseconds: runQueue, minorFaults: 10, majorFaults: 1,
            blockedTicks: 0)
    }

    static func longPoll(of poll: pollscope_poll_record, thread: Int = 0, calls: UInt32 = 5) -> LongPoll {
        LongPoll(
            context: context(poll, thread: thread, flags: poll.flags), durationTicks: poll.duration_ticks,
            blockedTicks: poll.blocked_ticks, calls: calls,
            first: reading(at: poll.start_ticks + 5_000_000, cpu: 3_000_000, runQueue: nil),
            endCPUNanoseconds: max(poll.duration_ticks, 5_000_000) - 2_000_000)
    }

    static func sample(of poll: pollscope_poll_record, thread: Int = 0, after ticks: UInt64) -> PollSample {
        PollSample(
            context: context(poll, thread: thread, flags: poll.flags), ring: UInt32(thread),
            reading: reading(at: poll.start_ticks + ticks, cpu: 3_000_000 + ticks - 5_000_000, runQueue: 600),
            first: reading(at: poll.start_ticks + 5_000_000, cpu: 3_000_000), call: 0, callStart: nil, systemCall: nil,
            state: UInt8(ascii: "R"), source: UInt8(POLLSCOPE_SAMPLE_SIGNAL.rawValue), handlerTicks: 20_000,
            frames: [0x9100, 0x9200], isCut: false, isApproximate: false)
    }
}

extension Evidence {
    /// Numbers the records of one ring, and the samples, as their writers would have.
    mutating func number(ring: UInt32 = 0, from first: UInt64 = 0, samplesFrom firstSample: UInt64 = 0) {
        runs = []
        if !calls.isEmpty || !longPolls.isEmpty {
            runs.append(
                EvidenceRun(
                    ring: ring, first: first, count: UInt64(calls.count + longPolls.count), passedOver: 0,
                    lost: recordsLost))
        }
        if !samples.isEmpty {
            runs.append(
                EvidenceRun(
                    ring: nil, first: firstSample, count: UInt64(samples.count), passedOver: 0, lost: samplesLost))
        }
    }
}

/// What a recording holds, in its order: evidence before the polls that it belongs to.
struct MadeWorld {
    var evidence = Evidence()
    var polls: [MadeBatch] = []
    var late = Evidence()
    var later: [MadeBatch] = []
    var facts: RecordingFacts

    func results() -> [LawResult] {
        var laws = RecordingLaws(facts: facts)
        laws.add(evidence)
        laws.add(chunk: polls)
        if !late.isEmpty { laws.add(late) }
        if !later.isEmpty { laws.add(chunk: later) }
        return laws.results()
    }

    /// Names of the laws that do not hold.
    var broken: [String] { results().filter { !$0.holds }.map(\.name) }
}

extension MadeWorld {
    static let long: pollscope_poll_record = {
        var poll = Made.poll(5_000_000, 30_000_000)
        poll.blocked_ticks = 12_000_000
        return poll
    }()
    static let short = Made.poll(40_000_000, 1_000_000, wait: 1_000)

    /// Statuses of a recording from the session's begin, so many polls and samples in it.
    static func statuses(polls: UInt64 = 3, samples: UInt64 = 2) -> [ProcessStatus] {
        var statuses = [
            Made.status(at: 0, enqueues: 1), Made.status(at: 1, polls: polls, enqueues: polls + 5),
            Made.status(at: 2, polls: polls, enqueues: polls + 5),
        ]
        for index in 1...2 { statuses[index].counters.samples = samples }
        return statuses
    }

    /// One long poll that called something twice and was sampled twice, and others of which there is nothing to tell.
    static func world() -> MadeWorld {
        var world = MadeWorld(facts: MadeEvidence.facts(statuses: statuses()))
        world.evidence.calls = [
            MadeEvidence.call(of: long, at: 6_000_000, 5_000_000),
            MadeEvidence.call(of: long, at: 11_000_000, 6_000_000),
        ]
        world.evidence.longPolls = [MadeEvidence.longPoll(of: long)]
        world.evidence.samples = [
            MadeEvidence.sample(of: long, after: 11_000_000), MadeEvidence.sample(of: long, after: 22_000_000),
        ]
        world.evidence.number()
        world.polls = [MadeBatch(0, [long, short]), MadeBatch(1, [Made.poll(7_000, 100, task: 2)])]
        return world
    }

    static func broken(_ change: (inout MadeWorld) -> Void) -> [String] {
        var world = world()
        change(&world)
        return world.broken
    }
}
