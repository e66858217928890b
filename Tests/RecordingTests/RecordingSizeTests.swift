// What a poll costs in the file, and what a writer and a reader hold in memory.

import CPollscopeLayout
import Sessions
import Testing

@testable import Recording

struct RecordingSizeTests {
    /// The budget of the design, for a busy service, everything included.
    private static let bytesPerPollBudget = 12.0

    /// Tasks that are polled once, ten times, and as good as forever.
    @Test(arguments: [1, 10, 100_000], [false, true])
    func aPollOfABusyServiceKeepsToItsBudget(pollsPerTask: UInt64, isAllocating: Bool) throws {
        var polls = RealisticPolls(seed: 11, pollsPerTask: pollsPerTask, isAllocating: isAllocating)
        let count = 200_000
        let bytes = try Sample.recording { writer in
            try writer.write(stacks: Sample.stacks)
            for round in 0..<(count / 100) {
                try writer.write(polls.batch(thread: round % 4, count: 100))
                if round % 500 == 0 { try writer.write(status: Sample.status(at: UInt64(round) << 30)) }
            }
        }
        #expect(Double(bytes.count) / Double(count) <= Self.bytesPerPollBudget)
    }

    /// Eight actors of two types: a hold repeats much of its poll, and has an actor's number where a poll has few blocks.
    @Test func aHoldCostsAboutWhatAPollDoes() throws {
        func bytes(hasHolds: Bool) throws -> (count: Int, bytes: Int) {
            var records = RealisticHolds(seed: 17, hasHolds: hasHolds)
            var count = 0
            let bytes = try Sample.recording { writer in
                for round in 0..<400 {
                    let batch = records.batch(thread: round % 4, count: 500)
                    count += batch.polls.count
                    try writer.write(batch)
                }
            }
            return (count, bytes.count)
        }
        let with = try bytes(hasHolds: true)
        let without = try bytes(hasHolds: false)
        let each = Double(with.bytes) / Double(with.count)
        #expect(each <= 1.05 * Double(without.bytes) / Double(without.count))
        #expect(each <= Self.bytesPerPollBudget)
    }

    /// Looks every 10 ms that find 1 to 20 polls, flushed each second. What is usual at an await point has to be learnt
    /// again in each chunk, so allocations cost more in a small one: at most a tenth of the budget.
    @Test(arguments: [(false, 1.0), (true, 1.1)])
    func smallBatchesDoNotCostMuchMore(isAllocating: Bool, budgets: Double) throws {
        var polls = RealisticPolls(seed: 12, isAllocating: isAllocating)
        var random = SplitMix64(seed: 12)
        var count = 0
        let bytes = try Sample.recording { writer in
            for _ in 0..<30 {
                for look in 0..<100 {
                    let found = Int(random.next() % 20) + 1
                    count += found
                    try writer.write(polls.batch(thread: look % 4, count: found))
                }
                try writer.flush()
            }
        }
        #expect(Double(bytes.count) / Double(count) <= budgets * Self.bytesPerPollBudget)
    }

    @Test func aColumnThatIsNotUsedCostsNextToNothing() throws {
        var polls = RealisticPolls(seed: 13)
        let batch = polls.batch(thread: 0, count: 32_768)
        var used = batch
        for index in used.polls.indices {
            pollscope_poll_set_allocations(&used.polls[index], 1, 64, 1)
            used.polls[index].blocked_ticks = 1 << 40
        }
        let without = try Sample.recording { try $0.write(batch) }
        let with = try Sample.recording { try $0.write(used) }
        // A varint of the smallest value instead of a zero, once a block of 256; and what is usual at each of a hundred
        // await points, once.
        #expect(with.count - without.count <= 32_768 / 256 * 8 + 100 * 8)
    }

    @Test func aWriterHoldsBackAChunkAtMost() throws {
        let sink = CountingSink()
        let writer = try RecordingWriter(
            sink: sink, info: Sample.info, calibration: Sample.calibration, modules: [])
        var polls = RealisticPolls(seed: 14)
        var batch = polls.batch(thread: 0, count: 1_000)
        for round in 0..<400 {
            try writer.write(batch)
            batch.firstSequence += 1_000
            let chunks = (round + 1) * 1_000 / RecordingLimits.writtenChunkPolls
            #expect(sink.pollChunks == chunks)
        }
        try writer.finish()
        #expect(sink.largest < 16 * RecordingLimits.writtenChunkPolls)
        #expect(writer.bytesWritten == sink.total)
        #expect(writer.pollsWritten == 400_000)
    }

    @Test func batchesWithoutPollsAreNotHeldBackForEverEither() throws {
        let sink = CountingSink()
        let writer = try RecordingWriter(
            sink: sink, info: Sample.info, calibration: Sample.calibration, modules: [])
        var polls = RealisticPolls(seed: 15)
        var batch = polls.batch(thread: 0, count: 0)
        batch.lost = 1
        for _ in 0..<20_000 {
            batch.firstSequence += 1
            try writer.write(batch)
        }
        #expect(sink.pollChunks == 20_000 / RecordingLimits.writtenChunkBatches)
        #expect(writer.pollsLost == 20_000)
    }

    @Test func aReaderKeepsABoundedChoiceOfStatuses() throws {
        for count in [1, 2, 8_192, 8_193, 20_001, 40_000] {
            var history = StatusHistory()
            for index in 0..<count { history.append(Sample.status(at: UInt64(index), threads: 0)) }
            let kept = history.statuses
            #expect(kept.count <= RecordingLimits.keptStatuses + 1)
            #expect(kept.count >= min(count, RecordingLimits.keptStatuses / 2))
            #expect(kept.first?.at == Ticks(0))
            #expect(kept.last?.at == Ticks(UInt64(count - 1)))
            let times = kept.map(\.at)
            #expect(times == Array(Set(times)).sorted(), "in order, each once")
        }
    }

    @Test func statusesOfThousandsOfThreadsAreBoundedByThreads() throws {
        var history = StatusHistory()
        var status = Sample.status(at: 0, threads: 10_000)
        for index in 0..<300 {
            status.at = Ticks(UInt64(index))
            history.append(status)
        }
        #expect(
            history.statuses.reduce(0) { $0 + $1.threads.count } <= RecordingLimits.keptStatusThreads + 10_000
        )
        #expect(history.statuses.first?.at == Ticks(0))
        #expect(history.statuses.last?.at == Ticks(299))
    }
}

/// Forgets what it is given, and counts it.
private final class CountingSink: ByteSink {
    private(set) var pollChunks = 0
    private(set) var largest = 0
    private(set) var total: UInt64 = 0

    func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) {
        if bytes.starts(with: "POLL".utf8) { pollChunks += 1 }
        largest = max(largest, bytes.count)
        total += UInt64(bytes.count)
    }

    func close() throws(RecordingError) {}
}
