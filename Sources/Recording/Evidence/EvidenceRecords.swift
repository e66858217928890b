// How one call, long poll or sample is written: what goes with its poll first, times relative to the poll's start.
//
//   tag | poll, unless it is that of the last record of the same kind | the record's own fields
//
// Both directions stand side by side, because they have to agree field by field.

import Sessions

/// The first byte of a record: its kind, and flags that mean something else for each kind.
struct EvidenceTag {
    static let call: UInt8 = 0
    static let longPoll: UInt8 = 1
    static let sample: UInt8 = 2
    static let kindMask: UInt8 = 3

    /// The poll is that of the last record of the same kind.
    static let samePoll: UInt8 = 1 << 2
    static let isStackCut: UInt8 = 1 << 3
    static let isObjectCut: UInt8 = 1 << 4
    static let hasObject: UInt8 = 1 << 5
    static let isApproximate: UInt8 = 1 << 4
    static let hasFirst: UInt8 = 1 << 5
    static let hasCallStart: UInt8 = 1 << 6
    static let hasEndCPU: UInt8 = 1 << 6
    static let hasSystemCall: UInt8 = 1 << 7
}

/// What the records of a chunk refer back to: the same on both sides.
struct EvidenceHistory {
    /// The poll of the last record of each kind.
    var polls: [PollContext?] = [nil, nil, nil]
    /// Start of the last record's poll.
    var start = Ticks(0)
    var addresses = AddressList()
}

extension Ticks {
    // Wrapping: times of a damaged session are any numbers, and have to come back as they are.
    fileprivate func offset(from origin: Ticks) -> Int64 { Int64(bitPattern: rawValue &- origin.rawValue) }

    fileprivate init(_ offset: Int64, from origin: Ticks) {
        // Wrapping: the reverse of the above.
        self.init(origin.rawValue &+ UInt64(bitPattern: offset))
    }
}

// MARK: Polls

extension EvidenceHistory {
    /// Begins a record: tag and poll.
    mutating func begin(_ kind: UInt8, _ context: PollContext, flags: UInt8, to out: inout ByteBuffer) {
        let isSame = polls[Int(kind)] == context
        out.append(kind | flags | (isSame ? EvidenceTag.samePoll : 0))
        defer {
            polls[Int(kind)] = context
            start = context.poll.start
        }
        guard !isSame else { return }
        out.append(varint: context.poll.tid)
        out.append(signed: context.poll.start.offset(from: start))
        out.append(varint: context.stack)
        out.append(varint: context.task)
        for byte in [context.kind, context.executor, context.flags] { out.append(byte) }
    }

    /// The poll of a record whose tag is `tag`.
    mutating func poll(tag: UInt8, _ reader: inout PayloadReader) throws(MalformedPayload) -> PollContext {
        let kind = Int(tag & EvidenceTag.kindMask)
        guard kind < polls.count else { throw MalformedPayload() }
        let context: PollContext
        if tag & EvidenceTag.samePoll != 0 {
            guard let known = polls[kind] else { throw MalformedPayload() }
            context = known
        } else {
            let tid = try reader.varint(as: UInt32.self)
            let start = Ticks(try reader.signed(), from: start)
            context = PollContext(
                poll: PollIdentity(tid: tid, start: start), stack: try reader.varint(as: UInt32.self),
                task: try reader.varint(as: UInt32.self), kind: try reader.byte(), executor: try reader.byte(),
                flags: try reader.byte())
        }
        polls[kind] = context
        start = context.poll.start
        return context
    }
}

// MARK: Readings

extension ByteBuffer {
    fileprivate mutating func append(_ reading: ThreadReading, start: Ticks) {
        append(reading.runQueueNanoseconds == nil ? 0 : 1)
        append(signed: reading.at.offset(from: start))
        append(varint: reading.cpuNanoseconds)
        if let runQueue = reading.runQueueNanoseconds { append(varint: runQueue) }
        append(varint: reading.minorFaults)
        append(varint: reading.majorFaults)
        append(varint: reading.blockedTicks)
    }
}

extension PayloadReader {
    fileprivate mutating func reading(start: Ticks) throws(MalformedPayload) -> ThreadReading {
        let hasRunQueue = try byte() != 0
        let at = Ticks(try signed(), from: start)
        let cpu = try varint()
        let runQueue: UInt64? = hasRunQueue ? try varint() : nil
        return ThreadReading(
            at: at, cpuNanoseconds: cpu, runQueueNanoseconds: runQueue, minorFaults: try varint(as: UInt32.self),
            majorFaults: try varint(as: UInt32.self), blockedTicks: try varint())
    }
}

// MARK: Calls

extension EvidenceHistory {
    mutating func append(_ call: BlockingCall, to out: inout ByteBuffer) {
        let hasObject = call.object.kind != 0 || !call.object.text.isEmpty
        begin(
            EvidenceTag.call, call.context,
            flags: (call.isStackCut ? EvidenceTag.isStackCut : 0)
                | (call.object.isCut ? EvidenceTag.isObjectCut : 0) | (hasObject ? EvidenceTag.hasObject : 0),
            to: &out)
        out.append(signed: call.start.offset(from: call.context.poll.start))
        out.append(varint: call.durationTicks)
        out.append(varint: call.call)
        out.append(signed: Int64(call.error))
        out.append(varint: call.nativeStack)
        guard hasObject else { return }
        out.append(call.object.kind)
        out.append(text: call.object.text)
    }

