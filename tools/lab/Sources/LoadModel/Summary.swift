// The figures of a run, a route each.

package struct Summary: Equatable, Sendable {
    package struct Route: Equatable, Sendable {
        package var name: String
        /// Due in the measured time.
        package var requests: Int
        package var errors: Int
        /// Good answers.
        package var ratePerSecond: Double
        package var p50: Duration?
        package var p95: Duration?
        package var p99: Duration?
        package var max: Duration?

        /// Of the requests, from 0 to 1.
        package var errorShare: Double { requests == 0 ? 0 : Double(errors) / Double(requests) }
    }

    package var routes: [Route]
    /// The measured time, without the warm-up.
    package var duration: Duration

    package init(_ tallies: [(name: String, tally: Tally)], duration: Duration) {
        self.duration = duration
        routes = tallies.map { name, tally in
            let quantiles = Quantiles(tally.latencies)
            return Route(
                name: name,
                requests: tally.requests,
                errors: tally.errors,
                ratePerSecond: Double(tally.answersInTime) / duration.seconds,
                p50: quantiles.quantile(0.50),
                p95: quantiles.quantile(0.95),
                p99: quantiles.quantile(0.99),
                max: quantiles.max)
        }
    }
}
