// Follows the rings of a session: takes what is new, counts exactly what was overwritten before it could be taken.
//
// Polls and holds are numbered by the writer, together; the difference between the number expected and the number found is the loss.

import CPollscopeLayout

/// Follows one session from a starting point on.
public final class SessionFollower {
    /// Where to begin.
    public enum Start: Sendable {
        /// With the session's first record; what was overwritten since counts as lost.
        case beginning
        /// With the oldest record that is still there; what was overwritten before is history.
        case oldest
        /// With what comes from now on.
        case now
    }

    private struct RingPosition {
        var next: UInt64  // index of the next record to take
        var nextSequence: UInt64?  // number of the next poll, once known
        var threadRecords: UInt64  // thread records before it
        var thread: ThreadIdentity
    }

    private let file: SessionFile
    private let start: Start
    private var isFirstLook = true
    private var rings: [RingPosition?]
    private var records: RecordRing<pollscope_poll_record>
    private var evidence: EvidenceFollower
    private var allocations: AllocationFollower
    private var stacks: StackFollower
    private var types: TypeFollower
    private var executors: ExecutorFollower
    private var events: EventFollower
    private var requestNames: RequestNameFollower
    private var knownSlots: [UInt64]  // claimed ticks of the identity known for each slot; 0: none

    public init(file: SessionFile, from start: Start) {
        self.file = file
        self.start = start
        rings = Array(repeating: nil, count: Int(file.layout.ring_headers.count))
        records = RecordRing(of: pollscope_poll_record(), capacity: UInt64(file.layout.ring_records))
        evidence = EvidenceFollower(file: file, from: start)
        allocations = AllocationFollower(file: file, from: start)
        stacks = StackFollower(file: file)
        types = TypeFollower(file: file)
        executors = ExecutorFollower(file: file)
        events = EventFollower(file: file, from: start)
        requestNames = RequestNameFollower(file: file)
        knownSlots = Array(repeating: 0, count: Int(file.layout.slots.count))
        if case .now = start {
            for (index, header) in file.ringHeaders().enumerated() {
                rings[index] = position(of: header, next: header.head)
            }
        }
    }

    /// The ring's owner as its header has it; a thread that has ended has no id there any more.
    private func owner(of header: pollscope_ring_header) -> ThreadIdentity {
        let slot = file.slot(header.slot)
        let isOwner = slot.map { $0.tid != 0 && $0.tid == header.owner } ?? false
        return ThreadIdentity(
            tid: isOwner ? header.owner : 0, slot: header.slot, claimed: Ticks(isOwner ? slot!.claimed_ticks : 0),
            name: isOwner ? SessionFile.text(slot!.name) : "ended thread")
    }

    private func position(of header: pollscope_ring_header, next: UInt64) -> RingPosition {
        let isBeingClaimed = header.owner == UInt32.max
        let polls = header.head &- header.thread_records
        return RingPosition(
            next: next, nextSequence: next == header.head && !isBeingClaimed ? polls : nil,
            threadRecords: header.thread_records, thread: owner(of: header))
    }

    /// Takes everything that is new. Memory: at most the records of one ring more than what it returns.
    /// - Parameter now: the session's clock, for how long the running polls have run.
    public func look(now: Ticks) -> SessionLook {
        var look = SessionLook()
        for (index, header) in file.ringHeaders().enumerated() {
            take(ring: index, header: header, now: now, into: &look)
        }
        // A poll's evidence is written before its record: read after, none is missing of the polls above.
        look.evidence = evidence.look(isFirst: isFirstLook)
        look.allocations = allocations.look(isFirst: isFirstLook)
        look.events = events.look(isFirst: isFirstLook)
        isFirstLook = false
        look.stacks = stacks.take(for: look)
        // An executor has its entry before a poll has its number.
        look.executors = executors.take()
        look.types = types.take(for: look)
        look.requestNames = requestNames.take(for: look.events)
        collectThreads(into: &look)
        return look
    }

    /// Stacks and types that `look` refers to and nothing did before.
    public func descriptions(of look: StuckTaskLook) -> (stacks: [AsyncStack], types: [ObjectType]) {
        let tasks = look.tasks.map(\.task)
        return (
            stacks.take(tasks.flatMap { [$0.stack, $0.startStack, $0.spawnStack] }),
            types.take(tasks.map(\.executorType))
        )
    }

