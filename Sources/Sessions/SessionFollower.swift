// Follows the rings of a session: takes what is new, counts exactly what was overwritten before it could be taken.
//
// The writer never waits, so a copy may be overwritten while it is made. The head is read before and after: what
// the writer can have reached meanwhile does not count as read. Polls are numbered by the writer; the difference
// between the number expected and the number found is the loss.

import CPollscopeLayout
import Glibc

/// What one look at a session found.
public struct SessionLook: Sendable {
    public var batches: [PollBatch] = []
    /// Stacks that these batches refer to and no earlier ones did.
    public var stacks: [AsyncStack] = []
    /// Threads that were not known before, enqueuers included.
    public var threads: [ThreadIdentity] = []

    public init() {}

    public var pollCount: Int { batches.reduce(0) { $0 + $1.polls.count } }

    /// When the first of its polls became runnable; of a timer, whose due time can be long ago, when it started.
    public var begin: Ticks? {
        batches.lazy.flatMap(\.polls).map { poll in
            let isTimer = UInt32(poll.flags) & POLLSCOPE_POLL_TIMER.rawValue != 0
            return Ticks(isTimer ? poll.start_ticks : poll.start_ticks &- poll.wait_ticks)
        }.min()
    }

    /// When the last of its polls ended.
    public var end: Ticks? {
        batches.compactMap { $0.polls.last.map { Ticks($0.start_ticks &+ $0.duration_ticks) } }.max()
    }
}

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
    private var isStackKnown: [Bool]  // by id; 0 is no stack
    private var unpublishedStacks: Set<UInt32> = []
    private var knownSlots: [UInt64]  // claimed ticks of the identity known for each slot; 0: none
    private var buffer: [pollscope_poll_record]

    public init(file: SessionFile, from start: Start) {
        self.file = file
        self.start = start
        rings = Array(repeating: nil, count: Int(file.layout.ring_headers.count))
        isStackKnown = Array(repeating: false, count: Int(file.layout.stacks.count) + 1)
        isStackKnown[0] = true
        knownSlots = Array(repeating: 0, count: Int(file.layout.slots.count))
        buffer = []
        if case .now = start {
            for (index, header) in ringHeaders().enumerated() {
                rings[index] = position(of: header, next: header.head)
            }
        }
    }

    private func ringHeaders() -> [pollscope_ring_header] {
        let count = Int(min(file.header().rings_used, file.layout.rings_limit))
        return file.values(pollscope_ring_header(), count: count, at: file.layout.ring_headers.offset)
    }

    private func ringHeader(_ index: Int) -> pollscope_ring_header {
        let offset = file.layout.ring_headers.offset
        return file.value(
            pollscope_ring_header(), at: offset + UInt64(index * MemoryLayout<pollscope_ring_header>.stride))
    }

    private func slot(_ index: UInt16) -> pollscope_slot? {
        guard index < file.layout.slots.count else { return nil }
        return file.value(pollscope_slot(), at: file.layout.slots.offset + UInt64(index) * 64)
    }

    /// The ring's owner as its header has it; a thread that has ended has no id there any more.
    private func owner(of header: pollscope_ring_header) -> ThreadIdentity {
        let slot = slot(header.slot)
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
        for (index, header) in ringHeaders().enumerated() {
            take(ring: index, header: header, now: now, into: &look)
        }
        isFirstLook = false
        collectStacks(into: &look)
        collectThreads(into: &look)
        return look
    }

    private func take(
        ring index: Int, header: pollscope_ring_header, now: Ticks, into look: inout SessionLook
    ) {
        let capacity = UInt64(file.layout.ring_records)
        let head = header.head
        let oldest = head > capacity ? head - capacity : 0
        var position = rings[index] ?? newPosition(of: header, oldest: oldest)
        guard head >= position.next else { return }  // a damaged file: nothing sensible to take
        let first = max(position.next, oldest)
        copy(ring: index, from: first, to: head)
        let after = ringHeader(index)
        // Record number n can have been overwritten from the moment the head stood at n + capacity.
        let whole = after.head >= capacity ? max(first, min(head, after.head - capacity + 1)) : first

        var batch = PollBatch(
            thread: position.thread, ring: UInt32(index), firstSequence: position.nextSequence ?? 0, lost: 0,
            polls: [], running: nil)
        // Safe: the range lies inside what was copied; the pointer does not leave the closure.
        buffer.withUnsafeBufferPointer { copied in
            let records = UnsafeBufferPointer(rebasing: copied[Int(whole - first)..<Int(head - first)])
            gather(records, skipped: whole - position.next, header: header, &position, &batch, into: &look)
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
            while end < records.count, records[end].sequence == sequence, Self.pollKinds.contains(records[end].kind) {
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
    private static let pollKinds = UInt8(POLLSCOPE_RECORD_TASK.rawValue)...UInt8(POLLSCOPE_RECORD_OTHER.rawValue)
    private static let kinds = threadKind...UInt8(POLLSCOPE_RECORD_OTHER.rawValue)

    /// Puts away what has been gathered, and begins anew behind it. A loss stays until polls follow it.
    private func finish(_ batch: inout PollBatch, into look: inout SessionLook) {
        guard !batch.polls.isEmpty else { return }
        look.batches.append(batch)
        batch.polls = []
        batch.lost = 0
    }

    private func copy(ring index: Int, from first: UInt64, to head: UInt64) {
        let capacity = UInt64(file.layout.ring_records)
        let recordBytes = MemoryLayout<pollscope_poll_record>.stride
        let count = Int(head - first)
        if buffer.count < count {
            buffer = Array(repeating: pollscope_poll_record(), count: Int(capacity))
        }
        let base = file.layout.rings_offset + UInt64(index) * capacity * UInt64(recordBytes)
        let place = Int(first & (capacity - 1))
        let untilEnd = min(count, Int(capacity) - place)
        // Safe: both parts lie inside the buffer, which has room for a whole ring.
        buffer.withUnsafeMutableBytes { bytes in
            let part1 = UnsafeMutableRawBufferPointer(rebasing: bytes[0..<untilEnd * recordBytes])
            let part2 = UnsafeMutableRawBufferPointer(rebasing: bytes[untilEnd * recordBytes..<count * recordBytes])
            let got1 = SessionFile.read(file.descriptor, into: part1, at: base + UInt64(place * recordBytes))
            let got2 = part2.isEmpty ? 0 : SessionFile.read(file.descriptor, into: part2, at: base)
            // Where the file is cut, the rest must not be an earlier copy's.
            if got1 < part1.count { memset(part1.baseAddress! + got1, 0, part1.count - got1) }
            if got2 < part2.count { memset(part2.baseAddress! + got2, 0, part2.count - got2) }
        }
    }

    private func record(_ number: UInt64, ring index: Int) -> pollscope_poll_record {
        let capacity = UInt64(file.layout.ring_records)
        let place = UInt64(index) * capacity + number & (capacity - 1)
        return file.value(
            pollscope_poll_record(),
            at: file.layout.rings_offset + place * UInt64(MemoryLayout<pollscope_poll_record>.stride))
    }

    private static func identity(_ record: pollscope_poll_record) -> ThreadIdentity {
        // Safe: both records are 64 plain bytes; the kind said which of the two this is.
        let thread = withUnsafeBytes(of: record) { $0.loadUnaligned(as: pollscope_thread_record.self) }
        return ThreadIdentity(
            tid: thread.tid, slot: thread.slot, claimed: Ticks(thread.claimed_ticks),
            name: SessionFile.text(thread.name))
    }

    /// The poll that runs now, as a record that has not ended.
    private func running(ring index: Int, now: Ticks) -> pollscope_poll_record? {
        let before = ringHeader(index)
        let header = ringHeader(index)
        let after = ringHeader(index)
        let running = header.running
        // The line is one poll's if nothing began or ended from before it was copied until after.
        guard running.start_ticks != 0, before.running.start_ticks == running.start_ticks,
            after.running.start_ticks == running.start_ticks
        else { return nil }
        // A process killed at the end of a poll shows it as running for ever; but the ring has it.
        if header.head > 0, record(header.head - 1, ring: index).start_ticks == running.start_ticks { return nil }
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
        return record
    }

    // MARK: Stacks and threads

    private func collectStacks(into look: inout SessionLook) {
        var wanted = unpublishedStacks
        for batch in look.batches {
            var last: UInt32 = 0
            for poll in batch.polls where poll.stack != last {
                last = poll.stack
                if isUnknown(last) { wanted.insert(last) }
            }
            if let stack = batch.running?.stack, isUnknown(stack) { wanted.insert(stack) }
        }
        unpublishedStacks = []
        for id in wanted.sorted() {
            if let stack = stack(id) {
                isStackKnown[Int(id)] = true
                look.stacks.append(stack)
            } else {
                unpublishedStacks.insert(id)
            }
        }
    }

    /// Whether the file has such a stack, and it was not read before.
    private func isUnknown(_ id: UInt32) -> Bool { id < isStackKnown.count && !isStackKnown[Int(id)] }

    private func stack(_ id: UInt32) -> AsyncStack? {
        let where_ = file.value(pollscope_stack(), at: file.layout.stacks.offset + UInt64(id - 1) * 16).where
        guard where_ >> 63 == 1 else { return nil }
        let offset = where_ & 0xFFFF_FFFF
        let count = min(Int(where_ >> 32 & 0xFFFF), Int(POLLSCOPE_STACK_DEPTH_MAX))
        guard offset + UInt64(count) <= UInt64(file.layout.frames.count) else { return nil }
        return AsyncStack(
            id: id, kind: UInt8(truncatingIfNeeded: where_ >> 48), isCut: where_ >> 56 & 1 == 1,
            frames: file.values(UInt64(0), count: count, at: file.layout.frames.offset + offset * 8))
    }

    private func collectThreads(into look: inout SessionLook) {
        let count = Int(min(file.header().slots_used, file.layout.slots.count))
        let slots = file.values(pollscope_slot(), count: count, at: file.layout.slots.offset)
        for (index, slot) in slots.enumerated() {
            guard slot.tid != 0, slot.tid != UInt32.max, slot.claimed_ticks != knownSlots[index] else { continue }
            // One thread's identity, if its generation is the same after the copy as in it.
            guard self.slot(UInt16(index))?.generation == slot.generation else { continue }
            knownSlots[index] = slot.claimed_ticks
            look.threads.append(
                ThreadIdentity(
                    tid: slot.tid, slot: UInt16(index), claimed: Ticks(slot.claimed_ticks),
                    name: SessionFile.text(slot.name)))
        }
    }

    // MARK: Counters

    /// Counters since the session's start. Polls are read before enqueues.
    public func counters() -> SessionCounters {
        var counters = SessionCounters()
        for (index, header) in ringHeaders().enumerated() {
            // While a ring is being claimed, the thread record is counted before it is written.
            let isBeingClaimed = header.owner == UInt32.max
            let threadRecords = isBeingClaimed ? min(header.head, header.thread_records) : header.thread_records
            counters.polls &+= header.head &- threadRecords
            guard header.running.start_ticks != 0 else { continue }
            // A poll that is both running and just recorded was recorded: the writer does that first.
            let wasRecorded =
                header.head > 0 && record(header.head - 1, ring: index).start_ticks == header.running.start_ticks
            counters.running &+= UInt64(max(1, header.depth)) - (wasRecorded ? 1 : 0)
        }
        let header = file.header()
        counters.pollsUnrecorded = header.polls_unrecorded
        counters.jobsRefused = header.jobs_refused
        counters.stacksRefused = UInt64(header.stacks_refused)
        counters.ringsRefused = header.rings_refused
        counters.ringRefusalErrno = header.ring_refusal_errno
        let slots = file.values(
            pollscope_slot(), count: Int(min(header.slots_used, file.layout.slots.count)), at: file.layout.slots.offset)
        counters.enqueues = slots.reduce(header.enqueues_unslotted) { $0 &+ $1.enqueues }
        return counters
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
            collectorCPUNanoseconds: ProcessFiles.own.cpuNanoseconds ?? 0)
    }
}
