// What requests are called, a chunk each time some names are new.

import Sessions

enum RequestNameChunk {
    static func append(_ name: RequestName, to out: inout ByteBuffer) {
        out.append(varint: name.number)
        out.append(name.isCut ? 1 : 0)
        out.append(text: name.text)
    }

    static func name(_ reader: inout PayloadReader) throws(MalformedPayload) -> RequestName {
        let number = try reader.varint(as: UInt32.self)
        let isCut = try reader.byte() != 0
        return RequestName(number: number, text: try reader.text(), isCut: isCut)
    }
}
