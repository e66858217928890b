// What polls and holds refer to is there: stacks, types and executors are in the recording, wakers are slots or are marked
// unknown.

import CPollscopeLayout
import Sessions

struct ReferencesLaw {
    private(set) var result = LawResult(
        name: "references lead somewhere",
        statement:
            "Each stack that a poll, its evidence, a hold or an allocation refers to is in the recording, and each type and "
            + "executor; a poll's waker is a slot, or none; its kind is known.")

    private let stacks: [UInt32: AsyncStack]
    private let types: Set<UInt16>
    private static let kinds: Set<UInt32> = [
        POLLSCOPE_RECORD_TASK.rawValue, POLLSCOPE_RECORD_ACTOR.rawValue, POLLSCOPE_RECORD_YIELD.rawValue,
        POLLSCOPE_RECORD_OTHER.rawValue, POLLSCOPE_RECORD_TURN.rawValue, POLLSCOPE_RECORD_WORK.rawValue,
    ]
    /// Those that all sessions have, and those in the recording's table.
    private let executors: Set<UInt32>
    /// Stacks that were looked up before, so that a poll costs one look into a small set.
    private var known: Set<UInt32> = [0]

    init(facts: RecordingFacts) {
        stacks = facts.stacks
        types = Set(facts.types.keys).union([0])
        executors = Set(facts.executors.keys.map(UInt32.init)).union([
            POLLSCOPE_EXECUTOR_GLOBAL.rawValue, POLLSCOPE_EXECUTOR_MAIN.rawValue, POLLSCOPE_EXECUTOR_ACTOR.rawValue,
            POLLSCOPE_EXECUTOR_CROWDED.rawValue,
        ])
        for executor in facts.executors.values.sorted(by: { $0.number < $1.number }) {
            result.expect(
                types.contains(executor.type),
                else: "executor \(executor.number) refers to type \(executor.type), which is not there")
        }
    }

    mutating func add(_ batch: ThreadPolls) {
        for poll in batch.polls { check(poll, of: batch.thread) }
        for hold in batch.holds { check(hold: hold, of: batch.thread) }
        if let running = batch.running { check(running, of: batch.thread) }
    }

    private mutating func check(hold: pollscope_poll_record, of thread: Int) {
        if !known.contains(hold.stack), stacks[hold.stack] != nil { known.insert(hold.stack) }
        let isThere =
            known.contains(hold.stack) && types.contains(hold.heldType)
            && UInt32(hold.executor) == POLLSCOPE_EXECUTOR_ACTOR.rawValue
        result.expect(
            isThere,
            else: "thread \(thread): the hold at \(hold.start_ticks) refers to stack \(hold.stack), type "
                + "\(hold.heldType) and executor \(hold.executor)")
    }

    mutating func add(_ evidence: Evidence) {
        for call in evidence.calls {
            check(call.context)
            check(call.nativeStack, of: call.context.poll)
        }
        for poll in evidence.longPolls { check(poll.context) }
        for sample in evidence.samples { check(sample.context) }
    }

    mutating func add(_ evidence: AllocationEvidence) {
        for sample in evidence.samples { check(sample.allocation, at: sample.at) }
        for free in evidence.frees { check(free.allocation, at: free.at) }
        for timing in evidence.timings { if let context = timing.context { check(context) } }
    }

    private mutating func check(_ allocation: SampledAllocation, at ticks: Ticks) {
        if let context = allocation.context { check(context) }
        let name = "thread \(allocation.tid) at \(ticks.rawValue)"
        let stack = allocation.nativeStack
        if !known.contains(stack), stacks[stack] != nil { known.insert(stack) }
        result.expect(
            known.contains(stack), else: "an allocation of \(name) refers to stack \(stack), which is not there")
        result.expect(
            types.contains(allocation.type),
            else: "an allocation of \(name) refers to type \(allocation.type), which is not there")
    }

    private mutating func check(_ context: PollContext) {
        check(context.stack, of: context.poll)
        result.expect(
            Self.kinds.contains(UInt32(context.kind)) && executors.contains(UInt32(context.executor)),
            else: "evidence of \(context.poll.text) is of kind \(context.kind) on executor \(context.executor)")
    }

    private mutating func check(_ stack: UInt32, of poll: PollIdentity) {
        if !known.contains(stack), stacks[stack] != nil { known.insert(stack) }
        result.expect(
            known.contains(stack), else: "evidence of \(poll.text) refers to stack \(stack), which is not there")
    }

    private mutating func check(_ poll: pollscope_poll_record, of thread: Int) {
        if !known.contains(poll.stack), stacks[poll.stack] != nil { known.insert(poll.stack) }
        result.expect(
            known.contains(poll.stack),
            else: "thread \(thread): the poll at \(poll.start_ticks) refers to stack \(poll.stack), which is not there")
        let waker = UInt32(poll.waker)
        result.expect(
            waker < UInt32(POLLSCOPE_SLOTS_MAX) || waker == POLLSCOPE_NO_SLOT,
            else: "thread \(thread): the poll at \(poll.start_ticks) was woken by slot \(waker), which cannot be")
        result.expect(
            Self.kinds.contains(UInt32(poll.kind)) && executors.contains(UInt32(poll.executor)),
            else:
                "thread \(thread): the poll at \(poll.start_ticks) is of kind \(poll.kind) on executor \(poll.executor)"
        )
    }
}
