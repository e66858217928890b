// Follows what a session tells of single allocations: each record is taken once, what is gone is counted, and what
// contradicts itself is no record.

import CPollscopeLayout
import Sessions
import TestSupport
import Testing

@Suite("Allocation follower")
struct AllocationFollowerTests {
    let folder: TestFolder
    let session: SyntheticSession

    init() throws {
        folder = try TestFolder()
        session = try SyntheticSession(in: folder)
    }

    private func follower(from start: SessionFollower.Start = .oldest) throws -> SessionFollower {
        SessionFollower(file: try session.file(), from: start)
    }

    private func run(_ first: UInt64, _ count: UInt64, passedOver: UInt64 = 0, lost: UInt64 = 0) -> EvidenceRun {
        EvidenceRun(ring: nil, first: first, count: count, passedOver: passedOver, lost: lost)
    }

    @Test("Samples, frees and timings come once, whole, and in the order they were written")
    func inOrder() throws {
        session.recordAllocations(7)
        let follower = try follower()
        let first = follower.look().allocations
        #expect(first.samples.map(\.at) == [Ticks(10_000), Ticks(10_300), Ticks(10_600)])
        #expect(first.frees.map(\.at) == [Ticks(10_100), Ticks(10_400)])
        #expect(first.timings.map(\.at) == [Ticks(10_200), Ticks(10_500)])
        #expect(first.runs == [run(0, 7)])
        #expect(first.recordsLost == 0)
        #expect(follower.look().allocations.isEmpty)
        session.recordAllocations(12)
        let next = follower.look().allocations
        #expect(next.runs == [run(7, 12)])
        var followed = FollowedAllocations()
        followed.add(first)
        followed.add(next)
        #expect(followed.faults == [])
        #expect(followed.taken == 19)
    }

    @Test("A session without such records gives none")
    func none() throws {
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.recordPolls(10)
        for start in [SessionFollower.Start.beginning, .oldest, .now] {
            #expect(try follower(from: start).look().allocations.isEmpty)
        }
    }

    // MARK: Loss

    @Test("What was overwritten between two looks is lost, and counted")
    func overwritten() throws {
        let follower = try follower()
        var followed = FollowedAllocations()
        session.recordAllocations(10)
        followed.add(follower.look().allocations)
        session.recordAllocations(50)
        let evidence = follower.look().allocations
        followed.add(evidence)
        // Of a full ring the oldest record may be overwritten at any moment: 31 of 32 are taken.
        #expect(evidence.runs == [run(29, 31, lost: 19)])
        #expect(evidence.recordsLost == 19)
        #expect(followed.faults == [])
    }

    @Test("A ring that is read in time loses nothing when it wraps")
    func wraps() throws {
        let follower = try follower()
        var followed = FollowedAllocations()
        for _ in 0..<40 {
            session.recordAllocations(29)
            followed.add(follower.look().allocations)
        }
        #expect(followed.faults == [])
        #expect(followed.taken == 40 * 29)
        #expect(followed.lost == 0)
    }

    @Test("From the beginning on, everything that is gone is lost; from the oldest on, it is history")
    func beginnings() throws {
        session.recordAllocations(100)
        let fromBeginning = try follower(from: .beginning).look().allocations
        #expect(fromBeginning.runs == [run(69, 31, lost: 69)])
        let fromOldest = try follower(from: .oldest).look().allocations
        #expect(fromOldest.runs == [run(69, 31, passedOver: 69)])
        #expect(fromOldest.recordsLost == 0)
        #expect(fromOldest.samples == fromBeginning.samples)
    }

    @Test("From now on means what comes after")
    func fromNow() throws {
        session.recordAllocations(10)
        let follower = try follower(from: .now)
        let first = follower.look().allocations
        #expect(first.runs == [run(10, 0, passedOver: 10)])
        #expect(first.samples.isEmpty && first.frees.isEmpty && first.timings.isEmpty)
        session.recordAllocations(3)
        #expect(follower.look().allocations.runs == [run(10, 3)])
    }

