// Names of types, a chunk each time some are new.

import Sessions

enum TypeChunk {
    static func append(_ type: ObjectType, to out: inout ByteBuffer) {
        out.append(varint: type.id)
        out.append(text: type.name)
    }

    static func type(_ reader: inout PayloadReader) throws(MalformedPayload) -> ObjectType {
        ObjectType(id: try reader.varint(as: UInt16.self), name: try reader.text())
    }
}
