// A recording that was cut is read up to the cut.

import Recording
import Testing

struct CutRecordingTests {
    @Test func aCutAtAnyByteLeavesAPrefix() throws {
        let whole = try Sample.small()
        let all = Sample.decode(try RecordingReader(bytes: whole)).events
        #expect(all.count > 150)
        var longest = 0
        for count in 0..<whole.count {
            do throws(RecordingError) {
                let reader = try RecordingReader(bytes: Array(whole.prefix(count)))
                #expect(reader.damage?.cutAtByte == UInt64(count))
                #expect(reader.damage?.description.isEmpty == false)
                let decoded = Sample.decode(reader)
                #expect(decoded.errors.isEmpty, "cut at \(count)")
                #expect(all.starts(with: decoded.events), "cut at \(count)")
                #expect(reader.totals.polls <= 164)
                #expect(decoded.events.count >= longest, "a later cut leaves no less")
                longest = decoded.events.count
            } catch {
                let expected: RecordingError.Code = count == 0 ? .empty : .damaged
                #expect(error.code == expected, "cut at \(count): \(error)")
                #expect(longest == 0)
            }
        }
        #expect(longest == all.count, "all polls are there before the end mark is")
    }

    @Test func aWriterThatWasKilledLeavesWhatItFlushed() throws {
        let killed = try RecordingReader(bytes: try Sample.small(finished: false))
        let whole = try RecordingReader(bytes: try Sample.small())
        #expect(Sample.decode(killed).events == Sample.decode(whole).events)
        #expect(killed.damage?.missingBytes == 0)
        #expect(killed.unfinished.map(\.ring) == whole.unfinished.map(\.ring))
        #expect(killed.unfinished.count == 1)
    }

    @Test func theCutTellsHowManyPollsWentWithIt() throws {
        let bytes = try Sample.small()
        let last = try #require(try RecordingReader(bytes: bytes).pollChunks.last)
        let cut = Array(bytes.prefix(Int(last.offset) + last.byteCount - 1))
        let damage = try #require(try RecordingReader(bytes: cut).damage)
        #expect(damage.missingPolls == UInt64(last.polls))
        #expect(damage.missingBytes == UInt64(last.byteCount - 1))
    }
}
