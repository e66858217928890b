// Allocations made for tests: samples, their frees and timings, and a recording that holds some of each.

import CPollscopeLayout
import Sessions
import Symbols

@testable import Analysis

enum MadeAllocations {
    static func probe(
        _ id: pollscope_probe_id, _ state: pollscope_probe_state = POLLSCOPE_PROBE_ON, _ reason: String = ""
    ) -> ProbeStatus {
        ProbeStatus(id: UInt16(id.rawValue), state: UInt16(state.rawValue), reason: reason)
    }

    static let probes = [probe(POLLSCOPE_PROBE_ALLOCATIONS), probe(POLLSCOPE_PROBE_ALLOCATION_SAMPLES)]

    /// One byte in a thousand is picked, one call in ten timed.
    static func facts(
        statuses: [ProcessStatus] = [], stacks: [AsyncStack] = [Made.stack(1)], types: [ObjectType] = [],
        probes: [ProbeStatus] = probes
    ) -> RecordingFacts {
        var facts = Made.facts(statuses: statuses, stacks: stacks, probes: probes)
        facts.info.allocationSampleBytes = 1_000
        facts.info.allocationTimingCalls = 10
        facts.info.allocationTimerTicks = 20
        facts.types = Dictionary(uniqueKeysWithValues: types.map { ($0.id, $0) })
        return facts
    }

    /// A native stack whose frames are at these addresses, innermost first.
    static func stack(_ id: UInt32, _ frames: [UInt64], isCut: Bool = false) -> AsyncStack {
        AsyncStack(id: id, kind: UInt8(POLLSCOPE_STACK_NATIVE.rawValue), isCut: isCut, frames: frames)
    }

    static func allocation(
        _ bytes: UInt64, in context: PollContext? = Made.context(), stack: UInt32 = 0, type: UInt16 = 0,
        tid: UInt32 = 100, operation: pollscope_allocation_operation = POLLSCOPE_ALLOCATION_MALLOC
    ) -> SampledAllocation {
        SampledAllocation(
            context: context, tid: context?.poll.tid ?? tid, bytes: bytes, operation: UInt8(operation.rawValue),
            nativeStack: stack, isStackCut: false, type: type)
    }

    static func sample(
        _ bytes: UInt64, at: UInt64 = Made.pollStart, in context: PollContext? = Made.context(), stack: UInt32 = 0,
        type: UInt16 = 0, isTracked: Bool = true
    ) -> AllocationSample {
        AllocationSample(
            allocation: allocation(bytes, in: context, stack: stack, type: type), at: Ticks(at), isTracked: isTracked)
    }

    static func free(of sample: AllocationSample, after ticks: UInt64, _ place: SampledFree.Place) -> SampledFree {
        SampledFree(
            allocation: sample.allocation, at: Ticks(sample.at.rawValue + ticks), lifetimeTicks: ticks, place: place)
    }

    static func timing(
        _ duration: AllocatorTiming.Duration, at: UInt64 = Made.pollStart, in context: PollContext? = Made.context()
    ) -> AllocatorTiming {
        AllocatorTiming(
            context: context, tid: context?.poll.tid ?? 100, at: Ticks(at),
            operation: UInt8(POLLSCOPE_ALLOCATION_MALLOC.rawValue), bytes: 64, duration: duration)
    }

    static func evidence(
        samples: [AllocationSample] = [], frees: [SampledFree] = [], timings: [AllocatorTiming] = []
    ) -> AllocationEvidence {
        var evidence = AllocationEvidence()
        evidence.samples = samples
        evidence.frees = frees
        evidence.timings = timings
        return evidence
    }

    static func analysis(_ looks: [AllocationEvidence], facts: RecordingFacts = facts()) -> AllocationAnalysis {
        var analysis = AllocationAnalysis(facts: facts)
        for look in looks { analysis.add(look) }
        return analysis
    }

    /// A poll that allocated.
    static func poll(
        _ start: UInt64, _ duration: UInt64, _ allocations: UInt32, _ bytes: UInt64, _ frees: UInt32 = 0,
        stack: UInt32 = 1, task: UInt32 = 1, flags: [pollscope_poll_flags] = []
    ) -> pollscope_poll_record {
        var poll = Made.poll(start, duration, stack: stack, task: task, flags: flags)
        pollscope_poll_set_allocations(&poll, allocations, bytes, frees)
        return poll
    }

