// Evidence that a test's session holds: records whose fields follow from their number, so that one that is torn can be
// told.

import CPollscopeLayout
import Sessions
import Synchronization

extension SyntheticSession {
    // MARK: Records

    static func call(number: UInt64, tid: UInt32) -> pollscope_call_record {
        var record = pollscope_call_record()
        record.sequence = UInt32(truncatingIfNeeded: number)
        record.kind = UInt8(POLLSCOPE_EVIDENCE_CALL.rawValue)
        record.poll_kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
        record.executor = UInt8(POLLSCOPE_EXECUTOR_MAIN.rawValue)
        record.poll_start_ticks = 10_000 + number * 100
        record.start_ticks = record.poll_start_ticks + number % 31
        record.duration_ticks = number % 67
        record.tid = tid
        record.task = UInt32(truncatingIfNeeded: number &* 2_654_435_761)
        record.error = Int32(number % 3)
        record.call = UInt16(1 + number % 100)
        record.object_kind = UInt8(POLLSCOPE_OBJECT_PATH.rawValue)
        write("/tmp/\(number)", to: &record)
        return record
    }

    static func write(_ text: String, to record: inout pollscope_call_record) {
        write(Array(text.utf8), to: &record)
    }

    static func write(_ bytes: [UInt8], to record: inout pollscope_call_record) {
        // Safe: writes no more than the tuple's own bytes.
        withUnsafeMutableBytes(of: &record.object) { object in
            for (index, byte) in bytes.prefix(object.count).enumerated() { object[index] = byte }
        }
        record.object_bytes = UInt8(bytes.count)
    }

