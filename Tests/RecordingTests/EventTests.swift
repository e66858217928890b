// What a service told of requests and pools comes back as it was written, and takes little room.

import CPollscopeLayout
import Sessions
import Testing

@testable import Recording

struct EventTests {
    @Test func whatAServiceLeavesComesBack() throws {
        let looks = (0..<20).map { SampleEvents.look($0) }
        let bytes = try Sample.recording { writer in
            for look in looks { try writer.write(events: look) }
        }
        let reader = try RecordingReader(bytes: bytes)
        let read = SampleEvents.read(reader)
        #expect(read.error == nil)
        #expect(read.records == looks.flatMap(\.records).map(SampleEvents.Fields.init))
        #expect(read.lost == 12)
        #expect(reader.damage == nil)
        #expect(reader.totals.events == 320)
        #expect(reader.totals.eventsLost == 12)
        #expect(reader.eventChunks.map(\.count) == [320], "looks between two flushes share a chunk")
    }

    @Test(arguments: 0..<60)
    func anyValueInAnyFieldComesBack(seed: UInt64) throws {
        var world = EventWorld(random: SplitMix64(seed: seed))
        let looks = (0..<20).map { _ in world.events() }
        let bytes = try Sample.recording { writer in
            for (index, look) in looks.enumerated() {
                try writer.write(events: look)
                if index % 3 == 0 { try writer.flush() }
            }
        }
        let reader = try RecordingReader(bytes: bytes)
        let read = SampleEvents.read(reader)
        #expect(read.error == nil)
        #expect(read.records == looks.flatMap(\.records).map(SampleEvents.Fields.init))
        #expect(read.lost == looks.reduce(0) { $0 &+ $1.recordsLost })
        #expect(reader.damage == nil)
    }

