// The slowest requests that are kept are those of a sort.

import Sessions
import Testing

@testable import Analysis

@Suite("The slowest requests of a name")
struct TailRequestsTests {
    private func request(_ ticks: UInt64, start: UInt64) -> TailRequest {
        var tracked = TrackedRequest()
        (tracked.start, tracked.end) = (start, start + ticks)
        return TailRequest(tracked, stretches: [])
    }

    private func offer(_ durations: some Sequence<UInt64>, to tail: inout TailRequests, from start: UInt64 = 0) {
        for (number, ticks) in durations.enumerated() {
            if tail.wouldTake(ticks) {
                tail.offer(request(ticks, start: start + UInt64(number)))
            } else {
                tail.pass()
            }
        }
    }

    @Test("are the slowest hundredth", arguments: [1, 5, 100, 1_000, 6_400, 20_000])
    func slowestHundredth(count: Int) {
        var random = SplitMix(state: UInt64(count))
        let durations = (0..<count).map { _ in random.next() % 1_000_000 }
        var tail = TailRequests()
        offer(durations, to: &tail)
        let wanted = durations.sorted(by: >).prefix(max(5, (count + 99) / 100))
        #expect(tail.offered == UInt64(count))
        #expect(tail.slowest(of: UInt64(count), few: 5).map(\.ticks) == Array(wanted))
    }

    @Test("whatever their order, of as many as are kept", arguments: [true, false])
    func sorted(ascending: Bool) {
        let durations = (0..<UInt64(TailRequests.least * 100)).map { ascending ? $0 : 1_000_000 - $0 }
        var tail = TailRequests()
        offer(durations, to: &tail)
        let wanted = durations.sorted(by: >).prefix(TailRequests.least)
        #expect(tail.slowest(of: UInt64(durations.count), few: 5).map(\.ticks) == Array(wanted))
    }

    @Test("put together they are those of both")
    func merged() {
        var random = SplitMix(state: 7)
        let durations = (0..<4_000).map { _ in random.next() % 1_000_000 }
        var (first, second) = (TailRequests(), TailRequests())
        offer(durations[..<1_500], to: &first)
        offer(durations[1_500...], to: &second, from: 1_500)
        first.merge(second)
        #expect(first.offered == 4_000)
        #expect(
            first.slowest(of: 4_000, few: 5).map(\.ticks) == Array(durations.sorted(by: >).prefix(40)))
    }

    @Test("no more are kept than there is room for")
    func bounded() {
        var tail = TailRequests()
        offer(0..<200_000, to: &tail)
        #expect(tail.slowest(of: 200_000, few: 5).count == TailRequests.most)
    }
}
