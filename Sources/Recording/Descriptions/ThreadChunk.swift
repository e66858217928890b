// Threads that enqueued jobs, a chunk each time some are new: the names behind wakers.

import Sessions

enum ThreadChunk {
    static func append(_ thread: ThreadIdentity, to out: inout ByteBuffer) {
        out.append(varint: thread.tid)
        out.append(varint: thread.slot)
        out.append(varint: thread.claimed.rawValue)
        out.append(text: thread.name)
    }

    static func thread(_ reader: inout PayloadReader) throws(MalformedPayload) -> ThreadIdentity {
        ThreadIdentity(
            tid: try reader.varint(as: UInt32.self), slot: try reader.varint(as: UInt16.self),
            claimed: Ticks(try reader.varint()), name: try reader.text())
    }
}
