// Sums of a service: exact, and of a bounded number of series, whatever names there are.

import Analysis
import Testing

@testable import Collecting
@testable import LiveView

@Suite("Figures of a service")
struct ServiceFiguresTests {
    private func service() -> ServiceFigures {
        ServiceFigures(identity: ServiceIdentity(environment: [], executable: "/bin/quotes"), created: 0)
    }

    private func series(_ service: ServiceFigures) -> Int {
        service.executors.count + service.sites.count + service.calls.count + service.requests.count
            + service.pools.count + service.blamed.count + service.starvation.count
    }

    @Test("hostile names share a few series, and nothing of their counts is lost")
    func hostileNames() {
        var service = service()
        for number in 0..<20_000 {
            var named = NamedFigures()
            var site = SiteFigures()
            site.polls = 1
            var executor = ExecutorFigures()
            executor.duration.record(0.001)
            var request = DurationFigures()
            request.seconds.record(0.002)
            named.executors = [("executor \(number)", executor)]
            named.sites = [("executor \(number % 3)", PlaceLabel(function: "f\(number)", location: "\n\"\\"), site)]
            named.requests = [("GET /\(number)", "ok", request)]
            named.pools = [("pool \(number)", PoolFigures())]
            named.calls = [("call \(number)", CallFigures(calls: 1, seconds: 1, longCalls: 0))]
            named.now.pools = ["pool \(number)": PoolGauges(capacity: 1, inUse: 1, waiting: 0)]
            named.now.busyThreads = ["executor \(number)": 1]
            service.add(named, process: 1)
            service.add(
                EpisodeEnd(
                    executor: "executor \(number)", kind: .global, seconds: 1, victims: 1, waitSeconds: 2,
                    culprits: [
                        Culprit(
                            place: CodePlace(function: "f\(number)", awaitPoint: nil, file: nil, line: nil), share: 0.5)
                    ], schedulerShare: 0.25, isPartial: false, wasTold: true, untold: 0))
        }
        #expect(series(service) < 500, "\(series(service))")
        #expect(service.now[1]?.pools.count == 1 && service.now[1]?.busyThreads.count == 1)
        #expect(service.sites.values.reduce(0) { $0 + $1.polls } == 20_000)
        #expect(service.executors.values.reduce(0) { $0 + $1.duration.count } == 20_000)
        #expect(service.requests.values.reduce(0) { $0 + $1.seconds.count } == 20_000)
        #expect(service.calls.values.reduce(0) { $0 + $1.calls } == 20_000)
        #expect(service.starvation.values.reduce(0) { $0 + $1.episodes } == 20_000)
        #expect(abs(service.blamed.values.reduce(0, +) - 40_000) < 1e-6)
        #expect(service.refused.allSatisfy { $0.count > 0 || $0.kind == "finding" })
    }

    @Test("a counter that goes back adds nothing, and the next step counts")
    func restarts() {
        var first = ProcessFigures()
        (first.cpuSeconds, first.allocations) = (5, 100)
        var later = ProcessFigures()
        (later.cpuSeconds, later.allocations) = (4, 150)
        let step = later.since(first)
        #expect(step.cpuSeconds == 0 && step.allocations == 50)
    }

    @Test("an exemplar is kept for each order of magnitude, the latest")
    func exemplars() {
        var figures = DurationFigures()
        for (value, time) in [(0.003, 1.0), (0.0035, 2), (0.25, 3), (0.251, 4), (1, 5), (0, 6)] {
            figures.keep(.init(labels: [], value: value, timestamp: time))
        }
        // Upper bounds belong to their buckets: 0.25 is in the one up to 2^-2, 1 in the one up to 2^0.
        #expect(figures.exemplars.mapValues(\.timestamp) == [-8: 2, -2: 3, -1: 4, 0: 5, -29: 6])
    }
}
