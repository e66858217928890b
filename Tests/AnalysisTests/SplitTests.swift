import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

@Suite struct SplitTests {
    private func split(_ poll: LongPoll, _ samples: [PollSample] = []) -> SplitTicks {
        SplitTicks(of: poll, samples: samples, ticksPerNanosecond: 1)
    }

    private func expected(
        onCPU: UInt64 = 0, blocked: UInt64 = 0, kernelWait: UInt64 = 0, other: UInt64 = 0, estimated: UInt64 = 0
    ) -> SplitTicks {
        SplitTicks(
            onCPU: onCPU * Made.ms, blocked: blocked * Made.ms, kernelWait: kernelWait * Made.ms,
            other: other * Made.ms, estimated: estimated * Made.ms)
    }

    /// Exact from the first reading on: 54 of 55 ms. The 5 ms before it are taken for CPU time.
    @Test func cpuTimeIsMeasuredFromTheFirstReadingOn() {
        let poll = Made.longPoll(60, first: Made.reading(at: 5, cpu: 5), endCPU: 59)
        #expect(split(poll, [Made.sample(at: 10)]) == expected(onCPU: 59, kernelWait: 1, estimated: 5))
    }

    /// Of the 5 ms before the first reading 4 were spent in a call.
    @Test func callsBeforeTheFirstReadingAreNoCPUTime() {
        let poll = Made.longPoll(20, blocked: 19, first: Made.reading(at: 5, cpu: 1, blocked: 4), endCPU: 1)
        #expect(split(poll) == expected(onCPU: 1, blocked: 19, estimated: 1))
    }

    @Test func whatIsNeitherCPUNorCallIsKernelWaitIfItNeverSlept() {
        let poll = Made.longPoll(40, blocked: 3, first: Made.reading(at: 5, cpu: 2), endCPU: 7)
        let samples = [
            Made.sample(at: 10), Made.sample(at: 20, state: "S", call: POLLSCOPE_CALL_read, callStart: 19),
        ]
        // 5 ms by estimate, 5 measured, 3 in calls.
        #expect(split(poll, samples) == expected(onCPU: 10, blocked: 3, kernelWait: 27, estimated: 5))
    }

    /// Once it was seen asleep outside calls, kernel wait is what the run queue says, and the rest is sleep.
    @Test func whatTheRunQueueDoesNotExplainIsSleepIfItWasSeenAsleep() {
        let first = Made.reading(at: 5, cpu: 5, queue: 2)
        let poll = Made.longPoll(50, first: first, endCPU: 15)
        let samples = [
            Made.sample(at: 10, queue: 3, first: first, state: "D"), Made.sample(at: 20, queue: 10, first: first),
        ]
        #expect(split(poll, samples) == expected(onCPU: 15, kernelWait: 8, other: 27, estimated: 5))
    }

    @Test func withoutARunQueueSleepIsAllThatIsLeft() {
        let first = Made.reading(at: 5, cpu: 5, queue: nil)
        let poll = Made.longPoll(50, first: first, endCPU: 15)
        let asleep = [Made.sample(at: 10, queue: nil, first: first, state: "S", systemCall: 202)]
        #expect(split(poll, asleep) == expected(onCPU: 15, other: 35, estimated: 5))
    }