    mutating func call(tag: UInt8, _ reader: inout PayloadReader) throws(MalformedPayload) -> BlockingCall {
        let context = try poll(tag: tag, &reader)
        let start = Ticks(try reader.signed(), from: context.poll.start)
        let duration = try reader.varint()
        let number = try reader.varint(as: UInt16.self)
        guard let error = Int32(exactly: try reader.signed()) else { throw MalformedPayload() }
        let nativeStack = try reader.varint(as: UInt32.self)
        var object = CallObject(kind: 0, text: "", isCut: tag & EvidenceTag.isObjectCut != 0)
        if tag & EvidenceTag.hasObject != 0 {
            object.kind = try reader.byte()
            object.text = try reader.text()
        }
        return BlockingCall(
            context: context, call: number, start: start, durationTicks: duration, error: error,
            nativeStack: nativeStack, isStackCut: tag & EvidenceTag.isStackCut != 0, object: object)
    }
}

// MARK: Long polls

extension EvidenceHistory {
    mutating func append(_ poll: LongPoll, to out: inout ByteBuffer) {
        begin(
            EvidenceTag.longPoll, poll.context,
            flags: (poll.first == nil ? 0 : EvidenceTag.hasFirst)
                | (poll.endCPUNanoseconds == nil ? 0 : EvidenceTag.hasEndCPU), to: &out)
        out.append(varint: poll.durationTicks)
        out.append(varint: poll.blockedTicks)
        out.append(varint: poll.calls)
        if let first = poll.first { out.append(first, start: poll.context.poll.start) }
        if let cpu = poll.endCPUNanoseconds { out.append(varint: cpu) }
    }

    mutating func longPoll(tag: UInt8, _ reader: inout PayloadReader) throws(MalformedPayload) -> LongPoll {
        let context = try poll(tag: tag, &reader)
        let duration = try reader.varint()
        let blocked = try reader.varint()
        let calls = try reader.varint(as: UInt32.self)
        let first = tag & EvidenceTag.hasFirst == 0 ? nil : try reader.reading(start: context.poll.start)
        let endCPU: UInt64? = tag & EvidenceTag.hasEndCPU == 0 ? nil : try reader.varint()
        return LongPoll(
            context: context, durationTicks: duration, blockedTicks: blocked, calls: calls, first: first,
            endCPUNanoseconds: endCPU)
    }
}

// MARK: Samples

extension EvidenceHistory {
    mutating func append(_ sample: PollSample, to out: inout ByteBuffer) {
        let start = sample.context.poll.start
        begin(
            EvidenceTag.sample, sample.context,
            flags: (sample.isCut ? EvidenceTag.isStackCut : 0)
                | (sample.isApproximate ? EvidenceTag.isApproximate : 0)
                | (sample.first == nil ? 0 : EvidenceTag.hasFirst)
                | (sample.callStart == nil ? 0 : EvidenceTag.hasCallStart)
                | (sample.systemCall == nil ? 0 : EvidenceTag.hasSystemCall), to: &out)
        out.append(varint: sample.ring)
        out.append(sample.reading, start: start)
        if let first = sample.first { out.append(first, start: start) }
        out.append(varint: sample.call)
        if let callStart = sample.callStart { out.append(signed: callStart.offset(from: start)) }
        if let systemCall = sample.systemCall { out.append(signed: Int64(systemCall)) }
        out.append(sample.state)
        out.append(sample.source)
        out.append(varint: sample.handlerTicks)
        addresses.append(Array(sample.frames.prefix(RecordingLimits.sampleFrames)), to: &out)
    }

    mutating func sample(tag: UInt8, _ reader: inout PayloadReader) throws(MalformedPayload) -> PollSample {
        let context = try poll(tag: tag, &reader)
        let ring = try reader.varint(as: UInt32.self)
        let reading = try reader.reading(start: context.poll.start)
        let first = tag & EvidenceTag.hasFirst == 0 ? nil : try reader.reading(start: context.poll.start)
        let call = try reader.varint(as: UInt16.self)
        var callStart: Ticks?
        if tag & EvidenceTag.hasCallStart != 0 { callStart = Ticks(try reader.signed(), from: context.poll.start) }
        var systemCall: Int32?
        if tag & EvidenceTag.hasSystemCall != 0 {
            guard let number = Int32(exactly: try reader.signed()) else { throw MalformedPayload() }
            systemCall = number
        }
        return PollSample(
            context: context, ring: ring, reading: reading, first: first, call: call, callStart: callStart,
            systemCall: systemCall, state: try reader.byte(), source: try reader.byte(),
            handlerTicks: try reader.varint(), frames: try addresses.frames(&reader),
            isCut: tag & EvidenceTag.isStackCut != 0, isApproximate: tag & EvidenceTag.isApproximate != 0)
    }
}
