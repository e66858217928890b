import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

@Suite struct EvidenceAnalysisTests {
    private let poll = Made.longPoll(60)

    /// The watcher may write a sample after the poll's end has been read; it cannot be later than by a look.
    @Test func samplesMeetTheirPollInAnyOrderOfOneLook() {
        let (first, second, late) = (Made.sample(at: 10), Made.sample(at: 20), Made.sample(at: 40))
        let end = Made.evidence(longPolls: [poll])
        for looks in [
            [Made.evidence(longPolls: [poll], samples: [first, second, late])],
            [Made.evidence(samples: [first]), Made.evidence(samples: [second, late]), end],
            [Made.evidence(samples: [second, first]), end, Made.evidence(samples: [late])],
        ] {
            let figures = Made.analysis(looks).longPolls.entries.values.first
            #expect(figures?.samples == 3)
            #expect(figures?.sampledTicks == 60 * Made.ms)
        }
        let tooLate = Made.analysis([end, Evidence(), Made.evidence(samples: [late])])
        #expect(tooLate.longPolls.entries.values.first?.samples == 0)
        #expect(tooLate.longPolls.entries.values.first?.sampledTicks == 0)
        #expect(tooLate.samples == 1)
    }

    @Test func pollsThatAreTheSameButForThreadOrStartAreApart() {
        let other = Made.context(tid: 101)
        let later = Made.context(start: Made.pollStart + 1)
        let analysis = Made.analysis([
            Made.evidence(
                longPolls: [poll, Made.longPoll(30, context: other), Made.longPoll(20, context: later)],
                samples: [Made.sample(at: 10, context: other), Made.sample(at: 10, context: later)])
        ])
        let figures = analysis.longPolls.entries.values.first
        #expect(figures?.polls == 3)
        #expect(figures?.ticks == 110 * Made.ms)
        #expect(figures?.sampledTicks == 50 * Made.ms)
    }

    @Test func aPollThatHasNotEndedKeepsItsSamples() {
        let analysis = Made.analysis([
            Made.evidence(samples: [Made.sample(at: 20, frames: [2]), Made.sample(at: 10, frames: [1])])
        ])
        let open = analysis.open[poll.context.poll]
        #expect(open?.last.frames == [2])
        #expect(open?.samples.map(\.sample.reading.at) == [10, 20].map { Ticks(Made.pollStart + $0 * Made.ms) })
        #expect(analysis.longPolls.entries.isEmpty)
    }

    @Test func lossesAndCostsAreCounted() {
        var lossy = Made.evidence(samples: [Made.sample(at: 10), Made.sample(at: 20, frames: [])])
        lossy.recordsLost = 3
        lossy.samplesLost = 4
        let analysis = Made.analysis([lossy, lossy])
        #expect(analysis.recordsLost == 6)
        #expect(analysis.samplesLost == 8)
        #expect(analysis.samples == 4)
        #expect(analysis.samplesWithoutStack == 2)
        #expect(analysis.handlerTicksMax == 7_000)
    }

    /// A chunk of a recording can hold the long polls of a busy minute.
    @Test func pollsOfManyLooksCanComeAtOnce() {
        var evidence = Evidence()
        for number in 0..<5_000 {
            let context = Made.context(start: Made.pollStart + UInt64(number) * 100 * Made.ms)
            evidence.longPolls.append(Made.longPoll(60, context: context))
            evidence.samples.append(Made.sample(at: 10, context: context))
        }
        #expect(Made.analysis([evidence]).longPolls.entries.values.first?.sampledTicks == 5_000 * 60 * Made.ms)
    }

    // MARK: Bounded memory

    @Test func samplesOfPollsWithoutEndsAreForgotten() {
        var open = OpenPolls()
        for number in 0..<10_000 {
            open.add(Made.sample(at: 10, context: Made.context(start: UInt64(number) * Made.ms)), stack: 0)
        }
        let kept = (0..<10_000).filter { open[PollIdentity(tid: 100, start: Ticks(UInt64($0) * Made.ms))] != nil }
        #expect(kept.count <= 2_048)
        #expect(kept.last == 9_999)
        for at in 0..<1_000 { open.add(Made.sample(at: UInt64(at)), stack: 0) }
        #expect((open[Made.context().poll]?.samples.count ?? 0) <= 64)
        #expect(open[Made.context().poll]?.last.reading.at == Ticks(Made.pollStart + 999 * Made.ms))
    }

    @Test func stacksBeyondTheTableAreOtherStacks() {
        var stacks = StackTrie(capacity: 10)
        let known = stacks.insert([3, 2, 1], isCut: false)
        #expect(stacks.insert([3, 2, 1], isCut: false) == known)
        #expect(stacks.frames(of: known).frames == [1, 2, 3])
        #expect(stacks.insert([4, 2, 1], isCut: false) != known)
        #expect(stacks.insert([4, 2, 1], isCut: true) != stacks.insert([4, 2, 1], isCut: false))
        #expect(stacks.insert([9, 8, 7], isCut: false) == StackTrie.otherStacks)
        #expect(stacks.insert([3, 2, 1], isCut: false) == known)
        #expect(stacks.insert([], isCut: false) == StackTrie.noStack)
    }

    @Test func distinctStacksOfManyPollsTakeBoundedMemory() {
        var analysis = EvidenceAnalysis(calibration: Made.calibration)
        for number in 0..<2_000 {
            let context = Made.context(start: UInt64(number) * Made.ms)
            let frames = (0..<110).map { UInt64(number * 110 + $0) }
            analysis.add(
                Made.evidence(
                    longPolls: [Made.longPoll(60, context: context)],
                    samples: [Made.sample(at: 10, frames: frames, context: context)]))
        }
        analysis.finish()
        let model = ReportModel(
            facts: Made.facts(), analysis: PollAnalysis(calibration: Made.calibration), evidence: analysis,
            naming: Made.name)
        let site = model.longPolls[0]
        #expect(site.stacks.contains { $0.place.function == SampleTree.otherStacks })
        #expect(abs(site.stacks.reduce(0) { $0 + $1.seconds } - 120) < 1e-9)
        #expect(site.samples == 2_000)
    }

    @Test func objectsAndPlacesOfCallsTakeBoundedMemory() {
        var calls = CallTable()
        for number in 0..<1_000 {
            calls.add(Made.call(POLLSCOPE_CALL_open, 1, object: Made.object("/tmp/\(number)")), secondsPerTick: 1e-9)
        }
        let figures = calls.entries.values.first
        #expect(figures?.count == 1_000)
        #expect(figures?.objects.count == 256)
        #expect(figures?.hasMoreObjects == true)
        for number in 0..<40_000 {
            calls.add(
                Made.call(
                    POLLSCOPE_CALL_open, 1, nativeStack: UInt32(number % 200),
                    context: Made.context(stack: UInt32(number / 200))), secondsPerTick: 1e-9)
        }
        #expect(calls.entries.count <= 16_385)
        #expect(calls.entries.values.reduce(0) { $0 + $1.count } == 41_000)
    }
}
