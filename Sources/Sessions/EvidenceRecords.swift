// Makes values of evidence records, whose bytes nobody vouches for.

import CPollscopeLayout

/// An evidence ring's record, of whichever kind.
enum EvidenceRecord {
    case call(BlockingCall)
    case longPoll(LongPoll)

    /// nil: no record at all, or one with another number.
    init?(_ record: pollscope_call_record, number: UInt64) {
        guard record.sequence == UInt32(truncatingIfNeeded: number) else { return nil }
        switch UInt32(record.kind) {
        case POLLSCOPE_EVIDENCE_CALL.rawValue: self = .call(BlockingCall(record))
        case POLLSCOPE_EVIDENCE_LONG_POLL.rawValue:
            // Safe: both records are 128 plain bytes; the kind said which of the two this is.
            self = .longPoll(
                LongPoll(withUnsafeBytes(of: record) { $0.loadUnaligned(as: pollscope_long_poll_record.self) }))
        default: return nil
        }
    }

    var poll: PollIdentity {
        switch self {
        case .call(let call): call.context.poll
        case .longPoll(let poll): poll.context.poll
        }
    }
}

extension BlockingCall {
    init(_ record: pollscope_call_record) {
        let isTextCut = UInt32(record.flags) & POLLSCOPE_CALL_OBJECT_CUT.rawValue != 0
        // Safe: reads within the tuple's own bytes.
        let text = withUnsafeBytes(of: record.object) {
            CallObject.text($0.prefix(Int(record.object_bytes)), isCut: isTextCut)
        }
        self.init(
            context: PollContext(
                poll: PollIdentity(tid: record.tid, start: Ticks(record.poll_start_ticks)), stack: record.poll_stack,
                task: record.task, kind: record.poll_kind, executor: record.executor, flags: 0),
            call: record.call, start: Ticks(record.start_ticks), durationTicks: record.duration_ticks,
            error: record.error, nativeStack: record.native_stack,
            isStackCut: UInt32(record.flags) & POLLSCOPE_CALL_STACK_CUT.rawValue != 0,
            object: CallObject(kind: record.object_kind, text: text, isCut: isTextCut))
    }
}

extension CallObject {
    /// What a service handed to a call, as text that can be shown.
    static func text(_ bytes: some Collection<UInt8>, isCut: Bool) -> String {
        // What is left of a character that was cut in two.
        let leading = isCut ? bytes.prefix(3).prefix { $0 & 0xC0 == 0x80 }.count : 0
        return PrintableText.text(bytes.dropFirst(leading))
    }
}

extension LongPoll {
    init(_ record: pollscope_long_poll_record) {
        self.init(
            context: PollContext(
                poll: PollIdentity(tid: record.tid, start: Ticks(record.poll_start_ticks)), stack: record.poll_stack,
                task: record.task, kind: record.poll_kind, executor: record.executor, flags: record.poll_flags),
            durationTicks: record.duration_ticks, blockedTicks: record.blocked_ticks, calls: record.calls,
            first: record.first_ticks == 0
                ? nil
                : ThreadReading(
                    at: Ticks(record.first_ticks), cpuNanoseconds: record.first_cpu_ns, runQueueNanoseconds: nil,
                    minorFaults: 0, majorFaults: 0, blockedTicks: record.first_blocked_ticks),
            endCPUNanoseconds: record.end_cpu_ns == 0 ? nil : record.end_cpu_ns)
    }
}

extension PollSample {
    /// nil: no record at all, or one with another number.
    init?(_ record: pollscope_sample_record, number: UInt64) {
        guard record.sequence == number, record.frame_count <= UInt32(POLLSCOPE_SAMPLE_FRAMES_MAX) else { return nil }
        // Safe: the tuple's elements are contiguous and of one plain type.
        let frames = withUnsafeBytes(of: record.frames) {
            Array($0.bindMemory(to: UInt64.self).prefix(Int(record.frame_count)))
        }
        // Every thread that was ever woken has waited a little: nothing at all means that the kernel would not say.
        func read(_ nanoseconds: UInt64) -> UInt64? { nanoseconds == 0 ? nil : nanoseconds }
        let isLetter = Unicode.Scalar(record.state).properties.isAlphabetic && record.state < 0x80
        self.init(
            context: PollContext(
                poll: PollIdentity(tid: record.tid, start: Ticks(record.poll_start_ticks)), stack: record.poll_stack,
                task: record.task, kind: record.poll_kind, executor: record.executor, flags: record.poll_flags),
            ring: record.ring,
            reading: ThreadReading(
                at: Ticks(record.at_ticks), cpuNanoseconds: record.cpu_ns,
                runQueueNanoseconds: read(record.run_queue_ns), minorFaults: record.minor_faults,
                majorFaults: record.major_faults, blockedTicks: record.blocked_ticks),
            first: record.first_ticks == 0
                ? nil
                : ThreadReading(
                    at: Ticks(record.first_ticks), cpuNanoseconds: record.first_cpu_ns,
                    runQueueNanoseconds: read(record.first_run_queue_ns), minorFaults: record.first_minor_faults,
                    majorFaults: record.first_major_faults, blockedTicks: record.first_blocked_ticks),
            call: record.call, callStart: record.call_start_ticks == 0 ? nil : Ticks(record.call_start_ticks),
            systemCall: record.system_call < 0 ? nil : record.system_call, state: isLetter ? record.state : 0,
            source: record.source, handlerTicks: record.handler_ticks, frames: frames,
            isCut: UInt32(record.flags) & POLLSCOPE_SAMPLE_CUT.rawValue != 0,
            isApproximate: UInt32(record.flags) & POLLSCOPE_SAMPLE_APPROXIMATE.rawValue != 0)
    }
}
