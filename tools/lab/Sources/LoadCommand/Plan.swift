// A run as it was ordered.

import LoadModel

struct Plan: Sendable {
    enum Pace: Sendable {
        /// Open loop: the schedule sets the pace.
        case scheduled(Schedule)
        /// Closed loop: the answers do, for so many requests at a time.
        case backToBack(Int)
    }

    var target: Target
    var routes: [Route]
    var pace: Pace
    var connections: Int
    var timeout: Duration
    /// Since the start of the run; before it is warm-up.
    var measured: Range<Duration>
}
