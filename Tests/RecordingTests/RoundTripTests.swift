// What was written is what is read: every field of every poll, and all that describes them.

import CPollscopeLayout
import Recording
import Sessions
import Testing

struct RoundTripTests {
    @Test func everythingThatDescribesASessionComesBack() throws {
        let late = LoadedModule(path: "/opt/späť.so", buildID: [1], loadBias: 1, start: 2, end: 3)
        let statuses = [Sample.status(at: 1 << 40), Sample.status(at: 1 << 41, threads: 0)]
        let bytes = try Sample.recording { writer in
            try writer.write(stacks: Sample.stacks)
            try writer.write(executors: RealisticHolds.executors)
            try writer.write(status: statuses[0])
            try writer.write(modules: Sample.modules + [late])
            try writer.write(status: statuses[1])
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.info == Sample.info)
        #expect(reader.modules == Sample.modules + [late])
        #expect(reader.executors == RealisticHolds.executors)
        #expect(reader.stacks == Dictionary(uniqueKeysWithValues: Sample.stacks.map { ($0.id, $0) }))
        #expect(reader.statuses == statuses)
        #expect(reader.calibration.first == Sample.calibration.first)
        #expect(reader.calibration.nominalHertz == Sample.calibration.nominalHertz)
        #expect(reader.calibration.last == statuses[1].calibrationLast, "the newest anchor is the best")
        #expect(reader.damage == nil)
        #expect(reader.pollChunks.isEmpty)
        #expect(reader.totals == RecordingTotals())
    }

    @Test(arguments: 0..<60)
    func randomBatchesComeBack(seed: UInt64) throws {
        var world = BatchWorld(seed: seed)
        var written: [RingEvent] = []
        var running: [UInt32: pollscope_poll_record] = [:]
        var lost: UInt64 = 0
        let bytes = try Sample.recording { writer in
            for _ in 0..<Int(world.random.next() % 60) {
                let batch = world.batch()
                try writer.write(batch)
                written += Sample.events(batch)
                running[batch.ring] = batch.running
                lost &+= batch.lost
                if world.random.next() % 5 == 0 { try writer.flush() }
            }
        }
        let reader = try RecordingReader(bytes: bytes)
        let decoded = Sample.decode(reader)
        #expect(decoded.errors.isEmpty)
        #expect(reader.damage == nil)
        #expect(Sample.byRing(decoded.events) == Sample.byRing(written))
        #expect(reader.totals.lost == lost)
        #expect(reader.unfinished.map(\.ring) == running.keys.sorted())
        for unfinished in reader.unfinished {
            var expected = try #require(running[unfinished.ring])
            expected.sequence = 0
            #expect(Sample.bytes(unfinished.poll) == Sample.bytes(expected))
        }
    }

    @Test(arguments: 0..<8)
    func usualAndUnusualAllocationsComeBack(seed: UInt64) throws {
        var polls = RealisticPolls(seed: seed, threads: 2, isAllocating: true)
        var random = SplitMix64(seed: seed)
        var written: [RingEvent] = []
        let bytes = try Sample.recording { writer in
            for round in 0..<60 {
                let batch = polls.batch(thread: round % 2, count: Int(random.next() % 3_000))
                try writer.write(batch)
                written += Sample.events(batch)
                if random.next() % 9 == 0 { try writer.flush() }
            }
        }
        let decoded = Sample.decode(try RecordingReader(bytes: bytes))
        #expect(decoded.errors.isEmpty)
        #expect(Sample.byRing(decoded.events) == Sample.byRing(written))
    }

    @Test(arguments: 0..<8)
    func holdsComeBackBetweenTheirPolls(seed: UInt64) throws {
        var records = RealisticHolds(seed: seed)
        var polls = RealisticPolls(seed: seed, threads: 1, isAllocating: true)
        var random = SplitMix64(seed: seed)
        var written: [RingEvent] = []
        let bytes = try Sample.recording { writer in
            for round in 0..<60 {
                var batch = records.batch(thread: round % 4, count: Int(random.next() % 900) + 1)
                if round % 5 == 0 {
                    batch = polls.batch(thread: 0, count: 20)
                    batch.ring = 9
                    batch.thread.tid = 9
                }
                try writer.write(batch)
                written += Sample.events(batch)
                if random.next() % 9 == 0 { try writer.flush() }
            }
        }
        let decoded = Sample.decode(try RecordingReader(bytes: bytes))
        #expect(decoded.errors.isEmpty)
        #expect(Sample.byRing(decoded.events) == Sample.byRing(written))
    }

