// The arrivals of all routes in the order of time.

package struct Arrival: Equatable, Sendable {
    /// Since the start of the run.
    package var due: Duration
    /// Which of the routes.
    package var route: Int

    package init(due: Duration, route: Int) {
        self.due = due
        self.route = route
    }
}

package struct Schedule: Sendable {
    private var streams: [Arrivals]
    /// Of each stream the next one; nil when there are no more.
    private var heads: [Duration?]

    /// Every arrival of the warm-up and of the measured time after it. `rates` are requests a second, a route
    /// each.
    package init(rates: [Double], process: ArrivalProcess, seed: UInt64, measured: Range<Duration>) {
        // Seeds of their own, drawn from one: routes with the same seed would all arrive together.
        var seeds = SplitMix64(seed: seed)
        streams = rates.map { Arrivals(process, rate: $0, seed: seeds.next(), measured: measured) }
        heads = []
        heads = streams.indices.map { streams[$0].next() }
    }

    /// The next arrival; nil when the run is over. Of two at the same time, the route named first.
    package var next: Arrival? {
        // A handful of routes: a scan is quicker than a heap.
        heads.indices
            .compactMap { route in heads[route].map { Arrival(due: $0, route: route) } }
            .min { $0.due < $1.due }
    }

    package mutating func removeNext() -> Arrival? {
        guard let arrival = next else { return nil }
        heads[arrival.route] = streams[arrival.route].next()
        return arrival
    }
}