    static func status(
        at seconds: Double, _ allocations: UInt64, _ bytes: UInt64, _ frees: UInt64, cpuSeconds: Double = 0,
        resident: UInt64 = 1 << 20
    ) -> ProcessStatus {
        var status = Made.status(at: seconds, cpuSeconds: cpuSeconds)
        status.counters.allocations = allocations
        status.counters.allocatedBytes = bytes
        status.counters.frees = frees
        status.residentBytes = resident
        return status
    }

    static func report(
        _ polls: [[pollscope_poll_record]] = [], _ looks: [AllocationEvidence] = [], facts: RecordingFacts = facts(),
        code: [UInt64: [SourceFrame]] = [:]
    ) -> ReportModel {
        var analysis = PollAnalysis(
            calibration: facts.calibration, span: facts.span, spanOfCPU: facts.spanOfCPU)
        analysis.add(chunk: polls.enumerated().map { MadeBatch($0.offset, $0.element) })
        return ReportModel(
            facts: facts, analysis: analysis, allocations: self.analysis(looks, facts: facts), naming: Made.name,
            namingCode: { code[$0] ?? [] })
    }
}

extension AllocationEvidence {
    /// Numbers the records as their writer would have.
    mutating func number(from first: UInt64 = 0) {
        runs = [
            EvidenceRun(
                ring: nil, first: first, count: UInt64(samples.count + frees.count + timings.count), passedOver: 0,
                lost: recordsLost)
        ]
    }
}

/// What a recording of allocations holds, in its order.
struct AllocationWorld {
    var allocations = AllocationEvidence()
    var polls: [MadeBatch] = []
    var facts: RecordingFacts

    func results() -> [LawResult] {
        var laws = RecordingLaws(facts: facts)
        laws.add(allocations)
        laws.add(chunk: polls)
        return laws.results()
    }

    /// Names of the laws that do not hold.
    var broken: [String] { results().filter { !$0.holds }.map(\.name) }

    static func broken(_ change: (inout AllocationWorld) -> Void) -> [String] {
        var world = world()
        change(&world)
        return world.broken
    }

    static let outer = MadeAllocations.poll(5_000_000, 30_000_000, 50, 400_100, 30)
    static let nested = MadeAllocations.poll(
        10_000_000, 5_000_000, 10, 100_050, 5, task: 2, flags: [POLLSCOPE_POLL_NESTED])
    static let other = MadeAllocations.poll(50_000_000, 1_000_000, 3, 96, 2, task: 3)

    /// Polls of two threads that allocate ten thousand bytes at a time, ten times the mean distance of picked bytes:
    /// each is a sample, or as good as each.
    static func world() -> AllocationWorld {
        var statuses = [Made.status(at: 0, enqueues: 1)]
        for second in 1...2 {
            var status = MadeAllocations.status(at: Double(second), 53, 400_196, 40)
            status.counters.polls = 3
            status.counters.enqueues = 5
            status.counters.allocationRecords = 40 + 12 + 3
            statuses.append(status)
        }
        let native = MadeAllocations.stack(70, [0x9000, 0x8000])
        var world = AllocationWorld(
            facts: MadeAllocations.facts(
                statuses: statuses, stacks: [Made.stack(1), native], types: [ObjectType(id: 4, name: "Order")]))
        let outermost = MadeEvidence.context(outer)
        let inner = MadeEvidence.context(nested)
        let samples = (UInt64(0)..<40).map { number in
            // Ten are made in the nested poll.
            MadeAllocations.sample(
                10_000, at: (number < 30 ? 20_000_000 : 11_000_000) + number * 1_000,
                in: number < 30 ? outermost : inner, stack: 70, type: 4)
        }
        let frees =
            (0..<10).map { MadeAllocations.free(of: samples[$0], after: 500_000, .samePoll) } + [
                MadeAllocations.free(of: samples[10], after: 60_000_000, .outsidePolls),
                MadeAllocations.free(of: samples[11], after: 31_000_000, .otherPoll),
            ]
        let timings = (UInt64(1)...3).map {
            MadeAllocations.timing(.ticks(100), at: 5_000_000 + $0, in: outermost)
        }
        world.allocations = MadeAllocations.evidence(samples: samples, frees: frees, timings: timings)
        world.allocations.number()
        world.polls = [MadeBatch(0, [nested, outer]), MadeBatch(1, [other])]
        return world
    }
}