    @Test("Records that came between the start and the first look are taken")
    func betweenStartAndLook() throws {
        session.recordAllocations(10)
        let follower = try follower(from: .now)
        session.recordAllocations(3)
        let evidence = follower.look().allocations
        #expect(
            evidence.runs == [run(10, 3, passedOver: 10)] || evidence.runs == [run(10, 0, passedOver: 10), run(10, 3)])
        #expect(evidence.samples.count + evidence.frees.count + evidence.timings.count == 3)
        #expect(evidence.recordsLost == 0)
    }

    @Test("A number goes on beyond 32 bits")
    func longNumbers() throws {
        session.header.pointee.allocations_head = 1 << 32 - 2
        let follower = try follower(from: .now)
        _ = follower.look()
        session.recordAllocations(5)
        let evidence = follower.look().allocations
        #expect(evidence.runs == [run(1 << 32 - 2, 5)])
        #expect(evidence.recordsLost == 0)
    }

    // MARK: Damage

    /// A change that makes a record contradict itself.
    struct Contradiction: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var kind: pollscope_allocation_kind
        var change: @Sendable (inout pollscope_allocation_record) -> Void

        init(
            _ what: String, _ kind: pollscope_allocation_kind,
            _ change: @escaping @Sendable (inout pollscope_allocation_record) -> Void
        ) {
            testDescription = what
            self.kind = kind
            self.change = change
        }

        static let all = [
            Contradiction("another number", POLLSCOPE_ALLOCATION_SAMPLE) { $0.sequence = 77 },
            Contradiction("no kind", POLLSCOPE_ALLOCATION_SAMPLE) { $0.kind = 0 },
            Contradiction("an unknown kind", POLLSCOPE_ALLOCATION_SAMPLE) { $0.kind = 4 },
            Contradiction("no operation", POLLSCOPE_ALLOCATION_SAMPLE) { $0.operation = 0 },
            Contradiction("an unknown operation", POLLSCOPE_ALLOCATION_TIMING) { $0.operation = 6 },
            Contradiction("a sample of a free", POLLSCOPE_ALLOCATION_SAMPLE) { $0.operation = 5 },
            Contradiction("a free of a free", POLLSCOPE_ALLOCATION_FREE) { $0.operation = 5 },
            Contradiction("a poll of no kind", POLLSCOPE_ALLOCATION_SAMPLE) { $0.poll_kind = 0 },
            Contradiction("a poll that is a thread", POLLSCOPE_ALLOCATION_SAMPLE) { $0.poll_kind = 1 },
            Contradiction("an unknown kind of poll", POLLSCOPE_ALLOCATION_TIMING) { $0.poll_kind = 200 },
            Contradiction("a kind of poll outside polls", POLLSCOPE_ALLOCATION_TIMING) { $0.poll_start_ticks = 0 },
            Contradiction("freed in two places", POLLSCOPE_ALLOCATION_FREE) { $0.flags = 4 | 8 },
            Contradiction("freed in the same poll, and allocated in none", POLLSCOPE_ALLOCATION_FREE) {
                $0.poll_start_ticks = 0
                $0.poll_kind = 0
            },
        ]
    }

    @Test("What contradicts itself is no record, and counts as lost", arguments: Contradiction.all)
    func damaged(record: Contradiction) throws {
        session.recordAllocation(kind: record.kind)
        session.recordAllocation(kind: record.kind) { record.change(&$0) }
        session.recordAllocation(kind: record.kind)
        let evidence = try follower().look().allocations
        #expect(evidence.runs == [run(0, 1), run(2, 1, lost: 1)])
        #expect(evidence.recordsLost == 1)
        #expect(evidence.samples.count + evidence.frees.count + evidence.timings.count == 2)
    }

    @Test("Damaged records of the time before the recording are history")
    func damagedHistory() throws {
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_SAMPLE) { $0.kind = 9 }
        session.recordAllocation()
        let evidence = try follower(from: .now).look().allocations
        #expect(evidence.recordsLost == 0)
        #expect(evidence.runs.reduce(0) { $0 + $1.passedOver } == 2)
    }

    // MARK: Values

    @Test("A sample says who allocated what, and whether its end will be told of")
    func sample() throws {
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_SAMPLE) {
            $0.flags = UInt8(POLLSCOPE_ALLOCATION_STACK_CUT.rawValue | POLLSCOPE_ALLOCATION_UNTRACKED.rawValue)
            $0.operation = UInt8(POLLSCOPE_ALLOCATION_REALLOC.rawValue)
        }
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_SAMPLE) {
            $0.poll_start_ticks = 0
            $0.poll_kind = 0
        }
        let samples = try follower().look().allocations.samples
        let context = PollContext(
            poll: PollIdentity(tid: 7, start: Ticks(49_000)), stack: 0, task: 70,
            kind: UInt8(POLLSCOPE_RECORD_TASK.rawValue), executor: UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue), flags: 0)
        var allocation = SampledAllocation(
            context: context, tid: 7, bytes: 1_024, operation: UInt8(POLLSCOPE_ALLOCATION_REALLOC.rawValue),
            nativeStack: 0, isStackCut: true, type: 0)
        #expect(samples.first == AllocationSample(allocation: allocation, at: Ticks(50_000), isTracked: false))
        allocation.context = nil
        allocation.operation = UInt8(POLLSCOPE_ALLOCATION_MALLOC.rawValue)
        allocation.isStackCut = false
        #expect(samples.last == AllocationSample(allocation: allocation, at: Ticks(50_000), isTracked: true))
    }

    @Test("A free says where it happened, and how long the block lived")
    func free() throws {
        for flags in [POLLSCOPE_ALLOCATION_SAME_POLL, POLLSCOPE_ALLOCATION_SAME_TASK, POLLSCOPE_ALLOCATION_OTHER_POLL] {
            session.recordAllocation(kind: POLLSCOPE_ALLOCATION_FREE) { $0.flags = UInt8(flags.rawValue) }
        }
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_FREE) { $0.flags = 0 }
        let frees = try follower().look().allocations.frees
        #expect(frees.map(\.place) == [.samePoll, .sameTask, .otherPoll, .outsidePolls])
        #expect(frees.allSatisfy { $0.lifetimeTicks == 300 && $0.at == Ticks(50_000) })
    }

    @Test("A timing is by the clock or in CPU time")
    func timing() throws {
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_TIMING) {
            $0.operation = UInt8(POLLSCOPE_ALLOCATION_RELEASE.rawValue)
            $0.bytes = 0
        }
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_TIMING) {
            $0.flags = UInt8(POLLSCOPE_ALLOCATION_CPU_TIME.rawValue)
        }
        let timings = try follower().look().allocations.timings
        #expect(timings.map(\.duration) == [.ticks(300), .cpuNanoseconds(300)])
        #expect(timings.map(\.bytes) == [0, 1_024])
    }

    @Test("Stacks that these records refer to come with them")
    func stacks() throws {
        let ids = (0..<6).map { _ in session.claimStack() }
        for id in ids.dropLast() { session.publishStack(id, frames: [UInt64(id)], kind: 4) }
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_SAMPLE) {
            $0.native_stack = ids[0]
            $0.poll_stack = ids[1]
        }
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_FREE) {
            $0.native_stack = ids[2]
            $0.poll_stack = ids[3]
        }
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_TIMING) { $0.poll_stack = ids[4] }
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_SAMPLE) { $0.native_stack = ids[5] }
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_SAMPLE) { $0.native_stack = 1_000 }  // beyond the table
        let follower = try follower()
        #expect(follower.look().stacks.map(\.id) == Array(ids.dropLast()))
        #expect(follower.look().stacks.isEmpty)
        session.publishStack(ids[5], frames: [1])
        #expect(follower.look().stacks.map(\.id) == [ids[5]])
    }

    // MARK: Types

    private func types(_ ids: [UInt16], of follower: SessionFollower) -> [ObjectType] {
        for id in ids { session.recordAllocation(kind: POLLSCOPE_ALLOCATION_SAMPLE) { $0.type = id } }
        return follower.look().types
    }

    @Test("The name of a type comes once, with the first record that refers to it")
    func types() throws {
        for (id, name) in [(UInt16(3), "Quotes.Order"), (5, "_ContiguousArrayStorage<Int>"), (6, "never seen")] {
            session.claimType(id)
            session.publishType(id, name: name)
        }
        let follower = try follower()
        #expect(types([0, 5, 5], of: follower) == [ObjectType(id: 5, name: "_ContiguousArrayStorage<Int>")])
        session.recordAllocation(kind: POLLSCOPE_ALLOCATION_FREE) { $0.type = 3 }
        #expect(follower.look().types == [ObjectType(id: 3, name: "Quotes.Order")])
        #expect(types([3, 5, 0], of: follower).isEmpty)
        #expect(types([17, .max], of: follower).isEmpty, "beyond the table")
    }

    @Test("A type that is not whole yet comes when it is")
    func unpublishedTypes() throws {
        session.claimType(1)
        let follower = try follower()
        #expect(types([1], of: follower).isEmpty)
        #expect(follower.look().types.isEmpty)
        session.publishType(1, name: "Late")
        #expect(follower.look().types == [ObjectType(id: 1, name: "Late")])
        #expect(follower.look().types.isEmpty)
    }

    @Test("A name is text that can be shown, and no longer than names are")
    func typeNames() throws {
        session.publishType(1, name: "Quotes.Späte\u{1B}[2J\nOrder\u{202E}")
        session.publishType(2, name: String(repeating: "x", count: 300))
        session.publishType(3, name: "")
        session.publishType(4, name: "Behind")
        session.type(4).pointee.where = UInt64(session.header.pointee.type_names.count - 3) | 6 << 32 | 1 << 63
        session.publishType(5, name: "Long")
        session.type(5).pointee.where = UInt64.max >> 1 | 1 << 63
        let found = types([1, 2, 3, 4, 5], of: try follower())
        #expect(found.map(\.id) == [1, 2])
        #expect(found.first?.name == "Quotes.Späte�[2J�Order�")
        #expect(found.last?.name == String(repeating: "x", count: Int(POLLSCOPE_TYPE_NAME_MAX)))
    }

    // MARK: The session's own words

    @Test("What was counted is the sum over all threads, with and without a slot")
    func counters() throws {
        for index in 0..<3 {
            session.claimSlot(index, tid: UInt32(index + 1), claimed: 5, name: "worker")
            session.slot(index).pointee.allocations = 100
            session.slot(index).pointee.allocated_bytes = 5_000
            session.slot(index).pointee.frees = 90
        }
        session.slot(2).pointee.tid = 0  // a thread that ended: what it did is not undone
        session.header.pointee.unslotted_allocations = 7
        session.header.pointee.unslotted_allocated_bytes = 70
        session.header.pointee.unslotted_frees = 6
        session.header.pointee.allocations_dropped = 3
        session.header.pointee.allocations_untracked = 4
        session.header.pointee.types_refused = 5
        session.recordAllocations(9)
        let counters = try follower().counters()
        #expect(counters.allocations == 307)
        #expect(counters.allocatedBytes == 15_070)
        #expect(counters.frees == 276)
        #expect(counters.allocationRecords == 9)
        #expect(counters.allocationRecordsDropped == 3)
        #expect(counters.allocationsUntracked == 4)
        #expect(counters.typesRefused == 5)
    }

    @Test("How it samples and times, and its probes by name")
    func info() throws {
        session.header.pointee.allocation_sample_bytes = 524_288
        session.header.pointee.allocation_timing_calls = 997
        session.header.pointee.allocation_timer_ticks_x1024 = 50 * 1024 + 512
        session.header.pointee.allocation_cost_ticks_x1024 = 3 * 512
        let info = try session.file().info
        #expect(info.allocationSampleBytes == 524_288)
        #expect(info.allocationTimingCalls == 997)
        #expect(info.allocationTimerTicks == 50.5)
        #expect(info.allocationCostTicks == 1.5)
        let names = [POLLSCOPE_PROBE_ALLOCATIONS, POLLSCOPE_PROBE_ALLOCATION_SAMPLES].map {
            ProbeStatus(id: UInt16($0.rawValue), state: 1, reason: "").name
        }
        #expect(names == ["allocations", "allocation samples"])
    }

    @Test("A poll's record gives back what it allocated and freed")
    func pollRecord() {
        var poll = pollscope_poll_record()
        pollscope_poll_set_allocations(&poll, 3, 1 << 40, 0x1234_5678)
        #expect(poll.allocations == 3)
        #expect(poll.allocatedBytes == 1 << 40)
        #expect(poll.frees == 0x1234_5678)
        pollscope_poll_set_allocations(&poll, .max, .max, .max)
        #expect(poll.allocatedBytes == UInt64(POLLSCOPE_ALLOCATED_BYTES_MAX))
        #expect(poll.frees == .max)
    }
}
