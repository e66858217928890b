// What a chunk of polls says before its columns: how many polls, of which threads, what was lost, what still
// ran.

import CPollscopeLayout
import Sessions

/// The front of a chunk of polls. It is all a reader needs to know which threads there are, what was running
/// when a recording was cut, and which chunks matter for a stretch of time.
///
/// A chunk names its threads itself, and refers to no other chunk: a damaged one takes nothing else with it.
struct PollChunkFront {
    struct Batch {
        var thread: ThreadIdentity
        var ring: UInt32
        var firstSequence: UInt64
        var lost: UInt64
        var count: Int
        /// Start of the batch's first poll; 0 without one.
        var firstStart: UInt64
        var running: pollscope_poll_record?
    }

    var polls: Int
    var minStart: UInt64
    var maxEnd: UInt64
    var batches: [Batch]

    var lost: UInt64 { batches.reduce(0) { $0 &+ $1.lost } }
}

extension PollChunkFront {
    /// Times are relative to `minStart`, wrapping, to save bytes.
    func append(to out: inout ByteBuffer) {
        out.append(varint: UInt64(polls))
        out.append(varint: minStart)
        out.append(varint: maxEnd &- minStart)
        out.append(varint: UInt64(batches.count))
        for batch in batches {
            out.append(varint: batch.ring)
            out.append(varint: batch.thread.tid)
            out.append(varint: batch.thread.slot)
            out.append(signed: Int64(bitPattern: batch.thread.claimed.rawValue &- minStart))
            out.append(text: batch.thread.name)
            out.append(varint: batch.firstSequence)
            out.append(varint: batch.lost)
            out.append(varint: UInt64(batch.count))
            if batch.count > 0 { out.append(varint: batch.firstStart &- minStart) }
            out.append(batch.running == nil ? 0 : 1)
            if let running = batch.running { Self.append(running, relativeTo: minStart, to: &out) }
        }
    }

    init(_ reader: inout PayloadReader, of format: RecordingFormat) throws(MalformedPayload) {
        polls = try reader.varint(as: Int.self)
        guard polls <= RecordingLimits.chunkPolls else { throw MalformedPayload() }
        minStart = try reader.varint()
        maxEnd = minStart &+ (try reader.varint())
        let count = try reader.count(bytesEach: 9, atMost: RecordingLimits.chunkBatches)  // nine fields
        batches = []
        batches.reserveCapacity(count)
        var total = 0
        for _ in 0..<count {
            let batch = try Self.batch(&reader, of: format, minStart: minStart)
            guard batch.count <= polls - total else { throw MalformedPayload() }
            total += batch.count
            batches.append(batch)
        }
        guard total == polls else { throw MalformedPayload() }
    }

    private static func batch(
        _ reader: inout PayloadReader, of format: RecordingFormat, minStart: UInt64
    ) throws(MalformedPayload) -> Batch {
        let ring = try reader.varint(as: UInt32.self)
        let tid = try reader.varint(as: UInt32.self)
        let slot = try reader.varint(as: UInt16.self)
        let claimed = minStart &+ UInt64(bitPattern: try reader.signed())
        let name = try reader.text()
        let firstSequence = try reader.varint()
        let lost = try reader.varint()
        let count = try reader.varint(as: Int.self)
        let firstStart = count > 0 ? minStart &+ (try reader.varint()) : 0
        let running = try reader.byte() == 0 ? nil : try poll(&reader, of: format, relativeTo: minStart)
        return Batch(
            thread: ThreadIdentity(tid: tid, slot: slot, claimed: Ticks(claimed), name: name), ring: ring,
            firstSequence: firstSequence, lost: lost, count: count, firstStart: firstStart, running: running)
    }

    /// One poll by itself, without its sequence number: a running poll has none.
    private static func append(
        _ poll: pollscope_poll_record, relativeTo minStart: UInt64, to out: inout ByteBuffer
    ) {
        for byte in [poll.kind, poll.executor, poll.priority, poll.flags] { out.append(byte) }
        out.append(signed: Int64(bitPattern: poll.start_ticks &- minStart))
        out.append(varint: poll.duration_ticks)
        out.append(varint: poll.wait_ticks)
        out.append(varint: poll.task)
        out.append(varint: poll.stack)
        out.append(varint: poll.waker)
        out.append(varint: poll.allocations)
        out.append(varint: poll.allocatedBytes)
        out.append(varint: poll.blocked_ticks)
        out.append(varint: poll.frees)
    }

    private static func poll(
        _ reader: inout PayloadReader, of format: RecordingFormat, relativeTo minStart: UInt64
    ) throws(MalformedPayload) -> pollscope_poll_record {
        var poll = pollscope_poll_record()
        poll.kind = try reader.byte()
        poll.executor = try reader.byte()
        poll.priority = try reader.byte()
        poll.flags = try reader.byte()
        poll.start_ticks = minStart &+ UInt64(bitPattern: try reader.signed())
        poll.duration_ticks = try reader.varint()
        poll.wait_ticks = try reader.varint()
        poll.task = try reader.varint(as: UInt32.self)
        poll.stack = try reader.varint(as: UInt32.self)
        poll.waker = try reader.varint(as: UInt16.self)
        let allocations = try reader.varint(as: UInt32.self)
        let allocatedBytes = try reader.varint()
        poll.blocked_ticks = try reader.varint()
        let frees = format.hasFrees ? try reader.varint(as: UInt32.self) : 0
        pollscope_poll_set_allocations(&poll, allocations, allocatedBytes, frees)
        return poll
    }
}