    @Test func runsThatGoOnAreOneAndLossesAreKept() throws {
        var loss = SessionEvents()
        loss.recordsLost = 5
        loss.runs = [EvidenceRun(ring: 2, first: 5, count: 0, passedOver: 0, lost: 5)]
        let bytes = try Sample.recording { writer in
            for number in 0..<4 { try writer.write(events: SampleEvents.look(number)) }
            try writer.write(events: loss)
        }
        var batches: [EventBatch] = []
        try RecordingReader(bytes: bytes).readEvents { batches.append($0) }
        #expect(
            batches.flatMap(\.runs) == [
                EvidenceRun(ring: 1, first: 0, count: 32, passedOver: 7, lost: 0),
                EvidenceRun(ring: 1, first: 32, count: 32, passedOver: 0, lost: 2),
                EvidenceRun(ring: 2, first: 5, count: 0, passedOver: 0, lost: 5),
            ])
        #expect(batches.map(\.lost) == [7])
    }

    @Test func muchOfItComesInSeveralChunks() throws {
        let look = SampleEvents.look(0, records: 50_000)
        let bytes = try Sample.recording { try $0.write(events: look) }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.eventChunks.count == 4)
        let read = SampleEvents.read(reader)
        #expect(read.error == nil)
        #expect(read.records == look.records.map(SampleEvents.Fields.init))
    }

    @Test func aSessionThatToldNothingCostsNothing() throws {
        var polls = RealisticPolls(seed: 3, threads: 1)
        let batch = polls.batch(thread: 0, count: 50)
        let without = try Sample.recording { try $0.write(batch) }
        let with = try Sample.recording { writer in
            try writer.write(events: SessionEvents())
            try writer.write(requestNames: [])
            try writer.write(batch)
            writer.endLook(complete: Ticks(1 << 50))
        }
        #expect(with == without)
    }

    @Test func namesComeBackEachOnce() throws {
        let names = SampleEvents.names
        let bytes = try Sample.recording { writer in
            try writer.write(requestNames: names)
            try writer.write(requestNames: [
                RequestName(number: 1, text: "again", isCut: false), RequestName(number: .max, text: "", isCut: false),
            ])
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.requestNames == names + [RequestName(number: .max, text: "", isCut: false)])
        #expect(reader.damage == nil)
    }

    @Test func poolsAndTheirCountersComeBack() throws {
        var status = Sample.status(at: 1 << 40)
        status.pools = SampleEvents.pools
        let bytes = try Sample.recording { try $0.write(status: status) }
        #expect(try RecordingReader(bytes: bytes).statuses == [status])
        status.pools = Array(repeating: SampleEvents.pools[0], count: 100)
        let many = try Sample.recording { try $0.write(status: status) }
        #expect(try RecordingReader(bytes: many).statuses.first?.pools.count == RecordingLimits.pools)
    }

    // MARK: What is complete

    /// Looks of random sizes, chunks that end anywhere in them: what each chunk says is complete has to be there.
    @Test(arguments: 0..<20)
    func whatIsSaidToBeCompleteIsThere(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var now: UInt64 = 1 << 50
        var sequences: [UInt64] = [0, 0]
        var ends: [UInt64] = []
        var moments: [UInt64] = []
        let isBusy = seed % 2 == 0
        let bytes = try Sample.recording { writer in
            for round in 0..<60 {
                var events = SessionEvents()
                var batches: [PollBatch] = []
                let from = now
                var latest = now
                for thread in 0..<2 {
                    now = from
                    var polls: [pollscope_poll_record] = []
                    for _ in 0..<(random.next() % (isBusy ? 6_000 : 5)) {
                        now += 10 + random.next() % 100
                        var event = pollscope_event_record()
                        event.kind = UInt8(POLLSCOPE_EVENT_TASK_MADE.rawValue)
                        event.at_ticks = now
                        if random.next() % 3 > 0 { events.records.append(event) }
                        var poll = pollscope_poll_record()
                        poll.kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
                        poll.start_ticks = now - 5
                        poll.duration_ticks = 6
                        polls.append(poll)
                    }
                    latest = max(latest, now)
                    batches.append(
                        PollBatch(
                            thread: ThreadIdentity(tid: 7, slot: UInt16(thread), claimed: Ticks(1), name: "worker"),
                            ring: UInt32(thread), firstSequence: sequences[thread], lost: 0, polls: polls, running: nil)
                    )
                    sequences[thread] += UInt64(polls.count)
                    ends += polls.map { $0.start_ticks + $0.duration_ticks }
                }
                moments += events.records.map(\.at_ticks)
                try writer.write(events: events)
                for batch in batches { try writer.write(batch) }
                now = latest + 1_000_000
                writer.endLook(complete: Ticks(now - 500_000))
                if round % 7 == 6 { try writer.flush() }
            }
        }
        let reader = try RecordingReader(bytes: bytes)
        let decoder = EventDecoder(reader)
        let pollDecoder = PollDecoder(reader)
        var chunks = reader.pollChunks[...]
        var seenMoments: [UInt64] = []
        var seenEnds: [UInt64] = []
        var complete = Ticks(0)
        for (index, chunk) in reader.eventChunks.enumerated() {
            let batch = try decoder.decode(chunk)
            #expect(batch.until == chunk.until)
            #expect(batch.until >= complete, "time does not go back")
            complete = batch.until
            seenMoments += batch.records.map(\.at_ticks)
            let next = index + 1 < reader.eventChunks.count ? reader.eventChunks[index + 1].offset : .max
            while let poll = chunks.first, poll.offset < next {
                try pollDecoder.decode(poll) { batch in
                    seenEnds += batch.polls.map { $0.start_ticks + $0.duration_ticks }
                }
                chunks.removeFirst()
            }
            #expect(seenMoments.count { $0 < complete.rawValue } == moments.count { $0 < complete.rawValue })
            #expect(seenEnds.count { $0 < complete.rawValue } == ends.count { $0 < complete.rawValue })
        }
        #expect(seenMoments.count == moments.count)
        #expect(seenEnds.count == ends.count)
        #expect(complete.rawValue == now - 500_000, "at the end, the last look counts")
        #expect(!isBusy || reader.eventChunks.count > 9, "some were written in the middle of a look")
    }

    @Test func aFlushWithoutEventsSaysWhatIsComplete() throws {
        var polls = RealisticPolls(seed: 3, threads: 1)
        let bytes = try Sample.recording { writer in
            try writer.write(events: SampleEvents.look(0))
            writer.endLook(complete: Ticks(1_000))
            try writer.flush()
            try writer.write(polls.batch(thread: 0, count: 5))
            writer.endLook(complete: Ticks(2_000))
            try writer.flush()
            writer.endLook(complete: Ticks(3_000))
            writer.endLook(complete: Ticks(2_500))
            try writer.flush()
            try writer.flush()
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.eventChunks.map(\.count) == [16, 0, 0])
        #expect(reader.eventChunks.map(\.until) == [Ticks(1_000), Ticks(2_000), Ticks(3_000)])
        let poll = try #require(reader.pollChunks.first)
        #expect(reader.eventChunks[1].offset < poll.offset && poll.offset < reader.eventChunks[2].offset)
    }

    @Test func whatAnEventRefersToIsThereWhereverTheRecordingIsCut() throws {
        var polls = RealisticPolls(seed: 7, threads: 1)
        let whole = try Sample.recording { writer in
            for round in 0..<3 {
                try writer.write(requestNames: [RequestName(number: UInt32(round), text: "GET /", isCut: false)])
                try writer.write(events: SampleEvents.look(round))
                try writer.write(polls.batch(thread: 0, count: 20))
                try writer.flush()
            }
        }
        var events = 0
        for count in 200..<whole.count {
            let reader = try RecordingReader(bytes: Array(whole.prefix(count)))
            let read = SampleEvents.read(reader)
            #expect(read.error == nil)
            #expect(read.records.count <= 16 * reader.requestNames.count, "cut at \(count)")
            #expect(reader.totals.polls <= 20 * UInt64(read.records.count / 16), "its events come before a poll")
            events = max(events, read.records.count)
        }
        #expect(events == 48)
    }

    // MARK: Size

    /// Looks that find many or few, flushed each second.
    @Test(arguments: [(1, 1, 40), (4, 3, 100), (4, 100, 20), (8, 500, 10)])
    func anEventOfAServiceTakesTwelveBytesAtMost(threads: Int, found: Int, looks: Int) throws {
        var world = RealisticEvents(seed: 11, threads: threads)
        var count = 0
        let empty = try Sample.recording { _ in }.count
        let bytes = try Sample.recording { writer in
            for _ in 0..<5 {
                for _ in 0..<looks {
                    var events = SessionEvents()
                    for thread in 0..<threads { events.records += world.events(thread: thread, count: found) }
                    count += events.records.count
                    try writer.write(events: events)
                }
                try writer.flush()
            }
        }
        #expect(Double(bytes.count - empty) / Double(count) <= 12)
    }

    // MARK: Damage

    @Test func aDamagedChunkIsPassedOverAndTheOthersAreGiven() throws {
        let bytes = try Sample.recording { writer in
            for round in 0..<3 {
                try writer.write(events: SampleEvents.look(round))
                try writer.flush()
            }
        }
        let second = try RecordingReader(bytes: bytes).eventChunks[1]
        var body = bytes
        body[Int(second.offset) + second.byteCount - 1] ^= 1
        let reader = try RecordingReader(bytes: body)
        #expect(reader.damage == nil, "bodies are checked when they are decoded")
        let read = SampleEvents.read(reader)
        #expect(read.error?.code == .damaged)
        #expect(read.error?.what.contains("16 events of requests and pools") == true)
        #expect(
            read.records == [0, 2].flatMap { SampleEvents.look($0).records }.map(SampleEvents.Fields.init))
        var damage = RecordingDamage()
        damage.add(unreadable: second)
        #expect(damage.missingBytes == UInt64(second.byteCount))
        #expect(damage.description.contains("16 events of requests and pools or more"))

        var front = bytes
        front[Int(second.offset) + ChunkHeader.byteCount] ^= 1
        let withoutFront = try RecordingReader(bytes: front)
        #expect(withoutFront.damage?.damagedChunks == 1)
        #expect(withoutFront.damage?.missingEvents == 16)
        #expect(SampleEvents.read(withoutFront).error == nil)
    }

    @Test func theCutTellsHowManyEventsWentWithIt() throws {
        let bytes = try Sample.recording { try $0.write(events: SampleEvents.look(0)) }
        let chunk = try #require(try RecordingReader(bytes: bytes).eventChunks.first)
        let cut = try RecordingReader(bytes: Array(bytes.prefix(Int(chunk.offset) + chunk.byteCount - 1)))
        #expect(cut.damage?.missingEvents == 16)
        #expect(cut.eventChunks.isEmpty)
    }

    @Test func eventsThatCostNoBytesAreBounded() throws {
        var front = EventChunkFront()
        front.count = RecordingLimits.chunkEvents + 1
        var out = ByteBuffer()
        front.append(to: &out)
        var reader = PayloadReader(out.bytes)
        #expect(throws: MalformedPayload.self) { try EventChunkFront(&reader) }
    }

    @Test func aShapeOfNoKindThatThereIsIsRefused() {
        func shape(_ parts: [UInt64]) -> EventShape? { EventShape { parts[$0] } }
        #expect(shape([1, 255, 65_535, 7]) != nil)
        #expect(shape([3, 0, 0, 1]) != nil)
        for parts: [UInt64] in [
            [0, 0, 0, 0], [9, 0, 0, 0], [257, 0, 0, 0], [1, 256, 0, 0], [1, 0, 65_536, 0], [1, 0, 0, 8],
            [3, 0, 0, 2], [3, 0, 0, 4],
        ] {
            #expect(shape(parts) == nil, "\(parts)")
        }
    }
}
