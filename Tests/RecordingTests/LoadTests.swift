// Moments of load, the census and the tasks that stood still: what was written is what is read, in bounded memory.

import Sessions
import Testing

@testable import Recording

struct LoadTests {
    @Test func theyComeBack() throws {
        let bytes = try Sample.recording { writer in
            try writer.write(load: SampleLoad.moments(0))
            try writer.write(load: [])
            try writer.write(census: SampleLoad.census)
            try writer.write(load: SampleLoad.moments(1))
            try writer.write(stuckTasks: SampleLoad.stuckTasks)
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.load == SampleLoad.moments(0) + SampleLoad.moments(1))
        #expect(reader.census == SampleLoad.census)
        #expect(reader.stuckTasks == SampleLoad.stuckTasks)
        #expect(reader.damage == nil)
    }

    @Test func whereThereIsNoneThereIsNone() throws {
        let reader = try RecordingReader(bytes: try Sample.recording { _ in })
        #expect(reader.load.isEmpty && reader.census == nil && reader.stuckTasks == nil)
    }

    @Test(arguments: [TaskLook.Answer.answered, .processEnded, .noWatcher, .silent])
    func everyAnswerComesBack(answer: TaskLook.Answer) throws {
        var look = SampleLoad.stuckTasks
        look.answer = answer
        let bytes = try Sample.recording { try $0.write(stuckTasks: look) }
        #expect(try RecordingReader(bytes: bytes).stuckTasks == look)
    }

    @Test func theLastLookAndTheLargestCensusCount() throws {
        var later = SampleLoad.stuckTasks
        later.tasks.removeLast()
        var larger = SampleLoad.census
        larger.live += 1
        let bytes = try Sample.recording { writer in
            try writer.write(stuckTasks: SampleLoad.stuckTasks)
            try writer.write(census: larger)
            try writer.write(stuckTasks: later)
            try writer.write(census: SampleLoad.census)
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.stuckTasks == later)
        #expect(reader.census == larger)
    }

    @Test func timesAndCountsThatGoBackDoNoHarm() throws {
        let wild: [UInt64] = [.max, 0, 1 << 63, 3, .max - 1, 2]
        let moments = wild.map { LoadMoment(at: Ticks($0), created: $0 / 2, ended: $0, pending: $0) }
        let bytes = try Sample.recording { try $0.write(load: moments) }
        #expect(try RecordingReader(bytes: bytes).load == moments)
    }

    @Test(arguments: [8_192, 8_193, 16_384, 20_000, 100_001])
    func ofVeryLongRecordingsStretchesAreKept(count: Int) throws {
        var history = LoadHistory()
        var highest: UInt64 = 0
        for number in 0..<UInt64(count) {
            let pending = number == UInt64(count) / 3 ? 1_000_000 : number % 100
            let live = number == UInt64(count) / 2 ? 5_000_000 : number % 7
            history.append(LoadMoment(at: Ticks(number), created: number + live, ended: number, pending: pending))
            highest = number
        }
        let moments = history.moments
        #expect(moments.count <= RecordingLimits.keptLoadMoments + 1)
        #expect(moments.count > RecordingLimits.keptLoadMoments / 2)
        #expect(moments.last?.at == Ticks(highest))
        #expect(moments.map(\.pendingPeak).max() == 1_000_000)
        #expect(moments.map(\.livePeak).max() == 5_000_000)
        #expect(zip(moments, moments.dropFirst()).allSatisfy { $0.at < $1.at })
    }

    @Test func moreThanAReaderTakesIsNotWritten() throws {
        var look = SampleLoad.stuckTasks
        look.tasks = Array(repeating: look.tasks[0], count: RecordingLimits.stuckTasks + 1)
        var census = SampleLoad.census
        census.groups = Array(repeating: census.groups[0], count: TaskCensus.groupsMax + 1)
        let bytes = try Sample.recording { writer in
            try writer.write(stuckTasks: look)
            try writer.write(census: census)
            try writer.write(load: SampleLoad.moments(0, count: UInt64(RecordingLimits.loadMoments) + 1))
        }
        let reader = try RecordingReader(bytes: bytes)
        #expect(reader.damage == nil)
        #expect(reader.stuckTasks?.tasks.count == RecordingLimits.stuckTasks)
        #expect(reader.census?.groups.count == TaskCensus.groupsMax)
        #expect(reader.load.count == RecordingLimits.loadMoments)
    }

    @Test func aSecondOfThemTakesAFewHundredBytes() throws {
        let none = try Sample.recording { _ in }.count
        let second = try Sample.recording { try $0.write(load: SampleLoad.moments(3)) }.count - none
        #expect(second < 20 * 16, "\(second) bytes")
    }
}
