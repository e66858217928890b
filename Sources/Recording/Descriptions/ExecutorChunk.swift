// Executors, a chunk each time some are new: what the numbers in polls stand for.

import Sessions

enum ExecutorChunk {
    static func append(_ executor: ExecutorIdentity, to out: inout ByteBuffer) {
        out.append(executor.number)
        out.append(varint: executor.kind)
        out.append(varint: executor.type)
        out.append(text: executor.name)
        out.append(varint: executor.identity)
    }

    static func executor(_ reader: inout PayloadReader) throws(MalformedPayload) -> ExecutorIdentity {
        ExecutorIdentity(
            number: try reader.byte(), kind: try reader.varint(as: UInt32.self),
            type: try reader.varint(as: UInt16.self), name: try reader.text(), identity: try reader.varint())
    }
}
