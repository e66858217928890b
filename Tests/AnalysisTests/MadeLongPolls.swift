// Long polls, samples and calls made for tests: milliseconds into a poll that starts at one second.

import CPollscopeLayout
import Sessions
import Symbols

@testable import Analysis

extension Made {
    static let ms: UInt64 = 1_000_000
    static let pollStart: UInt64 = 1_000_000_000

    static func context(
        stack: UInt32 = 1, tid: UInt32 = 100, start: UInt64 = pollStart,
        kind: pollscope_record_kind = POLLSCOPE_RECORD_TASK
    ) -> PollContext {
        PollContext(
            poll: PollIdentity(tid: tid, start: Ticks(start)), stack: stack, task: 1, kind: UInt8(kind.rawValue),
            executor: UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue), flags: 0)
    }

    /// All in milliseconds; the accounts of the thread begin with a hundred seconds before the poll.
    static func reading(
        at: UInt64, cpu: UInt64, queue: UInt64? = 0, blocked: UInt64 = 0, start: UInt64 = pollStart,
        majorFaults: UInt32 = 0
    ) -> ThreadReading {
        ThreadReading(
            at: Ticks(start + at * ms), cpuNanoseconds: 100_000_000_000 + cpu * ms,
            runQueueNanoseconds: queue.map { 100_000_000_000 + $0 * ms }, minorFaults: 0, majorFaults: majorFaults,
            blockedTicks: blocked * ms)
    }

    static func longPoll(
        _ duration: UInt64, blocked: UInt64 = 0, first: ThreadReading? = nil, endCPU: UInt64? = nil,
        context: PollContext = context()
    ) -> LongPoll {
        LongPoll(
            context: context, durationTicks: duration * ms, blockedTicks: blocked * ms, calls: 0, first: first,
            endCPUNanoseconds: endCPU.map { 100_000_000_000 + $0 * ms })
    }

    static func sample(
        at: UInt64, cpu: UInt64 = 0, queue: UInt64? = 0, blocked: UInt64 = 0, first: ThreadReading? = nil,
        state: Unicode.Scalar = "R", call: pollscope_call = POLLSCOPE_CALL_NONE, callStart: UInt64 = 0,
        systemCall: Int32? = nil, frames: [UInt64] = [0x20, 0x10], isCut: Bool = false,
        context: PollContext = context(), majorFaults: UInt32 = 0
    ) -> PollSample {
        let isInCall = call != POLLSCOPE_CALL_NONE
        return PollSample(
            context: context, ring: 0,
            reading: reading(
                at: at, cpu: cpu, queue: queue, blocked: blocked, start: context.poll.start.rawValue,
                majorFaults: majorFaults),
            first: first, call: UInt16(call.rawValue),
            callStart: isInCall ? Ticks(context.poll.start.rawValue + callStart * ms) : nil, systemCall: systemCall,
            state: UInt8(state.value), source: UInt8(POLLSCOPE_SAMPLE_SIGNAL.rawValue), handlerTicks: 7_000,
            frames: frames, isCut: isCut, isApproximate: false)
    }

    static func call(
        _ call: pollscope_call, _ duration: UInt64, error: Int32 = 0, nativeStack: UInt32 = 0,
        object: CallObject = CallObject(kind: 0, text: "", isCut: false), context: PollContext = context()
    ) -> BlockingCall {
        BlockingCall(
            context: context, call: UInt16(call.rawValue), start: context.poll.start, durationTicks: duration * ms,
            error: error, nativeStack: nativeStack, isStackCut: false, object: object)
    }

    static func object(_ text: String, _ kind: pollscope_object_kind = POLLSCOPE_OBJECT_FILE) -> CallObject {
        CallObject(kind: UInt8(kind.rawValue), text: text, isCut: false)
    }

    static func evidence(
        calls: [BlockingCall] = [], longPolls: [LongPoll] = [], samples: [PollSample] = []
    ) -> Evidence {
        var evidence = Evidence()
        evidence.calls = calls
        evidence.longPolls = longPolls
        evidence.samples = samples
        return evidence
    }

    /// What looks with this evidence come to.
    static func analysis(_ looks: [Evidence]) -> EvidenceAnalysis {
        var analysis = EvidenceAnalysis(calibration: calibration)
        for look in looks { analysis.add(look) }
        analysis.finish()
        return analysis
    }

    static func model(
        _ looks: [Evidence], facts: RecordingFacts = facts(), code: [UInt64: [SourceFrame]] = [:]
    ) -> ReportModel {
        ReportModel(
            facts: facts, analysis: PollAnalysis(calibration: calibration), evidence: analysis(looks),
            naming: Made.name, namingCode: { code[$0] ?? [] })
    }

    static func frame(
        _ function: String, _ line: Int? = nil, _ origin: CodeOrigin = .user, inlined: Bool = false,
        compilerMade: Bool = false, isInLoop: Bool? = nil
    ) -> SourceFrame {
        SourceFrame(
            function: function, file: line == nil ? nil : "/src/Some.swift", line: line, module: "main", origin: origin,
            isInlined: inlined, isCompilerMade: compilerMade, isInLoop: isInLoop, address: 0)
    }
}
