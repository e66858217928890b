// Allocations from a recording's bytes to the report and the laws, as the commands do it.

import Recording
import Sessions
import Symbols
import Testing

@testable import Analysis

@Suite struct AllocationRecordingTests {
    private func recording(_ world: AllocationWorld) throws -> [UInt8] {
        let sink = MemorySink()
        let writer = try RecordingWriter(
            sink: sink, info: world.facts.info, calibration: Made.calibration, modules: [])
        try writer.write(stacks: world.facts.stacks.values.sorted { $0.id < $1.id })
        try writer.write(types: world.facts.types.values.sorted { $0.id < $1.id })
        try writer.write(status: world.facts.statuses[0])
        try writer.write(allocations: world.allocations)
        for batch in world.polls {
            try writer.write(
                PollBatch(
                    thread: Made.thread(batch.thread), ring: batch.ring, firstSequence: batch.first, lost: batch.lost,
                    polls: batch.polls, running: nil))
        }
        for status in world.facts.statuses.dropFirst() { try writer.write(status: status) }
        try writer.finish()
        return sink.bytes
    }

    private func report(_ bytes: [UInt8], workers: Int = 2) async throws -> ReportModel {
        await ReportModel.analyzing(
            try RecordingReader(bytes: bytes), symbolizer: Symbolizer(modules: [LoadedModule]()), workers: workers)
    }

    @Test func theLawsHold() throws {
        for law in RecordingLaws.check(try RecordingReader(bytes: recording(.world()))) {
            #expect(law.holds, "\(law.name): \(law.examples)")
            if LawTests.ofAllocations.contains(law.name) { #expect(law.checked > 0, "\(law.name)") }
        }
    }

    @Test func theReportHasThem() async throws {
        let model = try await report(recording(.world()))
        let allocations = try #require(model.allocations)
        #expect(allocations.inPolls == AllocationCounts(allocations: 53, bytes: 400_196, frees: 32))
        #expect(allocations.samples == 40)
        #expect(allocations.types.map(\.name) == ["Order"])
        #expect(allocations.timings == 3)
        #expect((try #require(allocations.fate).samePoll.value - 0.25).magnitude < 1e-3)
        #expect(model.problems.allSatisfy { $0.kind != .damagedRecording })
    }

    @Test func itIsTheSameWithAnyNumberOfWorkers() async throws {
        let bytes = try recording(.world())
        let one = try #require(try await report(bytes, workers: 1).allocations)
        for workers in [2, 3] {
            let many = try #require(try await report(bytes, workers: workers).allocations)
            #expect(many.inPolls == one.inPolls)
            #expect(many.sites.map(\.bytes) == one.sites.map(\.bytes))
            #expect(many.places.map(\.bytes) == one.places.map(\.bytes))
        }
    }

    @Test func aChunkThatCannotBeReadIsDamageAndOneViolation() async throws {
        var bytes = try recording(.world())
        let chunk = try #require(try RecordingReader(bytes: bytes).allocationChunks.first)
        bytes[Int(chunk.offset) + chunk.byteCount - 1] ^= 1
        let broken = RecordingLaws.check(try RecordingReader(bytes: bytes)).filter { !$0.holds }
        #expect(broken.map(\.name) == ["every chunk can be read"])
        let model = try await report(bytes)
        #expect(model.allocations?.samples == 0)
        #expect(model.allocations?.inPolls.allocations == 53)
        #expect(model.problems.contains { $0.kind == .damagedRecording })
    }
}
