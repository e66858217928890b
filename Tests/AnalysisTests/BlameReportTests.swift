// Blame in the report: shares that add up, executors apart, and the same figures however a recording is cut.

import CPollscopeLayout
import Recording
import Sessions
import Symbols
import Testing

@testable import Analysis

@Suite("Blame in the report")
struct BlameReportTests {
    private func report(_ reader: RecordingReader, workers: Int = 2) async -> BlameReport {
        await ReportModel.analyzing(
            reader, symbolizer: Symbolizer(modules: [LoadedModule]()), workers: workers
        ).blame
    }

    @Test("shares of culprits and of nobody add up to one", arguments: 0..<20)
    func shares(seed: Int) async throws {
        let schedule = seed % 2 == 0 ? BlameSchedule.arbitrary(seed) : BlameSchedule.firstInFirstOut(seed)
        let blame = await report(try schedule.recording(schedule.chunks(cuts: [40])))
        #expect(!blame.executors.isEmpty)
        for executor in blame.executors {
            #expect(executor.culprits.count < ExecutorBlame.culpritsMax)
            let shares = executor.culprits.reduce(0) { $0 + $1.share }
            #expect(isClose(shares + executor.schedulerSeconds / executor.waitSeconds, 1), "\(executor.name)")
            for culprit in executor.culprits {
                #expect(culprit.blockedSeconds + culprit.kernelWaitSeconds <= culprit.seconds * (1 + 1e-6))
            }
        }
        #expect(blame.unresolvedSeconds == 0)
    }

    @Test("two event loops are two executors")
    func eventLoops() async throws {
        let ms: UInt64 = 1_000_000
        func loop(_ executor: UInt8, _ length: UInt64) -> [pollscope_poll_record] {
            [
                Made.poll(ms, length, stack: 1, flags: [POLLSCOPE_POLL_NESTED], on: executor),
                Made.poll(ms + length, ms, wait: length, stack: 2, flags: [POLLSCOPE_POLL_NESTED], on: executor),
                Made.poll(0, 2 * ms + length, stack: 0, kind: POLLSCOPE_RECORD_TURN, on: executor),
            ]
        }
        let schedule = BlameSchedule([loop(16, 40 * ms), loop(17, 5 * ms)])
        let blame = await report(try schedule.recording(schedule.chunks(cuts: [])))
        #expect(blame.executors.count == 2)
        #expect(Set(blame.executors.map(\.name)).count == 2)
        #expect(zip(blame.executors.map(\.waitSeconds), [0.040, 0.005]).allSatisfy(isClose))
        #expect(blame.executors.map(\.width) == [1, 1])
        #expect(blame.executors.allSatisfy { isClose($0.culprits.first?.share ?? 0, 1) })
        // Only in the first a job waited for longer than 10 ms.
        #expect(blame.episodes.count == 1)
        let episode = try #require(blame.episodes.first)
        #expect(episode.executor == blame.executors[0].name)
        #expect(isClose(episode.durationSeconds, 0.030))
        #expect(isClose(episode.oldestSeconds, 0.040))
        #expect(episode.victims == 1)
        #expect(episode.cause == .computing)
        #expect(isClose(episode.culprits.first?.share ?? 0, 1))
    }

    @Test("the same however the recording is cut", arguments: 0..<10)
    func cuts(seed: Int) async throws {
        let schedule = BlameSchedule.firstInFirstOut(seed)
        // Of all executors the widths are those of the report, which depend on no cut of so few chunks.
        let whole = await report(try schedule.recording(schedule.chunks(cuts: [])), workers: 1)
        for cuts in [[30], [20, 60], [50, 51, 90]] as [[UInt64]] {
            let reader = try schedule.recording(schedule.chunks(cuts: cuts) { UInt64($0 * 3 + $1 * 2) })
            let cut = await report(reader, workers: cuts.count)
            #expect(cut.executors.map(\.name) == whole.executors.map(\.name))
            for (cut, whole) in zip(cut.executors, whole.executors) {
                #expect(cut.width == whole.width)
                #expect(isClose(cut.waitSeconds, whole.waitSeconds))
                #expect(isClose(cut.schedulerSeconds, whole.schedulerSeconds))
                #expect(cut.culprits.map(\.site) == whole.culprits.map(\.site))
                #expect(zip(cut.culprits.map(\.share), whole.culprits.map(\.share)).allSatisfy(isClose))
            }
        }
    }
}
