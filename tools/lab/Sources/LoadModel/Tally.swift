// What became of one route's requests: counts and latencies, of the measured time only.

/// How a request ended without a good answer.
package enum Failure: String, CaseIterable, Sendable {
    case timedOut = "timed out"
    case notConnected = "found no connection"
    case disconnected = "lost the connection"
    case refused = "answered with a status of 400 or more"
    case malformed = "answered with something that is not HTTP"
}

package struct Tally: Sendable {
    private let measured: Range<Duration>

    package private(set) var latencies: [Int64] = []
    package private(set) var requests = 0
    package private(set) var failures: [Failure: Int] = [:]
    /// Good answers that came in during the measured time, whenever they were asked for: the throughput.
    package private(set) var answersInTime = 0
    /// Good answers of the whole run, the warm-up included.
    package private(set) var answers = 0

    /// `measured` counts from the start of the run; what was due before is warm-up.
    package init(measured: Range<Duration>) {
        self.measured = measured
    }

    /// Times since the start of the run. The latency counts from when the request was due, however late it
    /// was sent: otherwise a service that stalls would delay the very requests that are to show it.
    package mutating func answered(due: Duration, at now: Duration) {
        answers += 1
        if measured.contains(now) { answersInTime += 1 }
        guard measured.contains(due) else { return }
        requests += 1
        latencies.append((now - due).nanoseconds)
    }

    package mutating func failed(_ failure: Failure, due: Duration, at now: Duration) {
        guard measured.contains(due) else { return }
        requests += 1
        failures[failure, default: 0] += 1
        // One that timed out took at least this long: without it, the worst requests would be missing from
        // the quantiles. A quick refusal is no answer and must not improve them.
        if failure == .timedOut { latencies.append((now - due).nanoseconds) }
    }

    package var errors: Int { failures.values.reduce(0, +) }
}
