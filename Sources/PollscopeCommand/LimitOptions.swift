// The options of `pollscope check` that set limits: one for each measure.

import ArgumentParser
import Checking

struct LimitOptions: ParsableArguments {
    @Option(
        name: .customLong("max-wait-p99"),
        help: ArgumentHelp("P99 of the wait for an executor, at most.", valueName: "[executor=]time"))
    var waitP99: [String] = []

    @Option(
        name: .customLong("max-poll-p99"),
        help: ArgumentHelp("P99 of the polls of an executor, at most.", valueName: "[executor=]time"))
    var pollP99: [String] = []

    @Option(
        name: .customLong("max-poll"),
        help: ArgumentHelp("The longest poll of an executor, at most.", valueName: "[executor=]time"))
    var longestPoll: [String] = []

    @Option(
        name: .customLong("max-request-p99"),
        help: ArgumentHelp("P99 of the requests of a name, at most.", valueName: "[request=]time"))
    var requestP99: [String] = []

    @Option(
        name: .customLong("max-errors"),
        help: ArgumentHelp(
            "Requests that failed or timed out, of all or of those of a name, at most.", valueName: "[request=]share"))
    var errors: [String] = []

    @Option(
        name: .customLong("max-pool-wait-p99"),
        help: ArgumentHelp("P99 of the wait for what a pool lends, at most.", valueName: "[pool=]time"))
    var poolWaitP99: [String] = []

    @Option(
        name: .customLong("max-lost"), help: ArgumentHelp("Records that were lost, at most.", valueName: "count"))
    var lost: [String] = []

    @Option(
        name: .customLong("min-coverage"),
        help: ArgumentHelp("CPU time that was seen in polls, at least.", valueName: "share"))
    var coverage: [String] = []

    @Option(
        name: .customLong("min-requests"),
        help: ArgumentHelp("Requests, of all or of a name, at least.", valueName: "[request=]count"))
    var requests: [String] = []

    @Option(
        name: .customLong("min-polls"),
        help: ArgumentHelp("Polls, of all or of an executor, at least. Default: 100.", valueName: "[executor=]count"))
    var polls: [String] = []

    @Option(
        name: .customLong("min-samples"),
        help: ArgumentHelp(
            "Values that a P99 or a share of errors must be of, at least. Default: 100.", valueName: "count"))
    var samples: [String] = []

    /// What was given for each measure.
    var words: [(measure: Measure, words: [String])] {
        [
            (.maxWaitP99, waitP99), (.maxPollP99, pollP99), (.maxPoll, longestPoll), (.maxRequestP99, requestP99),
            (.maxErrors, errors), (.maxPoolWaitP99, poolWaitP99), (.maxLost, lost), (.minCoverage, coverage),
            (.minRequests, requests), (.minPolls, polls), (.minSamples, samples),
        ]
    }
}
