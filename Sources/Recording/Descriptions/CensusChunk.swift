// What the live tasks were when there were more of them than before, a chunk each time.

import Sessions

enum CensusChunk {
    static func append(_ census: TaskCensus, to out: inout ByteBuffer) {
        out.append(varint: census.at.rawValue)
        out.append(varint: census.live)
        out.append(varint: census.tracked)
        let groups = census.groups.prefix(TaskCensus.groupsMax)
        out.append(varint: UInt64(groups.count))
        for group in groups {
            out.append(varint: group.startStack)
            out.append(varint: group.spawnStack)
            out.append(varint: group.tasks)
        }
    }

    static func census(_ reader: inout PayloadReader) throws(MalformedPayload) -> TaskCensus {
        let at = Ticks(try reader.varint())
        let (live, tracked) = (try reader.varint(), try reader.varint())
        var groups: [TaskCensus.Group] = []
        for _ in 0..<(try reader.count(bytesEach: 3, atMost: TaskCensus.groupsMax)) {
            groups.append(
                TaskCensus.Group(
                    startStack: try reader.varint(as: UInt32.self), spawnStack: try reader.varint(as: UInt32.self),
                    tasks: try reader.varint()))
        }
        return TaskCensus(at: at, live: live, tracked: tracked, groups: groups)
    }
}