    /// Stacks that `census` refers to and nothing did before.
    public func stacks(of census: TaskCensus) -> [AsyncStack] {
        stacks.take(census.groups.flatMap { [$0.startStack, $0.spawnStack] })
    }

    private func take(
        ring index: Int, header: pollscope_ring_header, now: Ticks, into look: inout SessionLook
    ) {
        let head = header.head
        let oldest = records.oldest(head: head)
        var position = rings[index] ?? newPosition(of: header, oldest: oldest)
        guard head >= position.next else { return }  // a damaged file: nothing sensible to take
        let first = max(position.next, oldest)
        records.copy(file, at: file.pollRing(index), from: first, to: head)
        let after = file.ringHeader(index)
        let whole = records.firstWhole(from: first, to: head, after: after.head)

        var batch = PollBatch(
            thread: position.thread, ring: UInt32(index), firstSequence: position.nextSequence ?? 0, lost: 0,
            polls: [], running: nil)
        records.withRecords(skipping: Int(whole - first), count: Int(head - whole)) {
            gather($0, skipped: whole - position.next, header: header, &position, &batch, into: &look)
        }
        // Where nothing was whole, all of it is behind the next look's records: skipped there, not here.
        if whole < head { position.next = head }
        if batch.thread.tid == 0, owner(of: after).tid != 0 { batch.thread = owner(of: after) }
        position.thread = batch.thread
        batch.running = running(ring: index, now: now)
        if !batch.polls.isEmpty || batch.lost > 0 || batch.running != nil { look.batches.append(batch) }
        rings[index] = position
    }

    /// Where to begin with a ring that was not there before.
    private func newPosition(of header: pollscope_ring_header, oldest: UInt64) -> RingPosition {
        var position = self.position(of: header, next: 0)
        position.threadRecords = 0
        position.nextSequence = 0
        if case .oldest = start, isFirstLook, oldest > 0 {
            position.next = oldest
            position.nextSequence = nil  // what was overwritten before anybody looked is history, not loss
        }
        return position
    }

    /// Makes batches of records: one a thread, and a new one behind every gap. `skipped` records before these were
    /// overwritten unread; they can have been thread records, too.
    private func gather(
        _ records: UnsafeBufferPointer<pollscope_poll_record>, skipped: UInt64, header: pollscope_ring_header,
        _ position: inout RingPosition, _ batch: inout PollBatch, into look: inout SessionLook
    ) {
        if skipped > 0 {
            let threadRecords = UInt64(records.count { $0.kind == Self.threadKind })
            if position.threadRecords &+ threadRecords < header.thread_records {
                // The record that named the thread is among the lost ones.
                batch.thread =
                    threadRecords == 0
                    ? owner(of: header)
                    : ThreadIdentity(tid: 0, slot: header.slot, claimed: Ticks(0), name: "ended thread")
                position.threadRecords = header.thread_records &- threadRecords
            }
        }
        var lossMax = skipped
        var next = position.nextSequence
        var place = 0
        while place < records.count {
            let record = records[place]
            let expected = next ?? UInt64(record.sequence)
            if next == nil { batch.firstSequence = expected }
            // The number is 32 bits of a longer one.
            let gap = UInt64(record.sequence &- UInt32(truncatingIfNeeded: expected))
            guard gap <= lossMax, Self.kinds.contains(record.kind) else {
                // No record at all: a damaged file. It stands for one that is lost.
                finish(&batch, into: &look)
                batch.lost &+= 1
                next = expected &+ 1
                batch.firstSequence = expected &+ 1
                place += 1
                continue
            }
            if gap > 0 {
                finish(&batch, into: &look)
                batch.lost &+= gap
                batch.firstSequence = expected &+ gap
            }
            lossMax = 0
            next = expected &+ gap
            if record.kind == Self.threadKind {
                finish(&batch, into: &look)
                batch.thread = Self.identity(record)
                batch.firstSequence = expected &+ gap
                position.threadRecords &+= 1
                place += 1
                continue
            }
            var end = place
            var sequence = record.sequence
            while end < records.count, records[end].sequence == sequence, Self.batchKinds.contains(records[end].kind) {
                sequence &+= 1
                end += 1
            }
            batch.polls.append(contentsOf: UnsafeBufferPointer(rebasing: records[place..<end]))
            next = expected &+ gap &+ UInt64(end - place)
            place = end
        }
        position.nextSequence = next
    }