    static func longPoll(number: UInt64, tid: UInt32) -> pollscope_long_poll_record {
        var record = pollscope_long_poll_record()
        record.sequence = UInt32(truncatingIfNeeded: number)
        record.kind = UInt8(POLLSCOPE_EVIDENCE_LONG_POLL.rawValue)
        record.poll_flags = UInt8(POLLSCOPE_POLL_FIRST.rawValue)
        record.poll_kind = UInt8(POLLSCOPE_RECORD_ACTOR.rawValue)
        record.executor = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)
        record.poll_start_ticks = 10_000 + number * 100
        record.duration_ticks = number % 97 + 1
        record.blocked_ticks = number % 13
        record.tid = tid
        record.task = UInt32(truncatingIfNeeded: number &* 2_654_435_761)
        record.calls = UInt32(number % 7)
        record.first_ticks = record.poll_start_ticks + 5
        record.first_cpu_ns = number * 3 + 1
        record.first_blocked_ticks = number % 11
        record.end_cpu_ns = number * 3 + 2
        return record
    }

    static func sample(number: UInt64, tid: UInt32) -> pollscope_sample_record {
        var record = pollscope_sample_record()
        record.sequence = number
        record.poll_start_ticks = 10_000 + number * 100
        record.at_ticks = record.poll_start_ticks + 20
        record.blocked_ticks = number % 17
        record.call_start_ticks = record.poll_start_ticks + 10
        record.cpu_ns = number * 7 + 1
        record.run_queue_ns = number * 5 + 1
        record.first_ticks = record.poll_start_ticks + 5
        record.first_cpu_ns = number * 7
        record.first_run_queue_ns = number * 5
        record.first_blocked_ticks = number % 5
        record.handler_ticks = number % 19
        record.minor_faults = UInt32(number % 1_000)
        record.major_faults = UInt32(number % 10)
        record.first_minor_faults = UInt32(number % 500)
        record.first_major_faults = UInt32(number % 5)
        record.tid = tid
        record.task = UInt32(truncatingIfNeeded: number &* 2_654_435_761)
        record.call = UInt16(1 + number % 100)
        record.poll_kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
        record.executor = UInt8(POLLSCOPE_EXECUTOR_MAIN.rawValue)
        record.system_call = Int32(number % 300)
        record.state = UInt8(ascii: "S")
        record.source = UInt8(POLLSCOPE_SAMPLE_CALL.rawValue)
        record.flags = UInt8(POLLSCOPE_SAMPLE_CUT.rawValue)
        record.poll_flags = UInt8(POLLSCOPE_POLL_FIRST.rawValue)
        record.frame_count = UInt32(number % UInt64(POLLSCOPE_SAMPLE_FRAMES_MAX + 1))
        // Safe: writes within the tuple's own elements.
        withUnsafeMutableBytes(of: &record.frames) { bytes in
            let frames = bytes.bindMemory(to: UInt64.self)
            for index in frames.indices { frames[index] = number &* 31 &+ UInt64(index) }
        }
        return record
    }

    // MARK: Writing

    /// Evidence records that the ring has seen.
    func evidence(_ ring: Int = 0) -> UInt64 { ringHeader(ring).pointee.evidence_head }

    func evidencePlace(_ ring: Int, _ number: UInt64) -> UnsafeMutableRawPointer {
        part(header.pointee.evidence_offset) + (ring * evidenceRecords + Int(number % UInt64(evidenceRecords))) * 128
    }

    func samplePlace(_ number: UInt64) -> UnsafeMutableRawPointer {
        part(header.pointee.samples.offset) + Int(number % UInt64(header.pointee.samples.count)) * 1024
    }

    func recordCall(ring: Int = 0, tid: UInt32 = 1, _ change: (inout pollscope_call_record) -> Void = { _ in }) {
        var record = Self.call(number: evidence(ring), tid: tid)
        change(&record)
        evidencePlace(ring, evidence(ring)).storeBytes(of: record, as: pollscope_call_record.self)
        publishEvidence(ring)
    }

    func recordLongPoll(
        ring: Int = 0, tid: UInt32 = 1, _ change: (inout pollscope_long_poll_record) -> Void = { _ in }
    ) {
        var record = Self.longPoll(number: evidence(ring), tid: tid)
        change(&record)
        evidencePlace(ring, evidence(ring)).storeBytes(of: record, as: pollscope_long_poll_record.self)
        publishEvidence(ring)
    }

    func recordSample(tid: UInt32 = 1, _ change: (inout pollscope_sample_record) -> Void = { _ in }) {
        let head = header.pointee.samples_head
        var record = Self.sample(number: head, tid: tid)
        change(&record)
        samplePlace(head).storeBytes(of: record, as: pollscope_sample_record.self)
        store(head + 1, at: \.samples_head, of: header)
    }

    /// As if the ring had seen so many evidence records already.
    func skipEvidence(to number: UInt64, ring: Int = 0) { ringHeader(ring).pointee.evidence_head = number }

    private func publishEvidence(_ ring: Int) {
        store(evidence(ring) + 1, at: \.evidence_head, of: ringHeader(ring))
        Synchronization.atomicMemoryFence(ordering: .releasing)  // the next record is not begun before
    }

    private func store<Part>(
        _ value: UInt64, at field: KeyPath<Part, UInt64>, of part: UnsafeMutablePointer<Part>
    ) {
        let offset = MemoryLayout<Part>.offset(of: field)!
        // Safe: the field is eight aligned bytes of the mapped file.
        (UnsafeMutableRawPointer(part) + offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee
            .store(value, ordering: .releasing)
    }
}

/// What a follower gave of evidence, held against what was written: nothing twice, torn or out of order, and what is
/// missing counted.
struct FollowedEvidence {
    private(set) var taken = 0
    private(set) var samplesTaken = 0
    private(set) var lost: UInt64 = 0
    private(set) var samplesLost: UInt64 = 0
    private(set) var faults: [String] = []
    private var next: [UInt32?: UInt64] = [:]