    @Test func executorsAreEachThereOnce() throws {
        let executors = RealisticHolds.executors
        var renamed = executors[0]
        renamed.name = "other"
        let bytes = try Sample.recording { writer in
            try writer.write(executors: [executors[0]])
            try writer.write(executors: [renamed, executors[1]])
        }
        #expect(try RecordingReader(bytes: bytes).executors == executors)
    }

    @Test func longBatchesComeInSlicesAndOverSeveralChunks() throws {
        var polls = RealisticPolls(seed: 1, threads: 2)
        var batches = [polls.batch(thread: 0, count: 70_001), polls.batch(thread: 1, count: 1)]
        batches[0].lost = 9
        batches[0].running = batches[0].polls[0]
        let bytes = try Sample.recording { writer in
            for batch in batches { try writer.write(batch) }
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.pollChunks.count > 1)
        #expect(reader.totals.polls == 70_002)
        #expect(reader.pollChunks.reduce(0) { $0 + $1.polls } == 70_002)
        let decoded = Sample.decode(reader)
        #expect(Sample.byRing(decoded.events) == Sample.byRing(batches.flatMap { Sample.events($0) }))

        var lastOfRing: [UInt32: Bool] = [:]
        let decoder = PollDecoder(reader)
        for chunk in reader.pollChunks {
            try decoder.decode(chunk) { batch in
                #expect(batch.polls.count <= 1_024)
                #expect(lastOfRing[batch.ring] != true, "what is running comes with the last slice")
                lastOfRing[batch.ring] = batch.running != nil
                for poll in batch.polls {
                    #expect(poll.start_ticks >= chunk.minStart.rawValue)
                    #expect(poll.start_ticks + poll.duration_ticks <= chunk.maxEnd.rawValue)
                }
            }
        }
        #expect(lastOfRing == [0: true, 1: false])
    }

    @Test func looksOfOneRingAreOneBatchInAChunk() throws {
        var polls = RealisticPolls(seed: 2, threads: 1)
        let bytes = try Sample.recording { writer in
            for _ in 0..<100 { try writer.write(polls.batch(thread: 0, count: 2)) }
        }
        let reader = try RecordingReader(bytes: bytes)
        var batches = 0
        try PollDecoder(reader).decode(try #require(reader.pollChunks.first)) { batch in
            batches += 1
            #expect(batch.polls.count == 200)
        }
        #expect(batches == 1)
        #expect(reader.pollChunks.count == 1)
    }

    @Test func aPollThatEndedIsNotUnfinished() throws {
        var polls = RealisticPolls(seed: 3, threads: 1)
        var first = polls.batch(thread: 0, count: 1)
        first.running = first.polls[0]
        var look = polls.batch(thread: 0, count: 0)
        let begun = try Sample.recording { try $0.write(first) }
        #expect(try RecordingReader(bytes: begun).unfinished.count == 1)
        let ended = try Sample.recording { writer in
            try writer.write(first)
            try writer.flush()
            try writer.write(look)
        }
        #expect(try RecordingReader(bytes: ended).unfinished.isEmpty)
        look.running = first.running
        let again = try Sample.recording { writer in
            try writer.write(first)
            try writer.write(polls.batch(thread: 0, count: 3))
            try writer.write(look)
        }
        #expect(try RecordingReader(bytes: again).unfinished.count == 1)
    }

    @Test func aLookThatSawNothingCostsNothing() throws {
        var polls = RealisticPolls(seed: 3, threads: 1)
        let nothing = polls.batch(thread: 0, count: 0)
        #expect(try Sample.recording { try $0.write(nothing) } == Sample.recording { _ in })
    }

    @Test func aRingThatChangedHandsHasBothThreads() throws {
        var polls = RealisticPolls(seed: 4, threads: 1)
        let first = polls.batch(thread: 0, count: 3)
        var second = polls.batch(thread: 0, count: 4)
        second.thread = ThreadIdentity(tid: 99, slot: 0x7FFF, claimed: Ticks(.max), name: "")
        let bytes = try Sample.recording { writer in
            try writer.write(first)
            try writer.write(second)
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.threads.map(\.identity) == [first.thread, second.thread])
        #expect(Sample.decode(reader).events == Sample.events(first) + Sample.events(second))
    }

