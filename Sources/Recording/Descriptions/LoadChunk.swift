// How much there was to do, moment by moment, a chunk about once a second.

import Sessions

enum LoadChunk {
    /// Each moment as its difference to the one before.
    static func append(_ moments: [LoadMoment], to out: inout ByteBuffer) {
        let moments = moments.prefix(RecordingLimits.loadMoments)
        out.append(varint: UInt64(moments.count))
        var last = LoadMoment(at: Ticks(0), created: 0, ended: 0, pending: 0)
        for moment in moments {
            // Wrapping: the reader adds them up likewise.
            out.append(varint: moment.at.rawValue &- last.at.rawValue)
            out.append(varint: moment.created &- last.created)
            out.append(varint: moment.ended &- last.ended)
            out.append(varint: moment.pending)
            last = moment
        }
    }

    static func moments(_ reader: inout PayloadReader) throws(MalformedPayload) -> [LoadMoment] {
        var moments: [LoadMoment] = []
        var last = LoadMoment(at: Ticks(0), created: 0, ended: 0, pending: 0)
        for _ in 0..<(try reader.count(bytesEach: 4, atMost: RecordingLimits.loadMoments)) {
            last = LoadMoment(
                at: Ticks(last.at.rawValue &+ (try reader.varint())), created: last.created &+ (try reader.varint()),
                ended: last.ended &+ (try reader.varint()), pending: try reader.varint())
            moments.append(last)
        }
        return moments
    }
}