    private static let threadKind = UInt8(POLLSCOPE_RECORD_THREAD.rawValue)
    /// Polls and holds.
    private static let batchKinds = UInt8(POLLSCOPE_RECORD_TASK.rawValue)...UInt8(POLLSCOPE_RECORD_WORK.rawValue)
    private static let kinds = threadKind...UInt8(POLLSCOPE_RECORD_WORK.rawValue)

    static func isPoll(kind: UInt8) -> Bool {
        batchKinds.contains(kind) && UInt32(kind) != POLLSCOPE_RECORD_HOLD.rawValue
    }

    /// Puts away what has been gathered, and begins anew behind it. A loss stays until polls follow it.
    private func finish(_ batch: inout PollBatch, into look: inout SessionLook) {
        guard !batch.polls.isEmpty else { return }
        look.batches.append(batch)
        batch.polls = []
        batch.lost = 0
    }

    private func record(_ number: UInt64, ring index: Int) -> pollscope_poll_record {
        let place = number & (records.capacity - 1)
        return file.value(
            pollscope_poll_record(),
            at: file.pollRing(index) + place * UInt64(MemoryLayout<pollscope_poll_record>.stride))
    }

    private static func identity(_ record: pollscope_poll_record) -> ThreadIdentity {
        // Safe: both records are 64 plain bytes; the kind said which of the two this is.
        let thread = withUnsafeBytes(of: record) { $0.loadUnaligned(as: pollscope_thread_record.self) }
        return ThreadIdentity(
            tid: thread.tid, slot: thread.slot, claimed: Ticks(thread.claimed_ticks),
            name: SessionFile.text(thread.name))
    }

    /// Whether what a header shows as running is the ring's last record already: the writer does that first. A hold can
    /// have begun with its poll.
    private func wasRecorded(_ header: pollscope_ring_header, ring index: Int) -> Bool {
        guard header.head > 0 else { return false }
        let last = record(header.head - 1, ring: index)
        return last.start_ticks == header.running.start_ticks && UInt32(last.kind) != POLLSCOPE_RECORD_HOLD.rawValue
    }

    /// The poll that runs now, as a record that has not ended.
    private func running(ring index: Int, now: Ticks) -> pollscope_poll_record? {
        let before = file.ringHeader(index)
        let header = file.ringHeader(index)
        let after = file.ringHeader(index)
        let running = header.running
        // The line is one poll's if nothing began or ended from before it was copied until after.
        guard running.start_ticks != 0, before.running.start_ticks == running.start_ticks,
            after.running.start_ticks == running.start_ticks
        else { return nil }
        // A process killed at the end of a poll shows it as running for ever; but the ring has it.
        if wasRecorded(header, ring: index) { return nil }
        var record = pollscope_poll_record()
        record.kind = running.kind
        record.executor = running.executor
        record.priority = running.priority
        record.flags = running.flags
        record.start_ticks = running.start_ticks
        record.duration_ticks = now.rawValue > running.start_ticks ? now.rawValue - running.start_ticks : 0
        record.wait_ticks = running.wait_ticks
        record.task = running.task
        record.stack = running.stack
        record.waker = running.waker
        // The line may have gone on since `now`.
        record.blocked_ticks = min(running.blocked_ticks, record.duration_ticks)
        return record
    }

    // MARK: Threads

    private func collectThreads(into look: inout SessionLook) {
        let count = Int(min(file.header().slots_used, file.layout.slots.count))
        let slots = file.values(pollscope_slot(), count: count, at: file.layout.slots.offset)
        for (index, slot) in slots.enumerated() {
            guard slot.tid != 0, slot.tid != UInt32.max, slot.claimed_ticks != knownSlots[index] else { continue }
            // One thread's identity, if its generation is the same after the copy as in it.
            guard file.slot(UInt16(index))?.generation == slot.generation else { continue }
            knownSlots[index] = slot.claimed_ticks
            look.threads.append(
                ThreadIdentity(
                    tid: slot.tid, slot: UInt16(index), claimed: Ticks(slot.claimed_ticks),
                    name: SessionFile.text(slot.name)))
        }
    }

