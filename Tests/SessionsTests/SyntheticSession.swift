// A session file written by a test: as a process would write it, record by record, in the order of the protocol.

import CPollscopeLayout
import Foundation
import Glibc
import Sessions
import Synchronization
import TestSupport

final class SyntheticSession {
    let path: String
    let ringRecords: Int
    let evidenceRecords: Int
    let eventRecords: Int
    let byteCount: Int
    private let base: UnsafeMutableRawPointer
    /// Records written to each ring, and how many of them say who owns it.
    private var heads: [UInt64]
    private var threadRecords: [UInt64]
    private var stacksMade = 0
    private var framesMade = 0

    var header: UnsafeMutablePointer<pollscope_header> { base.assumingMemoryBound(to: pollscope_header.self) }

    init(
        in folder: TestFolder, name: String? = nil, processID: Int32 = getpid(),
        processStart: UInt64 = ProcessFiles.own.start ?? 0, rings: Int = 2, ringRecords: Int = 64,
        evidenceRecords: Int = 16, samples: Int = 8,
        allocations: Int = 32, eventRecords: Int = 16
    ) throws {
        self.ringRecords = ringRecords
        self.evidenceRecords = evidenceRecords
        self.eventRecords = eventRecords
        path = folder.file(name ?? "\(processID)-\(processStart).session")
        heads = Array(repeating: 0, count: rings)
        threadRecords = heads

        var plan = pollscope_header()
        var end = UInt64(POLLSCOPE_HEADER_BYTES)
        func place(_ count: Int, _ entryBytes: Int) -> pollscope_section {
            let section = pollscope_section(offset: end, count: UInt32(count), entry_bytes: UInt32(entryBytes))
            end += UInt64(count * entryBytes)
            return section
        }
        plan.modules = place(4, MemoryLayout<pollscope_module>.stride)
        plan.strings = place(1024, 1)
        plan.slots = place(16, MemoryLayout<pollscope_slot>.stride)
        plan.stacks = place(32, MemoryLayout<pollscope_stack>.stride)
        plan.frames = place(128, 8)
        plan.samples = place(samples, MemoryLayout<pollscope_sample_record>.stride)
        plan.allocations = place(allocations, MemoryLayout<pollscope_allocation_record>.stride)
        plan.types = place(16, MemoryLayout<pollscope_type>.stride)
        plan.type_names = place(1024, 1)
        plan.executors = place(8, MemoryLayout<pollscope_executor_entry>.stride)
        plan.tasks = place(16, MemoryLayout<pollscope_task_entry>.stride)
        plan.request_names = place(8, MemoryLayout<pollscope_request_name>.stride)
        plan.name_texts = place(512, 1)
        plan.pools = place(4, MemoryLayout<pollscope_pool_entry>.stride)
        plan.ring_headers = place(rings, MemoryLayout<pollscope_ring_header>.stride)
        plan.evidence_offset = end
        plan.evidence_records = UInt32(evidenceRecords)
        end += UInt64(rings * evidenceRecords * MemoryLayout<pollscope_call_record>.stride)
        plan.events_offset = end
        plan.events_records = UInt32(eventRecords)
        end += UInt64(rings * eventRecords * MemoryLayout<pollscope_event_record>.stride)
        plan.rings_offset = end
        byteCount = Int(end) + rings * ringRecords * 64
        plan.layout_version = POLLSCOPE_LAYOUT_VERSION
        plan.header_bytes = UInt32(POLLSCOPE_HEADER_BYTES)
        plan.state = POLLSCOPE_SESSION_RUNNING.rawValue
        plan.pid = UInt32(bitPattern: processID)
        plan.process_start = processStart
        plan.pid_namespace = ProcessFiles.ownPidNamespace
        plan.uid = geteuid()
        plan.clock = POLLSCOPE_CLOCK_MONOTONIC.rawValue
        plan.nominal_hz = 1_000_000_000
        plan.anchor_first = pollscope_anchor(ticks: 1_000, monotonic_ns: 1_000)
        plan.anchor_last = pollscope_anchor(ticks: 2_000_000_000, monotonic_ns: 2_000_000_000)
        plan.processors = 2
        plan.ring_records = UInt32(ringRecords)
        plan.rings_limit = UInt32(rings)
        plan.magic = POLLSCOPE_MAGIC

        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0, ftruncate(descriptor, off_t(byteCount)) == 0,
            let map = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), map != MAP_FAILED
        else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        close(descriptor)
        base = map
        header.pointee = plan
        header.pointee.executable_bytes = write("/srv/quotes", at: 0)
        header.pointee.executable_offset = 0
    }

    deinit { munmap(base, byteCount) }

    /// All bytes, as they are now.
    var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: base, count: byteCount)) }

    /// Where a part of the file is in memory.
    func part(_ offset: UInt64) -> UnsafeMutableRawPointer { base + Int(offset) }

    func file() throws -> SessionFile { try SessionFile(path: path) }

    private func write(_ text: String, at offset: Int) -> UInt32 {
        let bytes = Array(text.utf8)
        // Safe: the texts of tests are shorter than the section.
        (base + Int(header.pointee.strings.offset) + offset).copyMemory(from: bytes, byteCount: bytes.count)
        header.pointee.strings_used = max(header.pointee.strings_used, UInt32(offset + bytes.count))
        return UInt32(bytes.count)
    }

    // MARK: Threads

    private func entry<T>(_ section: pollscope_section, _ index: Int, as type: T.Type) -> UnsafeMutablePointer<T> {
        precondition(index >= 0 && index < Int(section.count))
        return (base + Int(section.offset) + index * Int(section.entry_bytes)).assumingMemoryBound(to: type)
    }

    func slot(_ index: Int) -> UnsafeMutablePointer<pollscope_slot> {
        entry(header.pointee.slots, index, as: pollscope_slot.self)
    }

    func ringHeader(_ index: Int) -> UnsafeMutablePointer<pollscope_ring_header> {
        entry(header.pointee.ring_headers, index, as: pollscope_ring_header.self)
    }

    private func head(_ ring: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        UnsafeMutableRawPointer(ringHeader(ring)).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    func recordPlace(_ ring: Int, _ number: UInt64) -> UnsafeMutableRawPointer {
        base + Int(header.pointee.rings_offset) + (ring * ringRecords + Int(number % UInt64(ringRecords))) * 64
    }

    /// A thread takes a slot.
    func claimSlot(_ index: Int, tid: UInt32, claimed: UInt64, name: String) {
        let slot = slot(index)
        slot.pointee.claimed_ticks = claimed
        slot.pointee.generation += 1
        Self.fill(&slot.pointee.name, name)
        slot.pointee.tid = tid
        header.pointee.slots_used = max(header.pointee.slots_used, UInt32(index + 1))
    }

    /// A thread takes a slot and a ring: the ring's next record says so.
    func claim(ring: Int, slot index: Int, tid: UInt32, claimed: UInt64, name: String = "worker") {
        claimSlot(index, tid: tid, claimed: claimed, name: name)
        let ringHeader = ringHeader(ring)
        ringHeader.pointee.owner = UInt32.max
        ringHeader.pointee.slot = UInt16(index)
        var record = pollscope_thread_record()
        record.sequence = UInt32(truncatingIfNeeded: heads[ring] - threadRecords[ring])
        record.kind = UInt8(POLLSCOPE_RECORD_THREAD.rawValue)
        record.claimed_ticks = claimed
        record.tid = tid
        record.slot = UInt16(index)
        Self.fill(&record.name, name)
        recordPlace(ring, heads[ring]).storeBytes(of: record, as: pollscope_thread_record.self)
        threadRecords[ring] += 1
        ringHeader.pointee.thread_records = threadRecords[ring]
        publish(ring)
        ringHeader.pointee.owner = tid
        header.pointee.rings_used = max(header.pointee.rings_used, UInt32(ring + 1))
    }

    /// A thread ends.
    func giveBack(ring: Int) {
        let slotIndex = Int(ringHeader(ring).pointee.slot)
        ringHeader(ring).pointee.running.start_ticks = 0
        ringHeader(ring).pointee.owner = 0
        slot(slotIndex).pointee.tid = 0
    }

    // MARK: Polls

    /// A poll whose fields follow from its number, so that one that is torn can be told.
    static func poll(number: UInt64, ring: Int) -> pollscope_poll_record {
        var poll = pollscope_poll_record()
        poll.sequence = UInt32(truncatingIfNeeded: number)
        poll.kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
        poll.executor = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)
        poll.start_ticks = 10_000 + number * 100
        poll.duration_ticks = number % 97 + 1
        poll.wait_ticks = number % 89
        poll.task = UInt32(truncatingIfNeeded: number &* 2_654_435_761)
        poll.waker = UInt16(POLLSCOPE_NO_SLOT)
        pollscope_poll_set_allocations(
            &poll, UInt32(truncatingIfNeeded: number), number &* 1_000, UInt32(truncatingIfNeeded: ~number))
        poll.blocked_ticks = UInt64(ring)
        return poll
    }

    /// Polls that the ring has recorded so far.
    func polls(_ ring: Int = 0) -> UInt64 { heads[ring] - threadRecords[ring] }

    func recordPoll(ring: Int = 0, stack: UInt32 = 0) { record(ring: ring) { $0.stack = stack } }

    /// The ring's next record: a poll, or what `change` makes of it.
    func record(ring: Int = 0, _ change: (inout pollscope_poll_record) -> Void) {
        var poll = Self.poll(number: polls(ring), ring: ring)
        change(&poll)
        recordPlace(ring, heads[ring]).storeBytes(of: poll, as: pollscope_poll_record.self)
        publish(ring)
    }

    func recordPolls(_ count: Int, ring: Int = 0) {
        for _ in 0..<count { recordPoll(ring: ring) }
    }

    /// As if the ring had recorded so many polls already.
    func skip(to polls: UInt64, ring: Int) {
        heads[ring] = polls + threadRecords[ring]
        head(ring).pointee.store(heads[ring], ordering: .releasing)
    }

    private func publish(_ ring: Int) {
        heads[ring] += 1
        head(ring).pointee.store(heads[ring], ordering: .releasing)
    }

    // MARK: Stacks

    /// Claims an entry of the table of stacks. Its number; it is not published yet.
    func claimStack() -> UInt32 {
        stacksMade += 1
        entry(header.pointee.stacks, stacksMade - 1, as: pollscope_stack.self).pointee.hash = UInt64(stacksMade) << 32
        return UInt32(stacksMade)
    }

    func publishStack(_ id: UInt32, frames: [UInt64], kind: UInt64 = 1, isCut: Bool = false) {
        for (index, frame) in frames.enumerated() {
            entry(header.pointee.frames, framesMade + index, as: UInt64.self).pointee = frame
        }
        entry(header.pointee.stacks, Int(id) - 1, as: pollscope_stack.self).pointee.where =
            UInt64(framesMade) | UInt64(frames.count) << 32 | kind << 48 | (isCut ? 1 << 56 : 0) | 1 << 63
        framesMade += frames.count
    }

    static func fill<Bytes>(_ bytes: inout Bytes, _ text: String) {
        // Safe: writes no more than the tuple's own bytes.
        withUnsafeMutableBytes(of: &bytes) { bytes in
            for index in bytes.indices { bytes[index] = 0 }
            for (index, byte) in text.utf8.prefix(bytes.count).enumerated() { bytes[index] = byte }
        }
    }
}

extension SessionFollower {
    /// A look when the session's clock stands at 100,000.
    func look() -> SessionLook { look(now: Ticks(100_000)) }
}