    @Test func threadsThatOnlyEnqueueAreNamedToo() throws {
        var polls = RealisticPolls(seed: 4, threads: 1)
        let batch = polls.batch(thread: 0, count: 3)
        var unnamed = batch.thread
        unnamed.name = ""
        let enqueuer = ThreadIdentity(tid: 7, slot: 9, claimed: Ticks(3), name: "epoll")
        let bytes = try Sample.recording { writer in
            try writer.write(threads: [unnamed, enqueuer])
            try writer.write(batch)
            try writer.write(threads: [enqueuer, unnamed])
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.threads.map(\.identity) == [batch.thread, enqueuer])
        #expect(reader.threads.map(\.ring) == [0, nil])
    }

    @Test func severalThreadsCanDecodeAtOnce() async throws {
        var polls = RealisticPolls(seed: 6)
        let bytes = try Sample.recording { writer in
            for round in 0..<8 {
                try writer.write(polls.batch(thread: round % 4, count: 5_000))
                try writer.flush()
            }
        }
        let reader = try RecordingReader(bytes: bytes)
        let alone = Sample.decode(reader).events
        let together = try await withThrowingTaskGroup(of: [RingEvent].self) { group in
            for _ in 0..<4 { group.addTask { Sample.decode(reader).events } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for events in together { #expect(events == alone) }
    }
}

/// Batches as no service makes them, and a few as one does: every field takes its extremes.
private struct BatchWorld {
    var random: SplitMix64
    private var sequences: [UInt64]
    private var end: UInt64 = 1 << 40
    /// How wild the values of this world are.
    private let wildness: UInt64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        wildness = random.next() % 4
        sequences = [0, 1, .max - 40, UInt64(UInt32.max) - 10]
    }

    mutating func batch() -> PollBatch {
        let ring = Int(random.next() % 4)
        let count = random.next() % 3 == 0 ? 0 : Int(random.next() % (random.next() % 8 == 0 ? 700 : 20))
        let lost = random.next() % 6 == 0 ? value(limit: 1 << 40) : 0
        let first = sequences[ring] &+ lost
        sequences[ring] = first &+ UInt64(count)
        let generation = random.next() % 10 == 0 ? UInt32(1) : 0
        return PollBatch(
            thread: ThreadIdentity(
                tid: UInt32(10 * ring) + generation, slot: UInt16(ring), claimed: Ticks(UInt64(generation)),
                name: generation == 0 ? "worker" : "ünï\u{0}"),
            ring: ring == 3 ? .max : UInt32(ring), firstSequence: first, lost: lost,
            polls: (0..<count).map { _ in poll() }, running: random.next() % 3 == 0 ? poll() : nil)
    }

    private mutating func poll() -> pollscope_poll_record {
        var poll = pollscope_poll_record()
        poll.sequence = UInt32(truncatingIfNeeded: random.next())
        poll.kind = UInt8(truncatingIfNeeded: value(limit: 9))
        poll.executor = UInt8(truncatingIfNeeded: value(limit: 2))
        poll.priority = UInt8(truncatingIfNeeded: value(limit: 30))
        poll.flags = UInt8(truncatingIfNeeded: value(limit: 16))
        poll.duration_ticks = value(limit: 100_000)
        poll.wait_ticks = value(limit: 100_000)
        // Nested polls end after others that began later; wild ones begin anywhere.
        let isNested = random.next() % 8 == 0
        end &+= value(limit: 1_000)
        poll.start_ticks = isNested ? end &- poll.duration_ticks &- value(limit: 50_000) : end
        end = poll.start_ticks &+ poll.duration_ticks
        poll.task = UInt32(truncatingIfNeeded: value(limit: 1_000))
        poll.stack = UInt32(truncatingIfNeeded: value(limit: 16_385))
        poll.waker = UInt16(truncatingIfNeeded: value(limit: 8))
        pollscope_poll_set_allocations(
            &poll, UInt32(truncatingIfNeeded: value(limit: wildness == 0 ? 1 : 50)),
            value(limit: wildness == 0 ? 1 : 1 << 20), UInt32(truncatingIfNeeded: value(limit: wildness == 0 ? 1 : 50)))
        poll.blocked_ticks = value(limit: wildness == 0 ? 1 : 1 << 24)
        return poll
    }

    private mutating func value(limit: UInt64) -> UInt64 {
        guard wildness > 1, random.next() % (wildness == 2 ? 50 : 3) == 0 else {
            return random.next() % limit
        }
        let extremes: [UInt64] = [
            0, 1, .max, .max - 1, 1 << 63, (1 << 63) - 1, 1 << 32, (1 << 32) - 1, random.next(),
        ]
        return extremes[Int(random.next() % UInt64(extremes.count))]
    }
}