    /// 30 of the 35 ms between the readings it did not run: 10 of them in the run queue, and pages were read from a disk.
    @Test func pagesReadFromADiskAreSleepThatSamplesMiss() {
        let first = Made.reading(at: 5, cpu: 5, queue: 2)
        let poll = Made.longPoll(50, first: first, endCPU: 12)
        func sample(queue: UInt64, faults: UInt32) -> PollSample {
            Made.sample(at: 40, cpu: 10, queue: queue, first: first, majorFaults: faults)
        }
        #expect(
            split(poll, [sample(queue: 12, faults: 9)]) == expected(onCPU: 12, kernelWait: 10, other: 28, estimated: 5))
        // Where the run queue explains the better part, a few faults do not.
        #expect(split(poll, [sample(queue: 18, faults: 9)]) == expected(onCPU: 12, kernelWait: 38, estimated: 5))
        #expect(split(poll, [sample(queue: 12, faults: 0)]) == expected(onCPU: 12, kernelWait: 38, estimated: 5))
    }

    @Test func withoutReadingsAllButCallsIsAnEstimate() {
        #expect(split(Made.longPoll(30, blocked: 12)) == expected(onCPU: 18, blocked: 12, estimated: 18))
        let noEnd = Made.longPoll(30, blocked: 12, first: Made.reading(at: 5, cpu: 5))
        #expect(split(noEnd) == expected(onCPU: 18, blocked: 12, estimated: 18))
        let backwards = Made.longPoll(30, first: Made.reading(at: 5, cpu: 5), endCPU: 4)
        #expect(split(backwards) == expected(onCPU: 30, estimated: 30))
    }

    /// A call that copies data is on a CPU meanwhile.
    @Test func cpuTimeInsideCallsIsTheCalls() {
        let poll = Made.longPoll(30, blocked: 25, first: Made.reading(at: 5, cpu: 5, blocked: 5), endCPU: 29)
        #expect(split(poll) == expected(onCPU: 5, blocked: 25))
    }

    /// Up to its last sample a poll is measured; what came after is more of the same, by estimate.
    @Test func anUnfinishedPollIsSplitSoFar() {
        let first = Made.reading(at: 5, cpu: 5)
        let computing = [Made.sample(at: 10, cpu: 10, first: first), Made.sample(at: 40, cpu: 38, first: first)]
        let reading = [
            Made.sample(
                at: 40, cpu: 6, blocked: 10, first: first, state: "S", call: POLLSCOPE_CALL_read, callStart: 16)
        ]
        func soFar(_ samples: [PollSample]) -> SplitTicks? {
            SplitTicks(
                unfinished: Ticks(Made.pollStart), duration: 100 * Made.ms, samples: samples, ticksPerNanosecond: 1)
        }
        #expect(soFar(computing) == expected(onCPU: 98, kernelWait: 2, estimated: 65))
        // 10 ms in calls that returned, 24 in this one up to the sample, 60 after it.
        #expect(soFar(reading) == expected(onCPU: 6, blocked: 94, estimated: 65))
        #expect(soFar([]) == nil)
    }

    @Test func partsAddUpToThePollWhateverTheReadingsSay() {
        var random = SmallRandom(seed: 11)
        func any() -> UInt64 {
            UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0...63, using: &random)
        }
        for _ in 0..<2_000 {
            func reading() -> ThreadReading {
                ThreadReading(
                    at: Ticks(any()), cpuNanoseconds: any(), runQueueNanoseconds: Bool.random() ? any() : nil,
                    minorFaults: 0, majorFaults: 0, blockedTicks: any())
            }
            var poll = Made.longPoll(0, first: Bool.random(using: &random) ? reading() : nil)
            poll.durationTicks = any()
            poll.blockedTicks = any()
            poll.endCPUNanoseconds = any()
            var sample = Made.sample(at: 1, first: reading(), state: Bool.random(using: &random) ? "S" : "R")
            sample.reading = reading()
            sample.callStart = Ticks(any())
            let ended = SplitTicks(of: poll, samples: [sample], ticksPerNanosecond: 2.6)
            #expect(ended.total == poll.durationTicks)
            #expect(ended.estimated <= poll.durationTicks)
            let open = SplitTicks(
                unfinished: Ticks(any()), duration: poll.durationTicks, samples: [sample], ticksPerNanosecond: 2.6)
            #expect(open?.total == poll.durationTicks)
        }
    }
}

@Suite struct SampleWeightTests {
    private func weights(_ at: [UInt64], of duration: UInt64) -> [UInt64] {
        SampleWeights.of(at.map { Ticks(1_000 + $0) }, start: Ticks(1_000), duration: duration)
    }

    @Test func eachInstantBelongsToTheNearestSample() {
        #expect(weights([10, 20, 40], of: 60) == [15, 15, 30])
        #expect(weights([10], of: 60) == [60])
        #expect(weights([], of: 60) == [])
        #expect(weights([10, 10], of: 60) == [10, 50])
    }

    @Test func samplesBesideThePollStandForItsEnds() {
        #expect(weights([70, 90], of: 60) == [60, 0])
        #expect(SampleWeights.of([Ticks(5), Ticks(1_050)], start: Ticks(1_000), duration: 60) == [25, 35])
    }
}