    mutating func add(_ evidence: Evidence) {
        taken += evidence.calls.count + evidence.longPolls.count
        samplesTaken += evidence.samples.count
        lost += evidence.recordsLost
        samplesLost += evidence.samplesLost
        for run in evidence.runs {
            if run.first != next[run.ring, default: 0] + run.lost + run.passedOver {
                fault("\(run) does not go on from \(next[run.ring, default: 0])")
            }
            next[run.ring] = run.first + run.count
        }
        for call in evidence.calls { expect(call == Self.expected(call), "\(call) is torn") }
        for poll in evidence.longPolls { expect(poll == Self.expected(poll), "\(poll) is torn") }
        for sample in evidence.samples { expect(sample == Self.expected(sample), "\(sample) is torn") }
    }

    /// The number of the record that a poll's start stands for.
    private static func number(_ context: PollContext) -> UInt64 { (context.poll.start.rawValue &- 10_000) / 100 }

    private static func expected(_ call: BlockingCall) -> BlockingCall {
        let number = number(call.context)
        let record = SyntheticSession.call(number: number, tid: call.context.poll.tid)
        return BlockingCall(
            context: PollContext(
                poll: PollIdentity(tid: record.tid, start: Ticks(record.poll_start_ticks)), stack: 0,
                task: record.task, kind: record.poll_kind, executor: record.executor, flags: 0),
            call: record.call, start: Ticks(record.start_ticks), durationTicks: record.duration_ticks,
            error: record.error, nativeStack: 0, isStackCut: false,
            object: CallObject(kind: record.object_kind, text: "/tmp/\(number)", isCut: false))
    }

    private static func expected(_ poll: LongPoll) -> LongPoll {
        let record = SyntheticSession.longPoll(number: number(poll.context), tid: poll.context.poll.tid)
        return LongPoll(
            context: PollContext(
                poll: PollIdentity(tid: record.tid, start: Ticks(record.poll_start_ticks)), stack: 0,
                task: record.task, kind: record.poll_kind, executor: record.executor, flags: record.poll_flags),
            durationTicks: record.duration_ticks, blockedTicks: record.blocked_ticks, calls: record.calls,
            first: ThreadReading(
                at: Ticks(record.first_ticks), cpuNanoseconds: record.first_cpu_ns, runQueueNanoseconds: nil,
                minorFaults: 0, majorFaults: 0, blockedTicks: record.first_blocked_ticks),
            endCPUNanoseconds: record.end_cpu_ns)
    }

    private static func expected(_ sample: PollSample) -> PollSample {
        let number = number(sample.context)
        let record = SyntheticSession.sample(number: number, tid: sample.context.poll.tid)
        return PollSample(
            context: PollContext(
                poll: PollIdentity(tid: record.tid, start: Ticks(record.poll_start_ticks)), stack: 0,
                task: record.task, kind: record.poll_kind, executor: record.executor, flags: record.poll_flags),
            ring: 0,
            reading: ThreadReading(
                at: Ticks(record.at_ticks), cpuNanoseconds: record.cpu_ns, runQueueNanoseconds: record.run_queue_ns,
                minorFaults: record.minor_faults, majorFaults: record.major_faults, blockedTicks: record.blocked_ticks),
            first: ThreadReading(
                at: Ticks(record.first_ticks), cpuNanoseconds: record.first_cpu_ns,
                runQueueNanoseconds: record.first_run_queue_ns == 0 ? nil : record.first_run_queue_ns,
                minorFaults: record.first_minor_faults, majorFaults: record.first_major_faults,
                blockedTicks: record.first_blocked_ticks),
            call: record.call, callStart: Ticks(record.call_start_ticks), systemCall: record.system_call,
            state: record.state, source: record.source, handlerTicks: record.handler_ticks,
            frames: (0..<UInt64(record.frame_count)).map { number &* 31 &+ $0 }, isCut: true, isApproximate: false)
    }

    private mutating func expect(_ isRight: Bool, _ text: @autoclosure () -> String) {
        if !isRight { fault(text()) }
    }

    private mutating func fault(_ text: String) {
        if faults.count < 10 { faults.append(text) }
    }
}
