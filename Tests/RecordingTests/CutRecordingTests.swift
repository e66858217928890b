// A recording that was cut is read up to the cut.

import Recording
import Sessions
import Testing

struct CutRecordingTests {
    @Test func aCutAtAnyByteLeavesAPrefix() throws {
        let whole = try Sample.small()
        let all = Sample.decode(try RecordingReader(bytes: whole)).events
        let evidence = SampleEvidence.read(try RecordingReader(bytes: whole)).evidence
        #expect(all.count > 150)
        let polls = try RecordingReader(bytes: whole).totals.polls
        #expect(evidence.calls.count == 8)
        let allocations = SampleAllocations.read(try RecordingReader(bytes: whole)).evidence
        #expect(allocations.samples.count == 8)
        let events = SampleEvents.read(try RecordingReader(bytes: whole)).records
        #expect(events.count == 36)
        var longest = 0
        for count in 0..<whole.count {
            do throws(RecordingError) {
                let reader = try RecordingReader(bytes: Array(whole.prefix(count)))
                #expect(reader.damage?.cutAtByte == UInt64(count))
                #expect(reader.damage?.description.isEmpty == false)
                let decoded = Sample.decode(reader)
                #expect(decoded.errors.isEmpty, "cut at \(count)")
                #expect(all.starts(with: decoded.events), "cut at \(count)")
                #expect(reader.totals.polls <= polls)
                #expect(decoded.events.count >= longest, "a later cut leaves no less")
                let read = SampleEvidence.read(reader)
                #expect(read.error == nil, "cut at \(count)")
                #expect(evidence.calls.starts(with: read.evidence.calls), "cut at \(count)")
                #expect(evidence.samples.starts(with: read.evidence.samples), "cut at \(count)")
                let readAllocations = SampleAllocations.read(reader)
                #expect(readAllocations.error == nil, "cut at \(count)")
                #expect(allocations.samples.starts(with: readAllocations.evidence.samples), "cut at \(count)")
                #expect(allocations.frees.starts(with: readAllocations.evidence.frees), "cut at \(count)")
                #expect(allocations.timings.starts(with: readAllocations.evidence.timings), "cut at \(count)")
                let readEvents = SampleEvents.read(reader)
                #expect(readEvents.error == nil, "cut at \(count)")
                #expect(events.starts(with: readEvents.records), "cut at \(count)")
                longest = decoded.events.count
            } catch {
                let expected: RecordingError.Code = count == 0 ? .empty : .damaged
                #expect(error.code == expected, "cut at \(count): \(error)")
                #expect(longest == 0)
            }
        }
        #expect(longest == all.count, "all polls are there before the end mark is")
    }

    @Test func theStackOfACallIsThereWhereverTheRecordingIsCut() throws {
        var polls = RealisticPolls(seed: 7, threads: 1)
        let whole = try Sample.recording { writer in
            for round in 0..<3 {
                let look = SampleEvidence.look(round)
                try writer.write(
                    stacks: look.calls.map {
                        AsyncStack(id: $0.nativeStack, kind: 4, isCut: false, frames: [UInt64($0.nativeStack)])
                    })
                try writer.write(evidence: look)
                try writer.write(polls.batch(thread: 0, count: 20))
                try writer.flush()
            }
        }
        var calls = 0
        for count in 200..<whole.count {
            let reader = try RecordingReader(bytes: Array(whole.prefix(count)))
            let read = SampleEvidence.read(reader).evidence
            #expect(read.calls.allSatisfy { reader.stacks[$0.nativeStack] != nil }, "cut at \(count)")
            #expect(reader.totals.polls == 0 || read.calls.count >= 6, "its evidence comes before a poll")
            calls = max(calls, read.calls.count)
        }
        #expect(calls == 18)
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