    // MARK: Counters

    /// Counters since the session's start. Polls are read before what the slots count.
    public func counters() -> SessionCounters {
        var counters = SessionCounters()
        for (index, header) in file.ringHeaders().enumerated() {
            // While a ring is being claimed, the thread record is counted before it is written.
            let isBeingClaimed = header.owner == UInt32.max
            let threadRecords = isBeingClaimed ? min(header.head, header.thread_records) : header.thread_records
            // Wrapping: a damaged file can count anything. Holds and turns are counted before their records are, so
            // polls are never too many.
            counters.holds &+= header.holds
            counters.turns &+= header.turns
            counters.polls &+= header.head &- threadRecords &- header.holds &- header.turns
            // A turn lies in no poll, and nobody enqueued it; `depth` counts what runs inside it.
            let isTurn = UInt32(header.running.kind) == POLLSCOPE_RECORD_TURN.rawValue
            guard header.running.start_ticks != 0, !isTurn else { continue }
            counters.running &+= UInt64(max(1, header.depth)) - (wasRecorded(header, ring: index) ? 1 : 0)
        }
        let header = file.header()
        counters.pollsUnrecorded = header.polls_unrecorded
        counters.jobsRefused = header.jobs_refused
        counters.stacksRefused = UInt64(header.stacks_refused)
        counters.ringsRefused = header.rings_refused
        counters.ringRefusalErrno = header.ring_refusal_errno
        counters.samples = header.samples_head
        counters.samplesWithoutStack = header.samples_without_stack
        counters.signalsInSystemCalls = header.signals_in_system_calls
        counters.allocationRecords = header.allocations_head
        counters.allocationRecordsDropped = header.allocations_dropped
        counters.allocationsUntracked = header.allocations_untracked
        counters.typesRefused = header.types_refused
        counters.executorsRefused = header.executors_refused
        let tasks = file.taskTotals()
        counters.tasksCreated = tasks.created
        counters.tasksEnded = tasks.ended
        counters.tasksUntracked = tasks.untracked
        counters.worksUnobserved = header.works_unobserved
        counters.threadsCreated = header.threads_created
        counters.eventsUnrecorded = header.events_unrecorded
        counters.requestNamesRefused = header.names_refused
        counters.poolsRefused = UInt64(header.pools_refused)
        addSlots(of: header, to: &counters)
        return counters
    }

    /// What threads count in their slots, and those without a slot in the header.
    private func addSlots(of header: pollscope_header, to counters: inout SessionCounters) {
        counters.enqueues = header.enqueues_unslotted
        counters.allocations = header.unslotted_allocations
        counters.allocatedBytes = header.unslotted_allocated_bytes
        counters.frees = header.unslotted_frees
        let count = Int(min(header.slots_used, file.layout.slots.count))
        for slot in file.values(pollscope_slot(), count: count, at: file.layout.slots.offset) {
            // Wrapping: a damaged file can count anything.
            counters.enqueues &+= slot.enqueues
            counters.allocations &+= slot.allocations
            counters.allocatedBytes &+= slot.allocated_bytes
            counters.frees &+= slot.frees
        }
    }

    /// A look at the process as a whole. `clock` reads the session's clock and CLOCK_MONOTONIC now; nil where the
    /// process is gone, and its own last anchor has to do.
    public func status(now clock: ClockAnchor?) -> ProcessStatus {
        let counters = counters()
        let process = ProcessFiles(processID: Int32(truncatingIfNeeded: file.layout.pid))
        let isSame = process.start == file.layout.process_start
        let last = clock ?? file.calibration.last
        return ProcessStatus(
            at: last.ticks, calibrationLast: last, counters: counters,
            processCPUNanoseconds: isSame ? process.cpuNanoseconds ?? 0 : 0,
            residentBytes: isSame ? process.residentBytes ?? 0 : 0, threads: isSame ? process.threads : [],
            collectorCPUNanoseconds: ProcessFiles.own.cpuNanoseconds ?? 0, pools: file.pools())
    }
}
