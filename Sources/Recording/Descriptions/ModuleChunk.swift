// Loaded modules, a chunk each time some are new.

import Sessions

enum ModuleChunk {
    static func append(_ module: LoadedModule, to out: inout ByteBuffer) {
        out.append(text: module.path)
        out.append(bytes: module.buildID)
        out.append(varint: module.loadBias)
        out.append(varint: module.start)
        out.append(varint: module.end)
    }

    static func module(_ reader: inout PayloadReader) throws(MalformedPayload) -> LoadedModule {
        LoadedModule(
            path: try reader.text(), buildID: try reader.byteArray(), loadBias: try reader.varint(),
            start: try reader.varint(), end: try reader.varint())
    }
}
