// The clients of a service, in its own process: requests come when they are due, whatever becomes of those before.

import Foundation
import LoadModel
import Pollscope

struct Workload: Sendable {
    private struct Arrival: Sendable {
        var due: Duration
        var endpoint: Int
    }

    private let endpoints: [Endpoint]
    private let arrivals: [Arrival]
    private let length: Duration

    /// The same endpoints for as long give the same arrivals.
    init(_ endpoints: [Endpoint], seconds: Double) {
        self.endpoints = endpoints
        length = .seconds(seconds)
        var seeds = SplitMix64(seed: 17)
        arrivals = endpoints.indices.flatMap { number in
            let endpoint = endpoints[number]
            let whole = Duration.zero..<max(.zero, .seconds(seconds) - endpoint.after)
            return Arrivals(endpoint.arrivals, rate: endpoint.perSecond, seed: seeds.next(), measured: whole)
                .map { Arrival(due: endpoint.after + $0, endpoint: number) }
        }.sorted { ($0.due, $0.endpoint) < ($1.due, $1.endpoint) }
    }

    /// Puts the load on, from a thread that nothing in the service can hold up, and ends the process when it is over.
    func start() {
        OwnThread.start("clients") {
            let start = ContinuousClock.now
            for arrival in arrivals {
                sleep(until: start + arrival.due)
                send(endpoints[arrival.endpoint])
            }
            sleep(until: start + length)
            exit(0)
        }
    }

    private func send(_ endpoint: Endpoint) {
        let arrived = Pollscope.now()
        Task(executorPreference: endpoint.executor, priority: endpoint.priority) {
            // Who asked is told of the error, which is no concern of the service.
            try? await Pollscope.request(endpoint.name, arrived: arrived) { try await endpoint.answer() }
        }
    }

    private func sleep(until moment: ContinuousClock.Instant) {
        let rest = moment - .now
        guard rest > .zero else { return }
        Thread.sleep(forTimeInterval: rest / .seconds(1))
    }
}
