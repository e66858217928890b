import CPollscopeLayout
import Recording
import Sessions
import Symbols
import Testing

@testable import Analysis

/// From a recording's bytes to figures and laws, as the commands do it.
@Suite struct RecordingAnalysisTests {
    private let chunks = 5
    private let polls = 30_000

    /// Two threads that yield to each other; a chunk is written every 65,536 polls.
    private func recording() throws -> [UInt8] {
        let facts = Made.facts()
        let sink = MemorySink()
        let writer = try RecordingWriter(
            sink: sink, info: facts.info, calibration: Made.calibration, modules: [])
        try writer.write(stacks: [Made.stack(1), Made.stack(12)])
        try writer.write(status: Made.status(at: 0, polls: 0, enqueues: 1, cpuSeconds: 1))
        for round in 0..<chunks {
            for thread in 0..<2 {
                let first = UInt64(round * polls)
                var batch = MadeBatch(
                    thread, first: first,
                    (0..<UInt64(polls)).map {
                        Made.poll(
                            2_000 + (first + $0) * 1_000 + UInt64(thread) * 300, 600, wait: 100,
                            stack: thread == 0 ? 1 : 12, task: UInt32(thread))
                    })
                if round == chunks - 1 {
                    batch.running = Made.poll(2_000 + (first + UInt64(polls)) * 1_000, 400, task: 9)
                }
                try writer.write(
                    PollBatch(
                        thread: Made.thread(thread), ring: UInt32(thread), firstSequence: first, lost: 0,
                        polls: batch.polls, running: batch.running))
            }
        }
        let all = UInt64(2 * chunks * polls)
        for second in 1...2 {
            try writer.write(
                status: Made.status(at: Double(second), polls: all, enqueues: all + 2, cpuSeconds: 1 + Double(second)))
        }
        try writer.finish()
        return sink.bytes
    }

    private func report(_ bytes: [UInt8], workers: Int) async throws -> ReportModel {
        let symbolizer = Symbolizer(modules: [LoadedModule]())
        return await ReportModel.analyzing(try RecordingReader(bytes: bytes), symbolizer: symbolizer, workers: workers)
    }

    @Test func isTheSameWithAnyNumberOfWorkers() async throws {
        let bytes = try recording()
        let one = try await report(bytes, workers: 1)
        #expect(one.polls == UInt64(2 * chunks * polls))
        #expect(one.executors.map(\.width) == [2])
        #expect(one.executors.map(\.threads) == [2])
        #expect(one.sites.count == 2)
        #expect(one.unfinished.count == 2)
        for workers in [2, 3, 100] {
            let many = try await report(bytes, workers: workers)
            #expect(many.executors.map(\.pollSeconds) == one.executors.map(\.pollSeconds))
            #expect(many.executors.map(\.waitHistogram) == one.executors.map(\.waitHistogram))
            #expect(many.executors.map(\.width) == one.executors.map(\.width))
            #expect(many.sites.map(\.pollSeconds) == one.sites.map(\.pollSeconds))
            #expect(many.slowest.map(\.startSeconds) == one.slowest.map(\.startSeconds))
        }
    }

    @Test func obeysTheLaws() throws {
        for law in RecordingLaws.check(try RecordingReader(bytes: recording())) {
            #expect(law.holds, "\(law.name): \(law.examples)")
            #expect(law.checked > 0 || LawTests.ofOthers.contains(law.name), "\(law.name)")
        }
    }

    @Test func damageIsReportedAndTheRestIsCounted() async throws {
        var bytes = try recording()
        bytes[bytes.count / 2] ^= 0x10
        let report = try await report(bytes, workers: 2)
        #expect(report.polls > 0)
        #expect(report.polls < UInt64(2 * chunks * polls))
        #expect(report.problems.contains { $0.kind == .damagedRecording })
        #expect(RecordingLaws.check(try RecordingReader(bytes: bytes)).first?.holds == false)
    }

    @Test func anEmptyRecordingIsNoSignal() async throws {
        let sink = MemorySink()
        try RecordingWriter(sink: sink, info: Made.facts().info, calibration: Made.calibration, modules: []).finish()
        let report = try await report(sink.bytes, workers: 2)
        #expect(report.polls == 0)
        #expect(report.coverage.signal == .none)
    }
}
