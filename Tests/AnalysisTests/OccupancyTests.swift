import CPollscopeLayout
import Testing

@testable import Analysis

@Suite struct OccupancyTests {
    private let pool = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)

    private func width(_ chunks: [[MadeBatch]]) -> Int {
        var analysis = PollAnalysis(calibration: Made.calibration)
        for chunk in chunks { analysis.add(chunk: chunk) }
        return analysis.occupancy.width(of: pool)
    }

    @Test func pollsThatTouchDoNotOverlap() {
        #expect(width([[MadeBatch(0, [Made.poll(10, 10)]), MadeBatch(1, [Made.poll(20, 10)])]]) == 1)
        #expect(width([[MadeBatch(0, [Made.poll(10, 11)]), MadeBatch(1, [Made.poll(20, 10)])]]) == 2)
    }

    @Test func nestedPollsDoNotCountTwice() {
        let batch = MadeBatch(0, [Made.poll(12, 3, flags: [POLLSCOPE_POLL_NESTED]), Made.poll(10, 10)])
        #expect(width([[batch]]) == 1)
    }

    @Test func aLookThatIsInTwoChunksIsSweptWhole() {
        #expect(width([[MadeBatch(0, [Made.poll(10, 10)])], [MadeBatch(1, [Made.poll(15, 10)])]]) == 2)
    }

    @Test func aPollOverManyChunksCountsInEach() {
        let long = Made.poll(10, 1_000)
        var chunks = [[MadeBatch(0, [], running: Made.poll(10, 90))]]
        for number in 1...6 {
            let start = UInt64(number) * 100
            chunks.append([
                MadeBatch(1, [Made.poll(start + 10, 20)]),
                MadeBatch(0, [], running: Made.poll(10, start + 80)),
            ])
        }
        chunks.append([MadeBatch(0, [long])])
        #expect(width(chunks) == 2)
        // And it is one poll: with nobody beside it, it is alone.
        #expect(width(chunks.map { $0.filter { $0.thread == 0 } }) == 1)
    }

    @Test func executorsAreApart() {
        let main = Made.poll(10, 10, executor: POLLSCOPE_EXECUTOR_MAIN)
        var analysis = PollAnalysis(calibration: Made.calibration)
        analysis.add(chunk: [MadeBatch(0, [Made.poll(10, 10)]), MadeBatch(1, [main])])
        #expect(analysis.occupancy.width(of: pool) == 1)
        #expect(analysis.occupancy.width(of: UInt8(POLLSCOPE_EXECUTOR_MAIN.rawValue)) == 1)
        #expect(analysis.occupancy.width(of: 77) == 0)
    }

    /// Random polls on several threads, cut into chunks at random places, against counting at each start.
    @Test(arguments: 0..<40) func agreesWithCounting(seed: UInt64) {
        var random = SmallRandom(seed: seed)
        let threads = Int.random(in: 2...6, using: &random)
        var all: [[pollscope_poll_record]] = []
        for _ in 0..<threads {
            var time: UInt64 = 1_000
            all.append(
                (0..<40).map { _ in
                    time += UInt64.random(in: 0...60, using: &random)
                    let poll = Made.poll(time, UInt64.random(in: 1...50, using: &random))
                    time = poll.endTicks
                    return poll
                })
        }
        let flat = all.flatMap { $0 }
        let expected = flat.map { at in
            flat.count { $0.start_ticks <= at.start_ticks && at.start_ticks < $0.endTicks }
        }.max()

        // A look at each ring a little later than at the one before, as a collector does it.
        var chunks: [[MadeBatch]] = []
        var taken = [Int](repeating: 0, count: threads)
        var look: UInt64 = 1_000
        while taken != all.map(\.count) {
            var chunk: [MadeBatch] = []
            look += UInt64.random(in: 100...900, using: &random)
            for thread in 0..<threads {
                let moment = look + UInt64(thread) * 7
                let end = all[thread].firstIndex { $0.endTicks > moment } ?? all[thread].count
                var running: pollscope_poll_record?
                if end < all[thread].count, all[thread][end].start_ticks < moment {
                    var poll = all[thread][end]
                    poll.duration_ticks = moment - poll.start_ticks
                    running = poll
                }
                chunk.append(MadeBatch(thread, Array(all[thread][taken[thread]..<end]), running: running))
                taken[thread] = end
            }
            chunks.append(chunk)
        }
        #expect(width(chunks) == expected)

        // The same from two values put together.
        var first = PollAnalysis(calibration: Made.calibration)
        var second = first
        for (index, chunk) in chunks.enumerated() {
            if index < chunks.count / 2 { first.add(chunk: chunk) } else { second.add(chunk: chunk) }
        }
        first.append(second)
        #expect(first.occupancy.width(of: pool) == expected)
    }
}

/// A small generator with a seed: a failure comes again.
struct SmallRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
