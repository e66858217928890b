// Async stacks, a chunk each time some are new.

import Sessions

enum StackChunk {
    static func append(_ stack: AsyncStack, to out: inout ByteBuffer) {
        out.append(varint: stack.id)
        out.append(stack.kind)
        out.append(stack.isCut ? 1 : 0)
        out.append(varint: UInt64(stack.frames.count))
        for frame in stack.frames { out.append(fixed: frame) }
    }

    static func stack(_ reader: inout PayloadReader) throws(MalformedPayload) -> AsyncStack {
        let id = try reader.varint(as: UInt32.self)
        let kind = try reader.byte()
        let isCut = try reader.byte() != 0
        let count = try reader.count(bytesEach: 8)
        var frames: [UInt64] = []
        frames.reserveCapacity(count)
        for _ in 0..<count { frames.append(try reader.fixed64()) }
        return AsyncStack(id: id, kind: kind, isCut: isCut, frames: frames)
    }
}
